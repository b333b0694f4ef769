"""When the SQL of an audience runs again, and the trait that holds what it said.

`1h` is that long after the last time; `daily 06:00` is the next six o'clock in the project's
time zone. A result stands in the log as what somebody said of the person: a sent trait.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ebbline.definitions.durations import format_duration, parse_duration
from ebbline.definitions.limits import DAY_MS, REFRESH_MS_MIN, WINDOW_MS_MAX

_DAILY = re.compile(r"daily ([01]\d|2[0-3]):([0-5]\d)")
_LISTED = "sql."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def listed_trait(audience: str) -> str:
    """The trait that is true for those whom the SQL of an audience named last."""
    return _LISTED + audience


def is_listed(trait: str) -> bool:
    """Whether a trait is what some SQL said."""
    return trait.startswith(_LISTED)


def refresh_problem(text: str) -> str:
    """What is wrong with a `refresh:`, empty when nothing is.

    >>> refresh_problem("1h"), refresh_problem("daily 06:00"), refresh_problem("often")
    ('', '', 'refresh is a length of time such as 1h, or daily 06:00')
    """
    if _DAILY.fullmatch(text):
        return ""
    ms = parse_duration(text)
    if ms is None:
        return "refresh is a length of time such as 1h, or daily 06:00"
    if not REFRESH_MS_MIN <= ms <= WINDOW_MS_MAX:
        least, most = format_duration(REFRESH_MS_MIN), WINDOW_MS_MAX // DAY_MS
        return f"refresh is at least {least} and at most {most} days"
    return ""


def next_refresh(text: str, last_ms: int, zone: str) -> int:
    """The first instant after `last_ms` at which it is time again.

    >>> next_refresh("1h", 0, "UTC"), next_refresh("daily 06:00", 0, "UTC") // 3_600_000
    (3600000, 6)
    """
    daily = _DAILY.fullmatch(text)
    if daily is None:
        return last_ms + max(parse_duration(text) or 0, REFRESH_MS_MIN)
    local = (_EPOCH + timedelta(milliseconds=last_ms)).astimezone(ZoneInfo(zone))
    for days in range(3):  # a local time may lie in a gap of the clocks, and then a little later
        day = local.date() + timedelta(days=days)
        at = datetime(day.year, day.month, day.day, int(daily[1]), int(daily[2]),
                      tzinfo=ZoneInfo(zone))  # fmt: skip
        at_ms = (at.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)
        if at_ms > last_ms:
            return at_ms
    return last_ms + DAY_MS
