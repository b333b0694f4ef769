"""Calendars and clocks of time zones: the day, week or month around an instant, and what a
clock on the wall shows.

Arithmetic on the time zone database alone. What was last asked is kept, so that the next
instant of the same day, week, month or hour costs two comparisons.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from ebbline.engine.limits import DAY_MS, NEVER

HOUR_MS = 3_600_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
# Days (since 1970) that `datetime` can still move about in; what lies beyond takes their zone.
_DAY_MIN, _DAY_MAX = 400 - _EPOCH_DAY, date(9998, 12, 1).toordinal() - _EPOCH_DAY

SPANS_MS = {"today": 2 * DAY_MS, "this_week": 9 * DAY_MS, "this_month": 33 * DAY_MS}
"""What each calendar window is always shorter than, however its clocks are changed."""


class Zone:
    """A time zone. Days are counted from 1970-01-01, a Thursday."""

    def __init__(self, name: str) -> None:
        self._zone = ZoneInfo(name)

    def offset_ms(self, at_ms: int) -> int:
        """How far local clocks are ahead of UTC at an instant."""
        inside = min(max(at_ms, _DAY_MIN * DAY_MS), _DAY_MAX * DAY_MS)
        moment = (_EPOCH + timedelta(milliseconds=inside)).astimezone(self._zone)
        return _whole_ms(moment.utcoffset())

    def day(self, at_ms: int) -> int:
        """The day that local calendars show."""
        return (at_ms + self.offset_ms(at_ms)) // DAY_MS

    def start(self, day: int) -> int:
        """The first instant of a local day: the first midnight where there are two, the first
        instant after the gap where there is none."""
        inside = min(max(day, _DAY_MIN), _DAY_MAX)
        midnight = datetime.fromordinal(inside + _EPOCH_DAY).replace(tzinfo=self._zone)
        earlier = _whole_ms(midnight.utcoffset())
        later = _whole_ms(midnight.replace(fold=1).utcoffset())
        if earlier >= later:
            return day * DAY_MS - earlier
        return self.change(day * DAY_MS - later, day * DAY_MS - earlier)

    def change(self, low_ms: int, high_ms: int) -> int:
        """The first instant in (low, high] at which clocks differ from those at low, given that
        those at high do."""
        offset = self.offset_ms(low_ms)
        while high_ms - low_ms > 1:
            middle = (low_ms + high_ms) // 2
            if self.offset_ms(middle) == offset:
                low_ms = middle
            else:
                high_ms = middle
        return high_ms


def _whole_ms(offset: timedelta | None) -> int:
    return 0 if offset is None else offset // timedelta(milliseconds=1)


def weekday(day: int) -> int:
    """1 (Monday) to 7 of a day since 1970-01-01.

    >>> weekday(0)
    4
    """
    return (day + 3) % 7 + 1


def _week(day: int) -> tuple[int, int]:
    monday = day + 1 - weekday(day)
    return monday, monday + 7


def _month(day: int) -> tuple[int, int]:
    inside = min(max(day, _DAY_MIN), _DAY_MAX)
    first = date.fromordinal(inside + _EPOCH_DAY).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return first.toordinal() - _EPOCH_DAY, after.toordinal() - _EPOCH_DAY


_UNITS: dict[str, Callable[[int], tuple[int, int]]] = {
    "today": lambda day: (day, day + 1), "this_week": _week, "this_month": _month,
}  # fmt: skip


class Period:
    """The calendar days, weeks or months of a zone: `today`, `this_week` or `this_month`."""

    def __init__(self, zone: Zone, unit: str) -> None:
        self._zone = zone
        self._days = _UNITS[unit]
        self._held = (0, 0)

    def around(self, at_ms: int) -> tuple[int, int]:
        """When the one that an instant is in started, and when the next one starts."""
        held = self._held
        if held[0] <= at_ms < held[1]:
            return held
        zone = self._zone
        day = zone.day(at_ms)
        while zone.start(day + 1) <= at_ms:  # clocks were set back across midnight
            day += 1
        first, after = self._days(day)
        end = zone.start(after)
        self._held = found = zone.start(first), end if end > at_ms else NEVER
        return found


class Clock:
    """What clocks and calendars of a zone show: `hour_of_day` or `day_of_week`."""

    def __init__(self, zone: Zone, name: str) -> None:
        self._zone = zone
        self._by_hour = name == "hour_of_day"
        self._held = (0, 0, 0)

    def read(self, at_ms: int) -> tuple[int, int]:
        """What they show at an instant, and when they next show something else."""
        since, until, shown = self._held
        if not since <= at_ms < until:
            shown, until = self._shown(at_ms), self._until(at_ms)
            self._held = at_ms, until, shown
        return shown, until

    def _shown(self, at_ms: int) -> int:
        local = at_ms + self._zone.offset_ms(at_ms)
        return local // HOUR_MS % 24 if self._by_hour else weekday(local // DAY_MS)

    def _until(self, at_ms: int) -> int:
        """From hour to hour, and where clocks are changed in between, to there first."""
        zone, shown, until = self._zone, self._shown(at_ms), at_ms
        while self._shown(until) == shown:
            offset = zone.offset_ms(until)
            full = ((until + offset) // HOUR_MS + 1) * HOUR_MS - offset
            until = full if zone.offset_ms(full) == offset else zone.change(until, full)
        return until


@cache
def zone_of(name: str) -> Zone:
    """The zone of a name that the checker has accepted."""
    return Zone(name)


@cache
def period_of(zone: str, unit: str) -> Period:
    """The days, weeks or months of a zone, one for all who ask."""
    return Period(zone_of(zone), unit)


@cache
def clock_of(zone: str, name: str) -> Clock:
    """The clock of a zone, one for all who ask."""
    return Clock(zone_of(zone), name)
