"""Timestamps as text: an ISO 8601 date or date and time, to UTC milliseconds and back.

A text without a zone is UTC; the machine's own zone and clock are never looked at.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d"
    r"(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:?\d\d)?)?"
)
MOMENT_MS_MIN = (datetime(1, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
MOMENT_MS_MAX = (datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC) - _EPOCH) // _MS


def parse_moment(text: str) -> int | None:
    """UTC milliseconds of an ISO 8601 date or date-time, or None when it is not one.

    >>> parse_moment("1970-01-02"), parse_moment("1970-01-01T01:00:00.5+01:00")
    (86400000, 500)
    """
    if not text.isascii() or not _SHAPE.fullmatch(text):
        return None
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return (when - _EPOCH) // _MS


def format_moment(ms: int) -> str | None:
    """The shortest ISO text in UTC that `parse_moment` reads back, or None outside its years.

    >>> format_moment(86400000), format_moment(500)
    ('1970-01-02', '1970-01-01T00:00:00.500Z')
    """
    if not MOMENT_MS_MIN <= ms <= MOMENT_MS_MAX:
        return None
    when = _EPOCH + timedelta(milliseconds=ms)
    if ms % 86_400_000 == 0:
        return f"{when.year:04}-{when.month:02}-{when.day:02}"
    unit = "milliseconds" if ms % 1_000 else "seconds"
    return when.replace(tzinfo=None).isoformat(timespec=unit) + "Z"
