"""What a backup says of itself: its first member, a JSON document.

It opens no files; see `packing` and `restoring`.
"""

from __future__ import annotations

import re

import msgspec

from ebbline.errors import FolderTooNew, SetupError
from ebbline.hosts.embedded import folder
from ebbline.hosts.embedded.backup.limits import FORMAT

NAME = "manifest.json"
KIND = "ebbline backup"
VERSION_FILE = "version"
LOG_FILE = "log.db"

# Whatever a backup may hold. Anything else, a path that climbs out of the folder first of all,
# is not ours. The history's files lie in a folder for each day.
_FILES = frozenset({
    VERSION_FILE, LOG_FILE, "state.db", "delivery.db", "history.db", "access.db", "secrets.json",
})  # fmt: skip
_HISTORY = re.compile(r"history/[A-Za-z0-9_=-]{1,40}/[A-Za-z0-9_=-]{1,80}\.parquet", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Member(msgspec.Struct, frozen=True):
    """One file: its name in the data folder, its bytes and their SHA-256 in hexadecimal."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """A backup. `folder` is the format of the data folder, `instant_ms` the moment that it shows,
    `offset` and `ledger` how far the log and the ledger reach."""

    kind: str
    format: int
    ebbline: str
    folder: int
    instant_ms: int
    offset: int
    ledger: int
    members: tuple[Member, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all the members, as they lie in a data folder."""
        return sum(member.bytes for member in self.members)

    def holds(self, name: str) -> bool:
        """Whether there is such a member."""
        return any(member.name == name for member in self.members)


class _Head(msgspec.Struct):
    """What a manifest of any format says."""

    kind: str
    format: int
    folder: int = 0
    ebbline: str = ""


def is_ours(name: str) -> bool:
    """Whether a file of this name belongs into a backup.

    >>> is_ours("log.db"), is_ours("history/2026-05-01/12.parquet")
    (True, True)
    >>> is_ours("../log.db"), is_ours("/etc/passwd"), is_ours("history/../../a.parquet")
    (False, False, False)
    """
    return name in _FILES or _HISTORY.fullmatch(name) is not None


def encode(manifest: Manifest) -> bytes:
    """The document, readable by people."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(content: bytes, file: str) -> Manifest:
    """The manifest of a backup file, `file` being how messages name it.

    Raises SetupError for a document that is none, FolderTooNew for a later format.
    """
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _foreign(file, f"its manifest cannot be read: {error}") from error
    if head.kind != KIND:
        raise _foreign(file, f'it says to be "{head.kind[:40]}"')
    if head.format > FORMAT or head.folder > folder.FORMAT:
        what = f"backup format {head.format}, folder format {head.folder}"
        message = (
            f"{file} was written by Ebbline {head.ebbline[:40]} ({what}); this one reads up to"
            f" {FORMAT} and {folder.FORMAT}. Upgrade Ebbline before restoring it."
        )
        raise FolderTooNew(message)
    try:
        manifest = msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _foreign(file, f"its manifest cannot be read: {error}") from error
    _check(manifest, file)
    return manifest


def _check(manifest: Manifest, file: str) -> None:
    names = [member.name for member in manifest.members]
    if strange := [name for name in names if not is_ours(name)]:
        raise _foreign(file, f"it names {strange[0][:80]!r}, which no data folder holds")
    if len(set(names)) < len(names):
        raise _foreign(file, "its manifest names a file twice")
    for needed in (VERSION_FILE, LOG_FILE):
        if needed not in names:
            raise _foreign(file, f"it holds no {needed}")
    for member in manifest.members:
        if member.bytes < 0 or not _SHA256.fullmatch(member.sha256):
            raise _foreign(file, f"its manifest has no size or checksum of {member.name}")


def _foreign(file: str, why: str) -> SetupError:
    return SetupError(
        f"{file} is no backup of Ebbline, or a damaged one: {why}. Nothing was restored; name a"
        " file that `ebbline backup` has written."
    )
