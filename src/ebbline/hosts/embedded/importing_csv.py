"""CSV files of events: a header of field paths, one call a row.

Cells are text: what they mean is for the tracking plan to say. An empty cell is nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from ebbline.errors import SetupError
from ebbline.events.limits import EVENT_BYTES_MAX
from ebbline.hosts.embedded.event_file import (
    BYTE_ORDER_MARK,
    Bookmark,
    Lines,
    Unreadable,
    identity,
)
from ebbline.hosts.embedded.importing_columns import OBJECTS, Cell, Columns, NotAnObject
from ebbline.hosts.embedded.limits import IMPORT_BLOCK_BYTES

_LINE_BYTES_MAX = 2 * EVENT_BYTES_MAX  # of the file; the event it makes is measured again
_encode = msgspec.json.Encoder().encode


class CsvFile:
    """A CSV file; commas, semicolons or tabs between the cells, as its header has them."""

    unit = "row"

    def __init__(self, path: Path) -> None:
        """Look at the file and its header; SetupError when either cannot be used."""
        self.path = path
        self.identity = identity(path)
        self.size = path.stat().st_size
        with path.open("rb") as stream:
            feed = _Feed(stream)
            first = next(feed, "").removeprefix(BYTE_ORDER_MARK.decode())
            self._delimiter = max(",;\t", key=first.count)
            try:
                names = next(csv.reader([first], delimiter=self._delimiter, strict=True), [])
            except csv.Error as error:
                message = f"{path}: the first row is no header ({error})."
                raise SetupError(message) from error
            self._columns = Columns(path.name, names)
            self._first_byte = feed.position
        columns = self._columns.names
        self._whole = [name in OBJECTS for name in columns]

    def batches(self, since: Bookmark) -> Iterator[Lines]:
        """All rows from a bookmark on. The header is row 1, as in a spreadsheet; an empty line
        is a row too, without a call."""
        with self.path.open("rb") as stream:
            stream.seek(since.end or self._first_byte)
            feed = _Feed(stream)
            rows = csv.reader(feed, delimiter=self._delimiter, strict=True)
            first, made, begun = since.lines + 1 if since.lines else 2, [], feed.position
            while True:
                try:
                    row = next(rows, None)
                    if row is None:
                        break
                    made.append(self._call(row, feed))
                except csv.Error as error:
                    message = f"the row cannot be read ({error}); is a quote missing, or too many?"
                    made.append(_unreadable("bad_csv", message, "", feed))
                feed.row, feed.cut = [], False
                if feed.position - begun >= IMPORT_BLOCK_BYTES:
                    yield Lines(first, made, feed.position)
                    first, made, begun = first + len(made), [], feed.position
            if made:
                yield Lines(first, made, feed.position)

    def _call(self, row: list[str], feed: _Feed) -> bytes | Unreadable:
        if not row:
            return b""
        columns = self._columns.names
        if feed.cut:
            message = f"the row has a line of more than {_LINE_BYTES_MAX:,} bytes"
            return _unreadable("too_large", message, "", feed)
        if len(row) != len(columns):
            message = f"the row has {len(row)} cells, the header {len(columns)}"
            return _unreadable("wrong_cells", message, "", feed)
        try:
            cells: list[Cell] = [
                None if not text else text.encode() if whole else _encode(text)
                for text, whole in zip(row, self._whole, strict=True)
            ]
            return self._columns.call(cells)
        except UnicodeEncodeError:
            return _unreadable("not_utf8", "the row is not UTF-8 text", "", feed)
        except NotAnObject as error:
            message = f"the cell of {error.column} is no object in JSON"
            return _unreadable("not_json", message, error.column, feed)


class _Feed:
    """The lines of a file, with where the next one begins. Of an endless line only the beginning
    is handed out, and `cut` says so; `row` are the lines of the present row."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.position = stream.tell()
        self.cut = False
        self.row: list[str] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._stream.readline(_LINE_BYTES_MAX)
        if not line:
            raise StopIteration
        self.position += len(line)
        while not line.endswith(b"\n") and (rest := self._stream.readline(_LINE_BYTES_MAX)):
            self.cut = True
            self.position += len(rest)
            if rest.endswith(b"\n"):
                break
        # What is no UTF-8 is carried on as lone surrogates, which no encoder takes.
        text = line.decode("utf-8", "surrogateescape")
        self.row.append(text)
        return text


def _unreadable(code: str, message: str, column: str, feed: _Feed) -> Unreadable:
    body = "".join(feed.row).encode("utf-8", "surrogateescape")
    return Unreadable(code, message, column, body[: EVENT_BYTES_MAX + 1])
