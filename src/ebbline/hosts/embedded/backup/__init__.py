"""Backups: a data folder as one file, and a file as a data folder again.

The key of the secrets store is never part of a backup: it lies outside the data folder.
"""

from ebbline.hosts.embedded.backup.manifest import Manifest, Member
from ebbline.hosts.embedded.backup.packing import BackedUp, Foreseen, back_up, foresee
from ebbline.hosts.embedded.backup.restoring import restore, verify

__all__ = [
    "BackedUp",
    "Foreseen",
    "Manifest",
    "Member",
    "back_up",
    "foresee",
    "restore",
    "verify",
]
