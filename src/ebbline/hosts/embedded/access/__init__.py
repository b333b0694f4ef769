"""Who may ask the management API for what: keys, roles, rates and the record of changes."""

from ebbline.hosts.embedded.access.buckets import Buckets
from ebbline.hosts.embedded.access.keys import Key, Made
from ebbline.hosts.embedded.access.roles import ROLES, SCOPES, scopes_of
from ebbline.hosts.embedded.access.store import AccessStore, Change

__all__ = [
    "ROLES",
    "SCOPES",
    "AccessStore",
    "Buckets",
    "Change",
    "Key",
    "Made",
    "scopes_of",
]
