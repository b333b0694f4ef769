"""The store's file as data: names, versions, envelopes; reading and writing it whole.

Also the note in which deliver says which versions have worked. It knows no key.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ebbline.errors import FolderTooNew, SetupError
from ebbline.hosts.embedded.secrets.envelope import Envelope
from ebbline.hosts.embedded.secrets.limits import NAME_CHARS_MAX, STORE_BYTES_MAX
from ebbline.hosts.embedded.secrets.private import write_private

FORMAT = 1  # raised when an older Ebbline could no longer read what this one writes
STORE_FILE = "secrets.json"
NOTE_FILE = "secrets.used.json"
NAME = re.compile(rf"[A-Za-z][A-Za-z0-9_.-]{{0,{NAME_CHARS_MAX - 1}}}")


class Version(msgspec.Struct, frozen=True):
    """One version of a secret; numbers begin with 1 and rise."""

    number: int
    created_ms: int
    envelope: Envelope


class Entry(msgspec.Struct, frozen=True):
    """A name's versions, the newest last. `keep`: older ones stay when a newer has worked."""

    versions: tuple[Version, ...]
    keep: bool = False

    @property
    def newest(self) -> Version:
        """The version to use."""
        return self.versions[-1]


class Contents(msgspec.Struct, frozen=True):
    """The whole file. `store` is drawn at its making: keys and envelopes belong to it."""

    store: str
    format: int = FORMAT
    secrets: dict[str, Entry] = {}

    def having(self, name: str, entry: Entry | None) -> Contents:
        """The same with an entry in place, or without it."""
        kept = {key: value for key, value in self.secrets.items() if key != name}
        if entry is not None:
            kept[name] = entry
        return replace(self, secrets=dict(sorted(kept.items())))


class Worked(msgspec.Struct, frozen=True):
    """The version of a name with which a destination was last reached for the first time."""

    number: int
    created_ms: int  # a name that was removed and made again begins with number 1 again
    worked_ms: int


Note = dict[str, Worked]


def read_contents(folder: Path) -> Contents | None:
    """The store of a data folder, None when there is none. Raises SetupError, FolderTooNew."""
    path = folder / STORE_FILE
    content = _bytes(path)
    if content is None:
        return None
    try:
        found = msgspec.json.decode(content, type=Contents)
    except msgspec.DecodeError as error:
        message = f"{path} is no store of secrets: {error}. Restore it from a backup."
        raise SetupError(message) from error
    if found.format > FORMAT:
        message = f"{path} has format {found.format}; this Ebbline reads up to {FORMAT}: upgrade."
        raise FolderTooNew(message)
    return found


def write_contents(folder: Path, contents: Contents) -> None:
    """Replace the store; SetupError when the disk does not take it."""
    _write(folder / STORE_FILE, msgspec.json.encode(contents))


def read_note(folder: Path) -> Note:
    """What deliver has noted; nothing when it cannot be read, which costs nobody a secret."""
    try:
        content = _bytes(folder / NOTE_FILE)
        return {} if content is None else msgspec.json.decode(content, type=Note)
    except (SetupError, msgspec.DecodeError):
        return {}


def write_note(folder: Path, note: Note) -> None:
    """Replace the note; SetupError when the disk does not take it."""
    _write(folder / NOTE_FILE, msgspec.json.encode(note))


def readable(entry: Entry, worked: Worked | None) -> tuple[Version, ...]:
    """The versions still in use: older ones until a newer one has worked, or for good."""
    if entry.keep or worked is None:
        return entry.versions
    at = [v for v in entry.versions if (v.number, v.created_ms) == (worked.number,
                                                                   worked.created_ms)]  # fmt: skip
    return entry.versions if not at else entry.versions[entry.versions.index(at[0]) :]


def stamp(folder: Path) -> tuple[int, int, int] | None:
    """What changes whenever the store's file is replaced; None without one."""
    try:
        found = os.stat(f"{folder}/{STORE_FILE}")  # noqa: PTH116 - once a round: the quick way
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _bytes(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(STORE_BYTES_MAX)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise SetupError(message) from error


def _write(path: Path, content: bytes) -> None:
    try:
        write_private(path, content)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}."
        raise SetupError(message) from error
