"""What deliver uses of the secrets' room, under the names it has used so far."""

from __future__ import annotations

from ebbline.hosts.embedded.secrets.hiding import mask
from ebbline.hosts.embedded.secrets.references import resolve, with_secrets

__all__ = ["mask", "resolve", "with_secrets"]
