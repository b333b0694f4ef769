"""What an explanation says stands behind values, chains and clocks."""

from __future__ import annotations

import pytest

from ebbline import engine
from ebbline.definitions import load_files, tree
from ebbline.engine.evidence import told
from ebbline.engine.explain import explain
from ebbline.engine.limits import VALUES_SHOWN_MAX
from ebbline.events.event import Event

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z, a Thursday
HOUR_MS = 3_600_000


def note(rule: str) -> tuple[str, int | None]:
    """The note on the only line of a rule, and hours to its flip, an hour after four views (of
    a, b, a, c; half an hour apart) and an order of a."""
    text = f"audiences:\n  a: {{owner: o, when: '{rule}'}}\n"
    project = b"name: evidence\ntime_zone: America/New_York\n"
    plan = load_files({"ebbline.yml": project, "audiences/a.yml": text.encode()}).plan
    assert plan is not None
    tables = engine.compile_plan(plan)
    profile = engine.new_profile(tables, 1)
    events = [
        Event(f"m{n}", "track", "View", START_MS + n * HOUR_MS // 2, START_MS, "u", None,
              {"x": x}, {}, {})
        for n, x in enumerate("abac")
    ]  # fmt: skip
    order = Event(
        "o", "track", "Order", START_MS + HOUR_MS, START_MS, "u", None, {"x": "a"}, {}, {}
    )
    now_ms = START_MS + 2 * HOUR_MS
    engine.apply(tables, profile, [*events, order], now_ms)
    (line,) = explain(tables, profile, "a", now_ms).lines
    return line.note, None if line.flips_ms is None else (line.flips_ms - now_ms) // HOUR_MS


@pytest.mark.parametrize(
    ("rule", "said", "hours"),
    [
        ('unique("View", x, within="12h") >= 3', "3 different", 10),
        ('unique("View", x) >= 3', "3 different", None),
        ('"b" in values("View", x)', "a, b, c", None),
        ('contains(values("Nothing", x), "b")', "", None),
        ('most_frequent("View", x) == "a"', "most often a", None),
        ('most_frequent("Nothing", x) == "a"', "no value", None),
        ('most_repeated("View", by=x, within="today", zone="UTC") >= 2', "at most 2x the same", 22),
        ('days_active("View", zone="Asia/Tokyo") == 1', "on 1 day", None),
        ("hour_of_day() == 21", "it is past 21:00 in America/New_York", 1),
        ('day_of_week(zone="UTC") == 4', "it is Thursday in UTC", 22),
        ('sequence("View", "Order", within="2h")',
         "View 2026-01-01 00:30:00, then Order 2026-01-01 01:00:00", None),
        ('sequence("Order", "Order")', "no such chain", None),
        ('missed("Order", after="View", within="3h", on=x)',
         "x b of 2026-01-01 00:30:00 still waits", 1),
        ('missed("Order", after="View", within="90m", on=x)',
         "x b of 2026-01-01 00:30:00 was left", None),
        ('missed("View", after="Order", within="1h", on=x)', "none is left without its View", None),
    ],
)  # fmt: skip
def test_notes(rule: str, said: str, hours: int | None) -> None:
    """The value, the values, the chain, what is left, what the clock shows; and the flip."""
    assert note(rule) == (said, hours)


def test_long_lists_are_cut() -> None:
    """As many values as fit on a line, and how many more there are."""
    node = tree.Aggregate("values", tree.Events(("A",)), tree.Property("x"))
    said = told(node, list(range(VALUES_SHOWN_MAX + 5)), 0)
    assert said == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 5 more"
