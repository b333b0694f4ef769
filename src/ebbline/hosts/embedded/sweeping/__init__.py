"""One audience with several thresholds: how many are in, how many come and go a day."""

from ebbline.hosts.embedded.sweeping.trials import Day, How, Sweep, Swept, sweep

__all__ = ["Day", "How", "Sweep", "Swept", "sweep"]
