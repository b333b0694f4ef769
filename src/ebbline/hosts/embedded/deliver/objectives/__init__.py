"""Service levels of delivery, as deliver keeps them: counted with every answer, watched, told, and
tested by probes. What they mean is decided in `delivery.objectives`."""

from ebbline.hosts.embedded.deliver.objectives.objectives import Objectives

__all__ = ["Objectives"]
