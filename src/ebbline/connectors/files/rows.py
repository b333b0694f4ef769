"""Changes as lines of a file: the columns, the two formats, and names that repeat.

A row's id follows from the change, a file's name from all changes in it. The same request made
again writes the same bytes under the same name; in other company a change has the same id still.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
from typing import Any, Literal

import msgspec

from ebbline.connectors.connector import Problem
from ebbline.connectors.files.limits import ID_DIGITS, NAME_CHARACTERS_MAX
from ebbline.connectors.instants import iso
from ebbline.delivery import Item, Send, Value
from ebbline.delivery.feeds import AUDIENCE, ERASE

COLUMNS = (
    "id",
    "type",
    "person_type",
    "person",
    "name",
    "value",
    "version",
    "timestamp",
    "destination",
)
NAME = "date={date}/hour={hour}/{id}"

_WORDS = ("date", "hour", "destination", "id")
_PART = re.compile(r"[A-Za-z0-9_=-][A-Za-z0-9._=-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_=-]")


class Form(msgspec.Struct, frozen=True):
    """How a file is written: its format, whether it is packed, and the template of its name."""

    format: Literal["ndjson", "csv"] = "ndjson"
    gzip: bool = False
    name: str = NAME

    @property
    def ending(self) -> str:
        """What every name ends in."""
        return f".{self.format}" + (".gz" if self.gzip else "")

    @property
    def media_type(self) -> str:
        """The content type of a file."""
        if self.gzip:
            return "application/gzip"
        return "text/csv; charset=utf-8" if self.format == "csv" else "application/x-ndjson"


def name_problem(where: str, template: str, *, needs_id: bool) -> tuple[Problem, ...]:
    """What is wrong with the template of a name, or with what stands before it.

    >>> name_problem("name", "{date}/../{id}", needs_id=True)[0].message[:30]
    'Between slashes stand letters,'
    """
    filled = _filled(template, dict.fromkeys(_WORDS, "0"))
    if len(template) > NAME_CHARACTERS_MAX:
        return (Problem(where, f"At most {NAME_CHARACTERS_MAX} characters."),)
    if needs_id and "{id}" not in template:
        return (Problem(where, "Without {id} one file would overwrite another."),)
    if not needs_id and not template:
        return ()
    if not all(_PART.fullmatch(part) for part in filled.split("/")):
        words = ", ".join(f"{{{word}}}" for word in _WORDS)
        message = (
            f"Between slashes stand letters, digits, . _ - = and {words}; no part is empty or"
            " begins with a dot."
        )
        return (Problem(where, message),)
    return ()


def name_of(send: Send, form: Form) -> str:
    """The name of a send's file, by the instant of its newest change (UTC)."""
    newest = iso(max(value.at_ms for item in send.items for value in item.values))
    words = {
        "date": newest[:10],
        "hour": newest[11:13],
        "destination": _UNSAFE.sub("_", send.destination),
        "id": _digest([row_id(send, item, value) for item in send.items for value in item.values]),
    }
    return _filled(form.name, words) + form.ending


def content_of(send: Send, form: Form) -> bytes:
    """The file: a line for each change, people in the order of the send."""
    rows = [_row(send, item, value) for item in send.items for value in item.values]
    written = _csv(rows) if form.format == "csv" else _ndjson(rows)
    # Without a time in it, so that the same rows always make the same bytes.
    return gzip.compress(written, mtime=0) if form.gzip else written


def row_id(send: Send, item: Item, value: Value) -> str:
    """The same for the same change, in whatever file it is told. A version has another value
    where consent to it is withdrawn, so the value is part of it."""
    told = [send.destination, str(item.address), value.field, value.version, value.value]
    return _digest(told)


def _row(send: Send, item: Item, value: Value) -> dict[str, Any]:
    held = value.value
    if value.key == ERASE:
        kind, held = "person.erased", None
    elif value.kind == AUDIENCE:
        kind, held = f"audience.{'entered' if held else 'exited'}", bool(held)
    else:
        kind = "trait.changed"
        held = iso(held) if value.kind == "timestamp" and type(held) is int else held
    cells = (
        row_id(send, item, value),
        kind,
        item.address.kind,
        item.address.value,
        value.key,
        held,
        value.version,
        iso(value.at_ms),
        send.destination,
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _ndjson(rows: list[dict[str, Any]]) -> bytes:
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _csv(rows: list[dict[str, Any]]) -> bytes:
    """RFC 4180: a header, CRLF, quotes where they are needed. A text stands as it is, everything
    else as JSON, and null is empty; a text that is empty is quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    quoting = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        cells = [_cell(row[column]) for column in COLUMNS]
        (quoting if row["value"] == "" else writer).writerow(cells)
    return out.getvalue().encode()


def _cell(held: Any) -> str:
    if held is None:
        return ""
    return held if isinstance(held, str) else msgspec.json.encode(held).decode()


def _filled(template: str, words: dict[str, str]) -> str:
    for word, text in words.items():
        template = template.replace(f"{{{word}}}", text)
    return template


def _digest(content: list[Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:ID_DIGITS]
