"""The plan as SQL against the brute-force oracle, run for real by each database there is."""
