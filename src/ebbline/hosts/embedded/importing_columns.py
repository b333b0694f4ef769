"""Columns named by field paths of a Segment call, `properties.revenue`, and rows made calls.

It knows neither CSV nor Parquet: cells come as JSON, or as None where there is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import msgspec

from ebbline.errors import SetupError

FIELDS = (
    "type", "messageId", "userId", "anonymousId", "previousId", "groupId", "event", "name",
    "category", "timestamp", "originalTimestamp", "sentAt", "receivedAt",
)  # fmt: skip
OBJECTS = ("properties", "traits", "context", "integrations")
_SNAKE = {"".join(f"_{c.lower()}" if c.isupper() else c for c in field): field for field in FIELDS}
_TRACK = msgspec.Raw(b'"track"')
_encode = msgspec.json.Encoder().encode
_decode_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

Cell = bytes | None  # JSON


class NotAnObject(Exception):
    """A cell of a whole-object column holds something else; `column` says which."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


class Columns:
    """The columns of one file, checked once."""

    def __init__(self, file: str, names: Sequence[str]) -> None:
        """SetupError, naming the column, when one is no field of a call or stands twice."""
        self.names = [name.strip() for name in names]
        self._fields: list[tuple[int, str]] = []
        self._objects: list[tuple[int, str]] = []
        self._leaves: list[tuple[int, tuple[str, ...]]] = []
        self._tracks = False
        for place, name in enumerate(self.names):
            self._take(file, place, name)
        fields = {name for _, name in self._fields}
        if "type" not in fields:
            if "event" not in fields:
                message = (
                    f"{file} has neither a column `type` nor `event`: name its columns by the"
                    " fields of a call, such as type, event, userId, timestamp and"
                    " properties.revenue."
                )
                raise SetupError(message)
            self._tracks = True

    def call(self, cells: Sequence[Cell]) -> bytes:
        """A row as a call in JSON; raises NotAnObject."""
        made: dict[str, Any] = {"type": _TRACK} if self._tracks else {}
        for place, name in self._fields:
            if (cell := cells[place]) is not None:
                made[name] = msgspec.Raw(cell)
        for place, name in self._objects:
            if (cell := cells[place]) is not None:
                try:
                    made[name] = _decode_object(cell)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    raise NotAnObject(name) from error
        for place, path in self._leaves:
            if (cell := cells[place]) is not None:
                _put(made, path, msgspec.Raw(cell))
        return _encode(made)

    def _take(self, file: str, place: int, name: str) -> None:
        root, dot, rest = name.partition(".")
        field = _SNAKE.get(name, name)
        if name in self.names[:place] or field in [known for _, known in self._fields]:
            message = f"{file} has the column `{name}` twice."
            raise SetupError(message)
        if field in FIELDS:
            self._fields.append((place, field))
        elif name in OBJECTS:
            self._objects.append((place, name))
        elif root in OBJECTS and dot and all(parts := tuple(rest.split("."))):
            self._leaves.append((place, (root, *parts)))
        else:
            near = get_close_matches(name, [*FIELDS, *OBJECTS], 1)
            hint = f"did you mean `{near[0]}`, or" if near else "did you mean"
            message = (
                f"{file}: the column `{name}` is no field of a call; {hint} `properties.{name}`"
                " (or `traits.…`, `context.…`)?"
            )
            raise SetupError(message)


def _put(made: dict[str, Any], path: tuple[str, ...], value: msgspec.Raw) -> None:
    """Set a value deep inside; what stands in the way gives way to the longer path."""
    inside = made
    for key in path[:-1]:
        found = inside.get(key)
        if isinstance(found, msgspec.Raw):
            try:
                found = _decode_object(found)
            except msgspec.DecodeError:
                found = None
        if not isinstance(found, dict):
            found = {}
        inside[key] = found
        inside = found
    inside[path[-1]] = value
