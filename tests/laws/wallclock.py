"""Local calendars and clocks by trying: no arithmetic but that of `datetime` itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SECOND_MS = 1_000
QUARTER_MS = 900_000
"""Clocks of today are whole quarters of an hour apart, and are changed on one."""


def local(zone: str, at_ms: int) -> datetime:
    """What clocks and calendars show."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)).astimezone(
        ZoneInfo(zone)
    )


def instant(when: datetime) -> int:
    """The UTC milliseconds of a local time."""
    return (when.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@cache
def midnight(zone: str, day: date) -> int:
    """When a local day starts: its first midnight, or the first second after it was skipped."""
    first = instant(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
    if local(zone, first).hour == 0:
        return first
    found = first - 4 * 3_600 * SECOND_MS
    while local(zone, found).date() < day:
        found += SECOND_MS
    return found


def first_day(unit: str, day: date) -> date:
    """The first day of a day, of its week or of its month."""
    if unit == "this_week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if unit == "this_month" else day


def start(zone: str, unit: str, now_ms: int) -> int:
    """When the current day, week or month started."""
    day = local(zone, now_ms).date()
    if midnight(zone, day + timedelta(days=1)) <= now_ms:
        day += timedelta(days=1)  # its first midnight is over, its second still to come
    return midnight(zone, first_day(unit, day))


def shown(name: str, zone: str, now_ms: int) -> int:
    """`hour_of_day` or `day_of_week`."""
    now = local(zone, now_ms)
    return now.hour if name == "hour_of_day" else now.isoweekday()


def starts(zone: str, unit: str, after_ms: int, until_ms: int) -> Iterator[int]:
    """Every start of a day, week or month in (after, until]."""
    day = local(zone, after_ms).date()
    while (at := midnight(zone, day)) <= until_ms:
        if at > after_ms and first_day(unit, day) == day:
            yield at
        day += timedelta(days=1)


def turns(name: str, zone: str, after_ms: int, until_ms: int) -> Iterator[int]:
    """Every instant in (after, until] at which a clock comes to show something else."""
    read: Callable[[int], int] = lambda at: shown(name, zone, at)  # noqa: E731
    at = after_ms // QUARTER_MS * QUARTER_MS + QUARTER_MS
    while at <= until_ms:
        if read(at) != read(at - 1):
            yield at
        at += QUARTER_MS
