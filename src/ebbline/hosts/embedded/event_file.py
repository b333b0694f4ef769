"""A file of events, read in bounded pieces and resumable: JSON lines, CSV or Parquet.

A bookmark in the data folder says how far a file's events are in the log, so an import that
was interrupted goes on there. It is written after the log: what a crash leaves between the two
is read again, and the messageIds make it count once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from ebbline.errors import SetupError
from ebbline.events.limits import EVENT_BYTES_MAX
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import IMPORT_BLOCK_BYTES, IMPORT_IDENTITY_BYTES

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Unreadable(msgspec.Struct, frozen=True):
    """A row that makes no call, and why: a stable code, a sentence, the row as it stands."""

    code: str
    message: str
    column: str
    body: bytes


class Lines(msgspec.Struct, frozen=True):
    """Some calls of the file, each as JSON. `first` is the number of the first one's line or
    row, counted from 1 at the top of the file; `end` is where the next ones begin, in bytes, or
    in rows where a file is not read by bytes."""

    first: int
    lines: list[bytes | Unreadable]
    end: int


class Bookmark(msgspec.Struct, frozen=True):
    """How far the file with this identity has been taken in: where the rest begins, and how many
    lines or rows stand before that; `done` when to its end."""

    identity: str = ""
    end: int = 0
    lines: int = 0
    done: bool = False


class EventFile(Protocol):
    """An existing, readable file; `size` is where its last `Lines` end."""

    identity: str
    size: int
    unit: str  # what a number in `Lines` counts: "line" or "row"

    def batches(self, since: Bookmark) -> Iterator[Lines]:
        """All calls from a bookmark on."""
        ...


def open_event_file(path: Path) -> EventFile:
    """The file by its content and its ending: Parquet, CSV (.csv, .tsv), else JSON lines.
    SetupError when it cannot be read, or names columns that are no fields of a call."""
    from ebbline.hosts.embedded.importing_csv import CsvFile  # noqa: PLC0415 - it imports this
    from ebbline.hosts.embedded.importing_parquet import MAGIC, ParquetFile  # noqa: PLC0415

    if read_head(path, len(MAGIC)) == MAGIC:
        return ParquetFile(path)
    if path.suffix.lower() in (".csv", ".tsv"):
        return CsvFile(path)
    return JsonLines(path)


class JsonLines:
    """One call in JSON a line."""

    unit = "line"

    def __init__(self, path: Path) -> None:
        """Look at the file; SetupError when it cannot be read."""
        self.path = path
        self.identity = identity(path)
        self.size = path.stat().st_size

    def batches(self, since: Bookmark) -> Iterator[Lines]:
        """All lines from a bookmark on. An endless line is cut where no event can be so long."""
        with self.path.open("rb") as stream:
            stream.seek(since.end)
            number, end, rest, skipping = since.lines + 1, since.end, b"", False
            while block := stream.read(IMPORT_BLOCK_BYTES):
                end += len(block)
                lines: list[bytes | Unreadable] = list((rest + block).split(b"\n"))
                if skipping and len(lines) > 1:
                    lines[0], skipping = rest, False
                rest = _bytes(lines.pop())
                if len(rest) > EVENT_BYTES_MAX:
                    rest, skipping = rest[: EVENT_BYTES_MAX + 1], True
                if number == 1 and lines:
                    lines[0] = _bytes(lines[0]).removeprefix(BYTE_ORDER_MARK)
                if lines:
                    yield Lines(number, lines, end - len(rest))
                    number += len(lines)
            if rest:
                yield Lines(number, [rest], end)


def _bytes(line: bytes | Unreadable) -> bytes:
    assert isinstance(line, bytes)
    return line


def identity(path: Path) -> str:
    """What a file is known by: its beginning, so that a growing one stays itself."""
    return hashlib.sha256(read_head(path, IMPORT_IDENTITY_BYTES)).hexdigest()


def read_head(path: Path, size: int) -> bytes:
    """The first bytes of a file; SetupError when it cannot be read."""
    try:
        with path.open("rb") as stream:
            return stream.read(size)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise SetupError(message) from error


def read_bookmark(folder: DataFolder) -> Bookmark:
    """The folder's bookmark; an empty one when there is none or it cannot be read."""
    try:
        return msgspec.json.decode(folder.bookmark.read_bytes(), type=Bookmark)
    except (OSError, msgspec.DecodeError):
        return Bookmark()


def write_bookmark(folder: DataFolder, bookmark: Bookmark) -> None:
    """Remember how far an import has got."""
    draft = folder.bookmark.with_suffix(".new")
    draft.write_bytes(msgspec.json.encode(bookmark))
    draft.rename(folder.bookmark)
