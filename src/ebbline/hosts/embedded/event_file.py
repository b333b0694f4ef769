"""A file of events, one JSON object a line, read in bounded pieces and resumable.

A bookmark in the data folder says how far a file's events are in the log, so an import that
was interrupted goes on there. It is written after the log: what a crash leaves between the two
is read again, and the messageIds make it count once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ebbline.errors import SetupError
from ebbline.events.limits import EVENT_BYTES_MAX
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import IMPORT_BLOCK_BYTES, IMPORT_IDENTITY_BYTES

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Lines(msgspec.Struct, frozen=True):
    """Some lines of the file. `first` is the number of the first one, counted from 1 at the
    top of the file; `end_byte` is where the next ones begin."""

    first: int
    lines: list[bytes]
    end_byte: int


class Bookmark(msgspec.Struct, frozen=True):
    """How far the file with this identity has been taken in; `done` when to its end."""

    identity: str = ""
    end_byte: int = 0
    lines: int = 0
    done: bool = False


class EventFile:
    """An existing, readable file."""

    def __init__(self, path: Path) -> None:
        """Look at the file; SetupError when it cannot be read."""
        self.path = path
        try:
            self.size = path.stat().st_size
            with path.open("rb") as stream:
                head = stream.read(IMPORT_IDENTITY_BYTES)
        except OSError as error:
            message = f"{path} cannot be read: {error.strerror}."
            raise SetupError(message) from error
        # A growing file stays itself: only its beginning identifies it.
        self.identity = hashlib.sha256(head).hexdigest()

    def batches(self, since: Bookmark) -> Iterator[Lines]:
        """All lines from a bookmark on. An endless line is cut where no event can be so long."""
        with self.path.open("rb") as stream:
            stream.seek(since.end_byte)
            number, end_byte, rest, skipping = since.lines + 1, since.end_byte, b"", False
            while block := stream.read(IMPORT_BLOCK_BYTES):
                end_byte += len(block)
                lines = (rest + block).split(b"\n")
                if skipping and len(lines) > 1:
                    lines[0], skipping = rest, False
                rest = lines.pop()
                if len(rest) > EVENT_BYTES_MAX:
                    rest, skipping = rest[: EVENT_BYTES_MAX + 1], True
                if number == 1 and lines:
                    lines[0] = lines[0].removeprefix(_BYTE_ORDER_MARK)
                if lines:
                    yield Lines(number, lines, end_byte - len(rest))
                    number += len(lines)
            if rest:
                yield Lines(number, [rest], end_byte)


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
