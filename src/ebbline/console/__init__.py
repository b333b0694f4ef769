"""People's doors: the command line and the demo with its simulated shop; no decisions."""
