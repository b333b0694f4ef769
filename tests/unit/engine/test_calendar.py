"""Days, weeks and months of time zones, where clocks are changed and far beyond."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ebbline.engine.calendar import SPANS_MS, Zone, clock_of, period_of, zone_of
from ebbline.engine.limits import NEVER

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HALF_HOUR_MS = 1_800_000
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Beirut", "America/Havana",
    "Australia/Lord_Howe", "Asia/Kathmandu", "America/Santiago", "Pacific/Apia",
)  # fmt: skip


def ms(text: str) -> int:
    """An instant as milliseconds."""
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("zone", "unit", "now", "start", "after"),
    [
        ("Europe/Berlin", "today", "2025-03-30T12:00:00+02:00",
         "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"),
        ("Europe/Berlin", "this_week", "2025-10-26T23:59:59.999+01:00",
         "2025-10-20T00:00:00+02:00", "2025-10-27T00:00:00+01:00"),
        ("America/New_York", "this_month", "2024-02-29T12:00:00-05:00",
         "2024-02-01T00:00:00-05:00", "2024-03-01T00:00:00-05:00"),
        ("America/New_York", "this_month", "2025-12-31T23:59:59-05:00",
         "2025-12-01T00:00:00-05:00", "2026-01-01T00:00:00-05:00"),
        # no midnight, two of them, and a day that never came
        ("Asia/Beirut", "today", "2025-03-30T01:00:00+03:00",
         "2025-03-30T01:00:00+03:00", "2025-03-31T00:00:00+03:00"),
        ("America/Havana", "today", "2025-11-02T00:30:00-05:00",
         "2025-11-02T00:00:00-04:00", "2025-11-03T00:00:00-05:00"),
        ("Pacific/Apia", "today", "2011-12-29T23:00:00-10:00",
         "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"),
        # clocks went back from 00:01 to 23:01: the new day has begun and stays begun
        ("America/St_Johns", "today", "2006-10-28T23:30:00-03:30",
         "2006-10-29T00:00:00-02:30", "2006-10-30T00:00:00-03:30"),
    ],
)  # fmt: skip
def test_around(zone: str, unit: str, now: str, start: str, after: str) -> None:
    """When a period started, and when the next one does."""
    assert period_of(zone, unit).around(ms(now)) == (ms(start), ms(after))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("unit", SPANS_MS)
def test_periods_follow_each_other(zone: str, unit: str) -> None:
    """Each ends where the next begins, holds every instant in it, and is not too long."""
    period = period_of(zone, unit)
    at = ms("2010-12-01T00:00:00+00:00")
    start, after = period.around(at)
    while after < ms("2012-02-01T00:00:00+00:00"):
        assert after - start < SPANS_MS[unit]
        for inside in (start, (start + after) // 2, after - 1):
            assert period.around(inside) == (start, after)
        began, start = after, after
        start, after = period.around(start)
        assert start == began


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", ["hour_of_day", "day_of_week"])
def test_a_clock_says_when_it_turns(zone: str, name: str) -> None:
    """It shows one thing until then, and another at that instant."""
    clock = clock_of(zone, name)
    for begin in ("2025-03-29", "2025-10-25", "2025-11-01", "2025-04-05", "2011-12-29"):
        at = ms(f"{begin}T00:00:00+00:00")
        end = at + 3 * 86_400_000
        while at < end:
            shown, until = clock.read(at)
            assert clock.read(until)[0] != shown
            looks = [*range(at, until, HALF_HOUR_MS), until - 1]
            assert {clock.read(look)[0] for look in looks} == {shown}
            at = until


@pytest.mark.parametrize("at", [-(2**62), -(10**15), 0, 10**15, NEVER])
def test_no_instant_raises(at: int) -> None:
    """Years that `datetime` does not know still have days."""
    for zone in ZONES:
        assert isinstance(zone_of(zone).day(at), int)
        clock_of(zone, "hour_of_day").read(at)
        for unit in SPANS_MS:
            period_of(zone, unit).around(at)


def test_the_same_day_is_not_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """An instant of the day last asked for takes two comparisons."""
    period = period_of("Europe/Berlin", "today")
    start, after = period.around(ms("2025-06-15T12:00:00+02:00"))
    monkeypatch.delattr(Zone, "offset_ms")
    assert period.around(start) == period.around(after - 1) == (start, after)
