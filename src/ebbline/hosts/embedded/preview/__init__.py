"""What a changed plan would do to people and destinations, worked out before it is applied."""

from ebbline.hosts.embedded.preview.preview import preview
from ebbline.hosts.embedded.preview.records import Cost, Effect, Preview, TraitEffect

__all__ = ["Cost", "Effect", "Preview", "TraitEffect", "preview"]
