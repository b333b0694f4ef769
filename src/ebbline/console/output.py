"""How commands speak: data on stdout, everything else on stderr, one way to write times.

It formats and prints; what to print is decided by the commands.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def moment(ms: int | None) -> str:
    """An instant for people, in UTC; milliseconds are shown when there are any.

    >>> moment(1767225600000), moment(1767225600001), moment(None)
    ('2026-01-01 00:00:00', '2026-01-01 00:00:00.001', '-')
    """
    if ms is None:
        return "-"
    try:
        when = (_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None)
    except OverflowError:
        return f"{ms} ms"
    return when.isoformat(" ", "milliseconds" if ms % 1000 else "seconds")


def iso(ms: int | None) -> str | None:
    """An instant for machines, always with milliseconds and zone.

    >>> iso(1767225600000)
    '2026-01-01T00:00:00.000Z'
    """
    if ms is None:
        return None
    try:
        when = (_EPOCH + timedelta(milliseconds=ms)).replace(tzinfo=None)
    except OverflowError:
        return None
    return when.isoformat("T", "milliseconds") + "Z"


def say(text: str = "") -> None:
    """A line on stderr: progress, notes, what to do next."""
    print(text, file=sys.stderr)


def show(text: str = "") -> None:
    """A line of data on stdout."""
    print(text)


def show_json(value: Any) -> None:
    """One JSON document on a line of stdout."""
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    print(msgspec.json.encode(value).decode())


def value_text(value: Any) -> str:
    """A trait's value for people.

    >>> value_text(None), value_text(True), value_text(84.20000000000002), value_text("free")
    ('not set', 'yes', '84.2', 'free')
    """
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{round(value, 6):.15g}"
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


STATES = {
    "closed": "working",
    "open": "down",
    "probing": "down, being tried",
    "disabled": "wants no more",
    "paused": "paused",
    "problem": "not set up",
}
"""States of a destination in words; `closed` and `open` are those of its circuit breaker."""


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "error"), plural(2, "error"), plural(1200, "entry", "entries")
    ('1 error', '2 errors', '1,200 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def colourful() -> bool:
    """Whether stdout is a terminal that may be given colour."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def show_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()
) -> None:
    """Columns on stdout: with a bold head on a terminal, plain in a pipe; nothing is cut off."""
    for line in table_lines(heads, list(rows), set(right), bold=colourful()):
        print(line)


def table_lines(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: set[int], *, bold: bool = False
) -> list[str]:
    """The lines of a table; columns whose numbers are in `right` are set to the right.

    >>> table_lines(["name", "n"], [["vip", "12"], ["new", "3"]], {1})
    ['name   n', 'vip   12', 'new    3']
    """
    kept = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *kept, strict=True)]
    lines = []
    for number, row in enumerate([list(heads), *kept]):
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        line = "  ".join(cells).rstrip()
        lines.append(f"\x1b[1m{line}\x1b[0m" if bold and number == 0 else line)
    return lines


def paint(text: str, colour: str) -> str:
    """The text in a colour, on a terminal; else as it is."""
    codes = {"green": "32", "red": "31", "yellow": "33", "dim": "2", "bold": "1", "cyan": "36"}
    return f"\x1b[{codes[colour]}m{text}\x1b[0m" if colourful() else text


def printable(text: str) -> str:
    r"""Users' text with what would move the cursor made harmless.

    >>> printable("a\x1b[2Jb")
    'a�[2Jb'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else "�" for c in text)
