"""Building the state of a new version of the definitions beside the live one."""

from ebbline.hosts.embedded.builder.build import Builder
from ebbline.hosts.embedded.builder.handover import Handover
from ebbline.hosts.embedded.builder.progress import Progress, read_progress
from ebbline.hosts.embedded.builder.shadow import Shadow

__all__ = ["Builder", "Handover", "Progress", "Shadow", "read_progress"]
