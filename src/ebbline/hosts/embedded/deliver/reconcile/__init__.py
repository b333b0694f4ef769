"""Reading destinations back: what they hold, where that differs, and setting it right."""

from ebbline.hosts.embedded.deliver.reconcile.report import Count, Report
from ebbline.hosts.embedded.deliver.reconcile.schedule import Schedule

__all__ = ["Count", "Report", "Schedule"]
