"""Hand-worked cases of the oracle: values told apart, days, chains, clocks."""

from __future__ import annotations

from typing import Any

import pytest

from ebbline.definitions.parse import parse_rule
from tests.laws import oracle, wallclock
from tests.laws.build import T0, H, M, event, plan
from tests.laws.facts import PersonFacts

# T0 is 2025-06-15T15:06:40Z, a Sunday; in Tokyo it is Monday, six minutes past midnight.
NOW = T0 + 12 * H
EVENTS = (
    event("A", 0, "m1", x="red", n=1),
    event("A", 0, "m0", x="blue", n=2),
    event("A", H, "m2", x=1),
    event("A", 2 * H, "m3", x=1.0),
    event("A", 3 * H, "m4", x=True),
    event("A", 4 * H, "m5", x=["red"]),
    event("A", 5 * H, "m6", x="red"),
    event("B", 5 * H, "m7", x="red"),
    event("B", 5 * H + 30 * M, "m8", x="blue"),
    event("C", 6 * H, "m9"),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('unique("A", x)', 4),
        ('values("A", x)', ["blue", "red", 1, True]),
        ('values("A", x, within="11h1m")', [1, True, "red"]),
        ('most_frequent("A", x)', "red"),
        ('most_frequent("A", x, before="8h")', 1.0),
        ('most_frequent("D", x)', None),
        ('most_repeated("A", by=x)', 2),
        ('most_repeated("D", by=x)', 0),
        ('days_active("*")', 1),
        ('days_active("*", zone="Asia/Kathmandu")', 2),
        ('count("*", within="today")', 0),
        ('count("*", within="today", zone="Asia/Tokyo")', 10),
        ('count("A", within="today", zone="Asia/Kathmandu")', 2),
        ('count("*", within="this_week", zone="America/New_York")', 10),
        ('count("*", within="this_month")', 10),
        ("hour_of_day()", 3),
        ('hour_of_day(zone="America/New_York")', 23),
        ("day_of_week()", 1),
        ('day_of_week(zone="America/New_York")', 7),
        ('sequence("A", "B", "C")', True),
        ('sequence("C", "A")', False),
        ('sequence("A", "B", "C", within="1h")', False),
        ('sequence("A", "B", "C", within="61m")', True),
        ('sequence("A", "B", "C", gap="30m")', True),
        ('sequence("A", "B", "C", gap="29m")', False),
        ('sequence("A", step("A", where=x == "red"), since="2025-06-15T20:06:40Z")', False),
        ('sequence("A", "B", since=last_time("D"))', False),
        ('missed("B", after="A", within="4h", on=x)', True),
        ('missed("B", after=step("A", where=x == "red"), within="301m", on=x)', False),
        ('missed("B", after=step("A", where=x == "red"), within="5h", on=x)', True),
        ('missed("B", after=step("A", where=n == 2), within="331m", on=x)', False),
        ('missed("C", after="C", within="1h", on=x)', False),
    ],
)
def test_value(rule: str, expected: Any) -> None:
    """What the language page says, worked out by hand."""
    tree = parse_rule(rule).tree
    assert tree is not None
    found = oracle.value(tree, PersonFacts(EVENTS), plan(), NOW)
    assert repr(found) == repr(expected)


def test_a_local_hour_that_comes_twice() -> None:
    """Havana, 2025-11-02: clocks go back from 01:00 to 00:00, the day starts the first time."""
    first = 1_762_056_000_000  # 2025-11-02T04:00:00Z
    for at_ms in (first, first + H - 1, first + H, first + 24 * H, first + 25 * H - 1):
        assert wallclock.start("America/Havana", "today", at_ms) == first
    assert wallclock.start("America/Havana", "today", first + 25 * H) == first + 25 * H
