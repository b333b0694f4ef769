"""Hand-worked values of the oracle: each was computed on paper from the language page."""

from __future__ import annotations

from typing import Any

import pytest

from ebbline.definitions import tree
from ebbline.definitions.tree import AnyNode
from ebbline.events.event import Event
from tests.laws.build import (
    T0,
    D,
    H,
    M,
    S,
    agg,
    arith,
    call,
    cmp,
    event,
    group,
    identify,
    names,
    node,
    plan,
    prop,
    score,
    trait,
)
from tests.laws.facts import PersonFacts
from tests.laws.oracle import plain, value

NOTHING = plan()
ORDERS = [
    event("A", 0, n=10, s="x"),
    event("A", H, n=20.5, s="y"),
    event("A", 2 * H, s="x"),
    event("A", 3 * H, n="7", s=None),
    event("B", 2 * H, n=1, s="x"),
]


def at(rule: AnyNode, events: list[Event], offset_ms: int) -> Any:
    """The value at `T0 + offset_ms` of what had happened by then."""
    known = tuple(e for e in events if e.time_ms <= T0 + offset_ms)
    return plain(value(rule, PersonFacts(known), NOTHING, T0 + offset_ms))


AGGREGATES: list[tuple[str, AnyNode, int, Any]] = [
    ("count of all", agg("count", "A"), 3 * H, 4),
    ("count of several names", agg("count", "A|B"), 3 * H, 5),
    ("count of every call", agg("count", "*"), H, 2),
    ("inside until the last millisecond", agg("count", "A", within=H), H - 1, 1),
    ("out exactly at its end", agg("count", "A", within=H), H, 1),
    ("in at the instant it happens", agg("count", "A", within=H), 0, 1),
    ("one of two leaves", agg("count", "A", within=2 * H), 2 * H, 2),
    ("before: not yet", agg("count", "A", before=H), H - 1, 0),
    ("before: in exactly at its age", agg("count", "A", before=H), H, 1),
    ("between two ages", agg("count", "A", within=3 * H, before=H), 3 * H, 2),
    ("since includes its instant", agg("count", "A", since=tree.Moment(T0 + H)), 3 * H, 3),
    ("since null counts nothing", agg("count", "A", since=trait("t")), 3 * H, 0),
    ("since another event", agg("count", "A", since=agg("last_time", "B")), 3 * H, 2),
    ("where", agg("count", "A", where=cmp(prop("s"), "==", "x")), 3 * H, 2),
    ("where null is false", agg("count", "A", where=cmp(prop("s"), "!=", "x")), 3 * H, 1),
    ("where of another kind", agg("count", "A", where=cmp(prop("n"), ">", 8)), 3 * H, 2),
    ("performed", agg("performed", "B"), 2 * H, True),
    ("not performed", agg("performed", "B"), 2 * H - 1, False),
    ("sum passes over text and null", agg("sum", "A", prop("n")), 3 * H, 30.5),
    ("sum over nothing", agg("sum", "C", prop("n")), 0, 0.0),
    ("avg counts numbers only", agg("avg", "A", prop("n")), 3 * H, 15.25),
    ("avg over nothing", agg("avg", "A", prop("n"), within=S), H - 1, None),
    ("min prefers numbers", agg("min", "A", prop("n")), 3 * H, 10),
    ("max prefers numbers", agg("max", "A", prop("n")), 3 * H, 20.5),
    ("max of texts", agg("max", "A", prop("s")), 3 * H, "y"),
    ("min over nothing", agg("min", "C", prop("n")), 3 * H, None),
    ("first", agg("first", "A", prop("n")), 3 * H, 10),
    ("last passes over null", agg("last", "A", prop("s")), 3 * H, "x"),
    ("last takes any kind", agg("last", "A", prop("n")), 3 * H, "7"),
    ("first in a window", agg("first", "A", prop("n"), within=2 * H), 2 * H, 20.5),
    ("first time", agg("first_time", "A"), 3 * H, T0),
    ("last time", agg("last_time", "A"), 3 * H - 1, T0 + 2 * H),
    ("no time", agg("last_time", "C"), 3 * H, None),
    ("third time", agg("nth_time", "A", n=3), 3 * H, T0 + 2 * H),
    ("no fifth time", agg("nth_time", "A", n=5), 3 * H, None),
    ("n-th inside the window", agg("nth_time", "A", n=1, within=2 * H), 2 * H, T0 + H),
    ("x may be computed", agg("sum", "A", arith(prop("n"), "*", 2)), H, 61.0),
    ("context", agg("count", "A", where=cmp(prop("context.a"), "==", 1)), H, 0),
]


@pytest.mark.parametrize(
    ("rule", "offset_ms", "expected"),
    [case[1:] for case in AGGREGATES],
    ids=[case[0] for case in AGGREGATES],
)
def test_event_functions(rule: AnyNode, offset_ms: int, expected: Any) -> None:
    """Each function, each window, each kind of null."""
    found = at(rule, ORDERS, offset_ms)
    assert found == expected
    assert type(found) is type(expected)


NULL = node(None)
SCALARS: list[tuple[AnyNode, Any]] = [
    (cmp(1, "==", 1.0), True),
    (cmp(1, "==", "1"), None),
    (cmp(1, "!=", "1"), None),
    (cmp(1, "==", True), None),
    (cmp(None, "==", None), None),
    (cmp(None, "!=", 1), None),
    (cmp(False, "<", True), None),
    (cmp("a", "<", "b"), True),
    (cmp("B", "<", "a"), True),
    (cmp(2, "in", (1, 2.0)), True),
    (cmp(2, "in", ("2", True)), False),
    (cmp(2, "not in", (1, 3)), True),
    (cmp(None, "not in", (1, 3)), None),
    (cmp((1, 2), "==", (1, 2)), True),
    (cmp((1, 2), "<", (1, 3)), None),
    (tree.Not(NULL), True),
    (tree.Not(cmp(NULL, "==", 1)), True),
    (tree.Not(node(5)), True),
    (tree.And((node(True), NULL)), False),
    (tree.Or((node(True), NULL)), True),
    (tree.Or((NULL, NULL)), False),
    (tree.IsNull(NULL), True),
    (tree.IsNull(node("")), False),
    (arith(7, "/", 2), 3.5),
    (arith(7, "/", 0), None),
    (arith(-7, "%", 3), 2),
    (arith(7, "%", 0), None),
    (arith(1, "+", None), None),
    (arith(True, "+", 1), None),
    (arith("a", "+", "b"), None),
    (arith(1e308, "*", 10.0), None),
    (call("contains", "abc", "bc"), True),
    (call("contains", ("a", 1), 1.0), True),
    (call("contains", ("a", 1), True), False),
    (call("contains", "a1", 1), None),
    (call("startswith", "abc", "ab"), True),
    (call("endswith", "abc", "ab"), False),
    (call("startswith", None, "ab"), None),
    (call("matches", "red", "^r.d$"), True),
    (call("matches", 5, "5"), None),
    (call("lower", "ÀB"), "àb"),
    (call("upper", 1), None),
    (call("len", "àb"), 2),
    (call("len", (1, 2, 3)), 3),
    (call("len", 12), None),
    (call("abs", -2.5), 2.5),
    (call("abs", False), None),
    (call("round", 2.5), 2),
    (call("round", 3.5), 4),
    (call("round", 2.345, 1), 2.3),
    (call("round", "2"), None),
    (call("default", None, 4), 4),
    (call("default", False, 4), False),
    (call("default", trait("missing"), "x"), "x"),
    (call("elapsed", trait("missing")), None),
    (call("days_since", node(5)), None),
]


@pytest.mark.parametrize(("rule", "expected"), SCALARS)
def test_plain_functions(rule: AnyNode, expected: Any) -> None:
    """Comparisons, logic, arithmetic and functions, null among the operands."""
    found = at(rule, [], 0)
    assert found == expected
    assert type(found) is type(expected)


def test_ties_in_time_go_by_message_id() -> None:
    """The greater messageId is the later one."""
    tied = [event("A", 0, "b", n=1), event("A", 0, "a", n=2)]
    assert at(agg("last", "A", prop("n")), tied, 0) == 1
    assert at(agg("first", "A", prop("n")), tied, 0) == 2


def test_sums_are_exact_decimals() -> None:
    """Ten times 0.1 is 1; what no decimal holds is passed over."""
    tenths = [event("A", place, n=0.1) for place in range(10)]
    assert at(agg("sum", "A", prop("n")), tenths, H) == 1.0
    assert at(agg("avg", "A", prop("n")), tenths, H) == 0.1
    huge = [event("A", 0, n=1e16), event("A", 1, n=True), event("A", 2, n=2)]
    assert at(agg("sum", "A", prop("n")), huge, H) == 2.0
    assert at(agg("max", "A", prop("n")), huge, H) == 1e16


def test_last_n() -> None:
    """At least n, and all of the latest n."""
    events = [event("A", 0, n=1), event("A", 1, n=5), event("A", 2, n=6)]
    big = cmp(prop("n"), ">", 4)
    assert not at(tree.LastN(names("A"), 2, big), events, 0)
    assert not at(tree.LastN(names("A"), 2, big), events, 1)
    assert at(tree.LastN(names("A"), 2, big), events, 2)
    assert not at(tree.LastN(names("A"), 4, big), events, 2)
    assert at(tree.LastN(names("A"), 2, big, tree.Window(H)), events, H)
    assert not at(tree.LastN(names("A"), 2, big, tree.Window(H)), events, H + 1)


def test_matched() -> None:
    """Latest `A` that have a `B` with the same property, at any time."""
    events = [event("A", 0, c=1), event("A", 1, c=2), event("A", 2, c="1"), event("A", 3)]
    events += [event("B", 1, c=1.0), event("B", 4, c="1"), event("B", 5, c=None)]
    a, b = names("A"), names("B")
    assert at(tree.Matched(a, b, "c"), events, 3) == 1
    assert at(tree.Matched(a, b, "c"), events, 5) == 2
    assert at(tree.Matched(a, b, "c", 2), events, 5) == 1
    assert at(tree.Matched(a, b, "c", 1), events, 5) == 0
    assert at(tree.Matched(a, b, "c", None, tree.Window(H)), events, H + 1) == 1


def test_missed() -> None:
    """Old enough, and nothing in the half-open hour that began with the latest `after`."""
    rule = tree.Missed(names("B"), names("A"), H)
    cart = [event("A", 0)]
    assert not at(rule, [], H)
    assert not at(rule, cart, H - 1)
    assert at(rule, cart, H)
    assert not at(rule, [*cart, event("B", H - 1)], H)
    assert not at(rule, [*cart, event("B", 0)], H)
    assert at(rule, [*cart, event("B", H)], H)
    assert at(rule, [event("B", -1), *cart], H)
    assert not at(rule, [*cart, event("A", H - 1)], 2 * H - 2)
    assert at(rule, [*cart, event("A", H - 1)], 2 * H - 1)


def test_half_life_score() -> None:
    """80 points are 40 after one half-life; rounding makes the instant exact."""
    rule = score("half_life", D, ("A", 80))
    clicks = [event("A", 0)]
    assert at(rule, [], 0) == 0.0
    assert at(rule, clicks, 0) == 80.0
    assert at(rule, clicks, D) == 40.0
    assert at(rule, clicks, D - 1) > 40.0
    assert at(rule, [*clicks, event("A", D)], D) == 120.0
    mixed = score("half_life", D, ("A", 80), ("B", prop("n")))
    assert at(mixed, [*clicks, event("B", D, n=-50), event("B", D, n="5")], D) == -10.0


def test_fading_and_windowed_score() -> None:
    """Linear to zero; or whole until it leaves the window."""
    clicks = [event("A", 0), event("A", H)]
    assert at(score("fade", 4 * H, ("A", 10)), clicks, H) == 17.5
    assert at(score("fade", 4 * H, ("A", 10)), clicks, 4 * H) == 2.5
    assert at(score("fade", 4 * H, ("A", 10)), clicks, 5 * H) == 0.0
    assert at(score("within", H, ("A", 10)), clicks, H - 1) == 10.0
    assert at(score("within", H, ("A", 10)), clicks, H) == 10.0
    assert at(score("within", H, ("A", 10)), clicks, 2 * H) == 0.0


def test_scores_are_clamped_on_reading() -> None:
    """The sum itself is never clamped, so the order of arrival cannot matter."""
    rule = score("half_life", D, ("A", 80), ("B", -200), floor=0, ceiling=100)
    clicks = [event("A", 0), event("A", 1)]
    assert at(rule, clicks, 1) == 100
    assert at(rule, [*clicks, event("B", 1)], 1) == 0
    assert at(score("fade", D, ("A", 1), floor=5), [], 0) == 5


def test_sent_traits() -> None:
    """The last write wins key by key; null overwrites; paths reach into objects."""
    calls = [identify(2, plan="gold"), identify(1, plan="free", level=1, home={"city": "Ulm"})]
    assert at(trait("plan"), calls, 2) == "gold"
    assert at(trait("level"), calls, 2) == 1
    assert at(trait("home.city"), calls, 2) == "Ulm"
    assert at(trait("home.street"), calls, 2) is None
    assert at(trait("plan"), [*calls, identify(3, plan=None)], 3) is None
    assert at(trait("plan"), [*calls, identify(2, "z", plan="z")], 2) == "z"
    assert at(trait("plan"), [*calls, identify(2, "!", plan="z")], 2) == "gold"
    member = [group(0, "acme", tier="red")]
    assert at(trait("group_id"), member, 0) == "acme"
    assert at(trait("group.tier"), member, 0) == "red"


def test_clock_functions() -> None:
    """Timestamps are event times, moments, or traits that hold ISO-8601 text."""
    last = agg("last_time", "A")
    events = [event("A", 0), identify(0, t="2025-06-15T15:06:40Z", day="2025-06-16", n=5)]
    over = cmp(call("elapsed", last), ">", tree.Duration(H))
    assert at(over, events, H) is False
    assert at(over, events, H + 1) is True
    assert at(call("elapsed", trait("t")), events, 7) == 7
    assert at(call("until", trait("day")), events, 0) == 31_999_000 + 1_000
    assert at(call("until", tree.Moment(T0 + M)), events, S) == M - S
    assert at(call("elapsed", trait("n")), events, 0) is None
    assert at(call("days_since", last), events, D - 1) == 0
    assert at(call("days_since", last), events, D) == 1
    assert at(call("days_since", trait("day")), events, 0) == -1
    assert at(cmp(last, "<", tree.Moment(T0 + 1)), events, 0) is True
    assert at(cmp(last, "==", T0), events, 0) is None
