"""Numbers that move all the time: their flips are found, not waited for."""

from __future__ import annotations

import pytest

from ebbline import engine
from ebbline.definitions import load_files
from ebbline.events.event import Event

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
SCORE = 'score(points("E", 30), half_life="7d")'


def flips(rule: str) -> tuple[int, list[tuple[str, int]]]:
    """How many wakes forty days take for three events at the start, and what they bring."""
    text = f"audiences:\n  a: {{owner: o, when: '{rule}'}}\n"
    plan = load_files({"ebbline.yml": b"name: motion\n", "audiences/a.yml": text.encode()}).plan
    assert plan is not None
    tables = engine.compile_plan(plan)
    profile = engine.new_profile(tables, 1)
    events = [
        Event(str(n), "track", "E", START_MS, START_MS, "u", None, {}, {}, {}) for n in range(3)
    ]
    changes = engine.apply(tables, profile, events, START_MS)
    wakes = 0
    while profile.wake_ms < START_MS + 40 * DAY_MS and wakes < 1_000:
        wakes += 1
        changes += engine.wake(tables, profile, profile.wake_ms)
    return wakes, [(change.kind, change.at_ms - START_MS) for change in changes]


@pytest.mark.parametrize(
    ("rule", "wakes_max", "first"),
    [
        (f"{SCORE} in (40, 20)", 5, []),
        (f"{SCORE} % 7 > 3", 60, [("entered", 0), ("exited", 29_580_527)]),
        (
            'score(points("E", 30), fade="7d") not in (40, 20)',
            10,
            [("entered", 0), ("exited", 336_000_000), ("entered", 336_000_001)],
        ),
        (
            f'{SCORE} > score(points("E", -10), fade="7d") + 60',
            5,
            [("entered", 0), ("exited", 462_769_947)],
        ),
        # side by side: equal for good, one above the other for long, parallel until it is gone
        (f'{SCORE} > score(points("*", 30), half_life="7d")', 0, []),
        (f'{SCORE} * 1.001 > score(points("*", 30), half_life="7d")', 3, [("entered", 0)]),
        (
            'score(points("E", 30), fade="7d") + 1e-6 > score(points("*", 30), fade="7d")',
            2,
            [("entered", 0)],
        ),
        (
            'score(points("E", 30), fade="7d") >= score(points("*", 19), fade="7d") + 30',
            3,
            [("entered", 0), ("exited", 7 * DAY_MS // 11 + 1)],
        ),
    ],
)
def test_no_polling(rule: str, wakes_max: int, first: list[tuple[str, int]]) -> None:
    """A few wakes in forty days, and the flips at their instants."""
    wakes, found = flips(rule)
    assert wakes <= wakes_max
    assert found[: len(first)] == first
