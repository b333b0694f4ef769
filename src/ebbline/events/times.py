"""Timestamps as SDKs write them, to UTC milliseconds.

It takes ISO-8601 text only; numbers are refused because seconds, milliseconds and
microseconds cannot be told apart with certainty.
"""

from __future__ import annotations

from datetime import UTC, datetime

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware datetime, fractions of a millisecond cut off.

    In whole numbers: a double holds no microseconds after the year 2109.
    """
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1_000 + since.microseconds // 1_000


def read_time(text: str) -> datetime | None:
    """An aware datetime, or None when `text` is not ISO-8601.

    No zone means UTC, no time of day means midnight.

    >>> to_ms(read_time("2026-01-01T00:00:01.5+01:00"))
    1767222001500
    """
    text = text.strip()
    # Eight digits are a date to `fromisoformat`, but just as well a number in quotes.
    if text.isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
