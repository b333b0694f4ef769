"""Timestamps as SDKs write them, to UTC milliseconds.

It takes ISO-8601 text only; numbers are refused because seconds, milliseconds and
microseconds cannot be told apart with certainty.
"""

from __future__ import annotations

from datetime import UTC, datetime

# Half a microsecond in milliseconds: a double cannot hold most fractions of a second exactly,
# and cutting 13.341999… would lose a whole millisecond.
_HALF_MICROSECOND = 0.0005


def to_ms(moment: datetime) -> int:
    """UTC milliseconds of an aware datetime, fractions of a millisecond cut off."""
    return int(moment.timestamp() * 1000 + _HALF_MICROSECOND)


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
