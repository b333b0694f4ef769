"""What the laws once found in the engine, each shrunk to the rule and the events that show it.

Every case is checked against the oracle and against the flips worked out by hand.
"""

from __future__ import annotations

import msgspec
import pytest

from ebbline.definitions import tree
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef
from ebbline.definitions.tree import AnyNode
from ebbline.events.event import Event
from tests.laws.adapter import Subject
from tests.laws.build import T0, D, H, agg, call, cmp, event, names, node, plan, prop, score, trait
from tests.laws.steps import batches
from tests.laws.timeline import timeline

Flips = list[tuple[int, bool]]

TWICE = score("half_life", H, ("A", 10), ("A", 10), ("*", 10))
SINCE_BASE = call("elapsed", call("default", trait("joined"), tree.Moment(T0)))
ALPHA = [event("A", 0, n=1)]

CASES: dict[str, tuple[AnyNode, list[Event], Flips]] = {
    "an event earns all the points that a score gives it": (
        cmp(TWICE, ">=", 15),
        ALPHA,
        [(0, True), (H + 1, False)],
    ),
    "a clock inside a default is looked at when a person appears": (
        cmp(SINCE_BASE, ">=", tree.Duration(H)),
        [event("B", 0)],
        [(H, True)],
    ),
    "a sum over nothing is 0 before the first event of its kind": (
        cmp(agg("sum", "B", prop("n"), within=H), ">=", 0),
        ALPHA,
        [(0, True)],
    ),
    "each summand is rounded to billionths before it counts": (
        cmp(agg("sum", "A", prop("n")), "==", 6),
        [event("A", 0, n=3.0000000004), event("A", 1, n=3.0000000004)],
        [(1, True)],
    ),
    "equal lists match": (
        cmp(tree.Matched(names("A"), names("A"), "x"), ">=", 1),
        [event("A", 0, x=["red", 1])],
        [(0, True)],
    ),
    "a list is never in a list, nor not in it": (
        agg("performed", "A", where=cmp(prop("x"), "not in", (1, "red"))),
        [event("A", 0, x=[])],
        [],
    ),
    "a score far below its threshold does not come back": (
        tree.Not(cmp(score("half_life", 1_000, ("A", 1)), ">", 0)),
        [event("A", 0), event("B", D)],
        [(30_898, True)],
    ),
}


def played(of: Plan, events: list[Event], until_ms: int) -> Subject:
    """A person who lived through the events, each known when it happened."""
    subject = Subject(of)
    for now_ms, known in batches((e.time_ms, e) for e in events):
        subject.arrive(now_ms, known)
    subject.clock(T0 + until_ms)
    return subject


@pytest.mark.parametrize(("rule", "events", "flips"), CASES.values(), ids=CASES.keys())
def test_flips(rule: AnyNode, events: list[Event], flips: Flips) -> None:
    """Engine, oracle and paper agree."""
    of = plan({"a": rule})
    expected = timeline(of, [(e.time_ms, e) for e in events], T0 + 2 * D)
    assert [(flip.at_ms - T0, flip.raw) for flip in expected] == flips
    assert sorted(played(of, events, 2 * D).flips) == sorted(expected)


def test_a_published_comparison_with_the_clock_wakes() -> None:
    """A boolean trait over elapsed time changes by itself, and is told when it does."""
    late = cmp(call("elapsed", agg("last_time", "A")), ">=", tree.Duration(H))
    of = plan({"a": node(value=True)}, {"late": late})
    to = DestinationDef("d", "webhook", {}, (SyncDef("late", trait="late"),))
    subject = played(msgspec.structs.replace(of, destinations=(to,)), ALPHA, D)
    told = [(at_ms - T0, value) for at_ms, _, _, value in subject.published]
    assert told == [(0, False), (H, True)]  # null for somebody who never did A
