"""Straight lines against each other: their flips are exact, and nothing polls for them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline import engine
from ebbline.definitions import tree
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, Plan
from ebbline.definitions.tree import AnyNode
from ebbline.engine.limits import NEVER
from ebbline.engine.linear import flip_of
from ebbline.engine.scalars import COMPARE
from ebbline.events.event import Event

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
OPS = ("<", "<=", ">", ">=", "==", "!=")
LOOKS = 40


@settings(max_examples=500, deadline=None)
@given(
    st.sampled_from(OPS),
    st.tuples(st.integers(-30, 30), st.integers(-3, 3)),
    st.tuples(st.integers(-30, 30), st.integers(-3, 3)),
)
def test_flips_are_those_of_trying(op: str, a: tuple[int, int], b: tuple[int, int]) -> None:
    """The first millisecond at which the comparison is another."""
    truths = [COMPARE[op](a[0] + a[1] * t, b[0] + b[1] * t) for t in range(2 * LOOKS)]
    expected = next((t for t, truth in enumerate(truths) if truth != truths[0]), NEVER)
    assert flip_of(op, a, b, 0) == expected


def clock(name: str, event: str) -> AnyNode:
    """`elapsed` or `until` of the latest such event."""
    return tree.Call(name, (tree.Aggregate("last_time", tree.Events((event,))),))


def wakes(rule: AnyNode) -> tuple[int, list[tuple[str, int]]]:
    """How many wakes three days take for A, and B a millisecond later, and what they bring."""
    plan = Plan("lines", DEFAULT_IDENTIFIERS, audiences=(AudienceDef("it", rule),))
    tables = engine.compile_plan(plan)
    profile = engine.new_profile(tables, 1)
    changes = []
    for number, name in enumerate("AB"):
        at = START_MS + number
        event = Event(name, "track", name, at, at, "u", None, {}, {}, {})
        changes += engine.apply(tables, profile, [event], at)
    count = 0
    while profile.wake_ms < START_MS + 3 * DAY_MS and count < 1_000:
        count += 1
        changes += engine.wake(tables, profile, profile.wake_ms)
    return count, [(change.kind, change.at_ms - START_MS) for change in changes]


A_DAY = tree.Duration(DAY_MS)


@pytest.mark.parametrize(
    ("rule", "most", "flips"),
    [
        (tree.Compare("<", clock("elapsed", "B"), clock("elapsed", "A")), 0, [("entered", 1)]),
        (tree.Compare("==", clock("elapsed", "B"), clock("elapsed", "A")), 0, []),
        (
            tree.Compare(
                ">", tree.Arith("+", clock("elapsed", "A"), clock("elapsed", "B")), A_DAY
            ),
            1,
            [("entered", DAY_MS // 2 + 1)],
        ),
        (
            tree.Compare(
                ">=", tree.Arith("*", clock("elapsed", "A"), tree.Literal(3)),
                tree.Arith("+", clock("elapsed", "B"), A_DAY),
            ),
            1,
            [("entered", DAY_MS // 2)],
        ),
        (
            tree.Compare(
                ">=", tree.Arith("+", clock("until", "A"), A_DAY), clock("elapsed", "B")
            ),
            1,
            [("entered", 1), ("exited", DAY_MS // 2 + 1)],
        ),
    ],
)  # fmt: skip
def test_no_polling(rule: AnyNode, most: int, flips: list[tuple[str, int]]) -> None:
    """A wake for a flip, and none beside."""
    count, found = wakes(rule)
    assert (count <= most, found) == (True, flips)
