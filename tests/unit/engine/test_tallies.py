"""Different values: in whatever order they come, on either side of a merge, the same is kept."""

from __future__ import annotations

import copy
import random

from ebbline.engine.limits import VALUES_MAX
from ebbline.engine.tallies import (
    Seen,
    Tally,
    count_value,
    in_order,
    merge_counts,
    most,
    see_value,
)

TIMES = random.Random(7).choices(range(5_000), k=6_000)
EVENTS = [(at, f"m{at}{n}", n % 1_400) for n, at in enumerate(TIMES)]


def seen_of(events: list[tuple[int, str, int]]) -> Seen:
    """What is kept of when each value first came."""
    seen: Seen = {}
    for at, event_id, value in events:
        see_value(seen, at, event_id, value)
    return seen


def test_the_first_thousand_values_are_the_same_in_any_order() -> None:
    """Also those that were dropped for a while, and those that a merge brings."""
    expected = list(dict.fromkeys(value for _, _, value in sorted(EVENTS)))[:VALUES_MAX]
    assert in_order(seen_of(EVENTS)) == expected
    assert in_order(seen_of(EVENTS[::-1])) == expected
    left, right = seen_of(EVENTS[:3_500]), seen_of(EVENTS[3_500:])
    for entry in right.values():
        see_value(left, *entry)
    assert in_order(left) == expected


def test_tallies_merge_into_the_tally_of_all() -> None:
    """Counts add up, and the latest event of either decides a tie."""
    whole: Tally = {}
    parts: tuple[Tally, Tally] = ({}, {})
    for number, event in enumerate(EVENTS):
        count_value(whole, *event)
        count_value(parts[number % 2], *event)
    for into, other in (parts, parts[::-1]):
        merged = copy.deepcopy(into)
        merge_counts(merged, copy.deepcopy(other))
        assert merged == whole
    assert most({"a": [2, 5, "m", "x"], "b": [2, 5, "n", "y"], "c": [1, 9, "z", "z"]})[3] == "y"


def test_equal_values_are_one_in_the_spelling_asked_for() -> None:
    """`values` spells as the earliest event does, the most frequent as the latest; True is no 1."""
    seen: Seen = {}
    tally: Tally = {}
    for at, value in ((2, 1), (1, 1.0), (3, True), (4, 1.0), (5, None), (6, [1])):
        if not isinstance(value, list):
            see_value(seen, at, "m", value)
            count_value(tally, at, "m", value)
    assert repr(in_order(seen)) == "[1.0, True]"
    assert repr(most(tally)) == "[3, 4, 'm', 1.0]"
