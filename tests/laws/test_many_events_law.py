"""More events of one person than are kept one by one: what stays exact, and what is bounded.

The bound is set to a few entries here, so that random histories are beyond it all the time.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.engine.limits import PANE_MS_MIN
from ebbline.engine.tracks import TIMES, Track
from ebbline.events.event import Event
from tests.laws import oracle
from tests.laws.adapter import Subject
from tests.laws.build import T0, D, H, M, S, agg, cmp, event, names, plan, prop, score, trait
from tests.laws.facts import PersonFacts
from tests.laws.profile import law

KEPT = 6
WINDOW = 3 * H
LEASTS = (1, 2, 5, KEPT - 1)
SUM = agg("sum", "A", prop("n"), within=WINDOW)
COUNT = agg("count", "A", within=WINDOW)


def counting() -> Plan:
    """Thresholds below the bound, in the fast form and (with `since`) in the reference form, beside
    a count that nothing bounds, which makes them share its record."""
    old = tuple((f"k{k}", cmp(agg("count", "A", within=WINDOW), ">=", k)) for k in LEASTS)
    since = agg("first_time", "B")
    new = tuple((f"s{k}", cmp(agg("count", "A", since=since), ">=", k)) for k in LEASTS)
    several = cmp(COUNT, ">", trait("level"))
    return plan(dict([*old, *new, ("more", several)]))


def summing() -> Plan:
    """Whatever panes stand in for."""
    return plan(
        {
            "sum": cmp(SUM, ">=", 20),
            "average": cmp(agg("avg", "A", prop("n"), within=WINDOW), ">", 1),
            "score": cmp(score("within", WINDOW, ("A", prop("n"))), ">", 12),
            "fading": cmp(score("fade", WINDOW, ("A", prop("n"))), ">", 8),
        },
        {"count": COUNT, "sum": SUM, "any": agg("performed", "A", within=WINDOW)},
    )


def ending() -> Plan:
    """What needs the entries themselves."""
    return plan(
        {
            "unique": cmp(agg("unique", "A", prop("n"), within=WINDOW), ">", 2),
            "missed": tree.Missed(names("A"), names("B"), 20 * M),
            "answered": tree.Missed(names("A"), names("A"), 20 * M, "n"),
            "sequence": tree.Sequence((names("A"), names("B"), names("A")), WINDOW),
            "matched": cmp(tree.Matched(names("A"), names("A"), "n"), ">=", 3),
        },
        {
            "first": agg("first", "A", prop("n"), within=WINDOW),
            "last": agg("last", "A", prop("n"), within=WINDOW),
            "least": agg("min", "A", prop("n"), within=WINDOW),
            "often": agg("most_repeated", "A", prop("n"), within=WINDOW),
        },
    )


def person(of: Plan, profile_id: int = 1) -> Subject:
    """Somebody of whom few entries are kept."""
    subject = Subject(of, profile_id)
    for track in subject.tables.tracks:
        if isinstance(track, Track):
            track.bound(KEPT)
    return subject


def bounded(subject: Subject) -> None:
    """No record is above its bound."""
    for record in subject.profile.tracks.values():
        assert isinstance(record, dict) or record[TIMES] is None or len(record[TIMES]) <= KEPT


@st.composite
def many(draw: st.DrawFn) -> list[Event]:
    """Events of a few hours, several of them of one instant, in order of time."""
    times = draw(st.lists(st.integers(0, 60), min_size=KEPT, max_size=40))
    numbers = draw(st.lists(st.integers(0, 4), min_size=40, max_size=40))
    others = draw(st.lists(st.integers(0, 60), max_size=3))
    found = [event("A", at * 7 * M, f"a{i}", n=numbers[i]) for i, at in enumerate(times)]
    found += [event("B", at * 7 * M, f"b{i}") for i, at in enumerate(others)]
    return sorted(found, key=lambda one: one.time_ms)


def lived(subject: Subject, events: list[Event]) -> Subject:
    """Each event at its own instant."""
    for one in events:
        subject.arrive(one.time_ms, [one])
        bounded(subject)
    return subject


def end_of(events: list[Event]) -> int:
    return max(one.time_ms for one in events)


@law
@given(many())
def test_thresholds_below_the_bound_are_exact(events: list[Event]) -> None:
    """At every event and at every instant a count could fall."""
    subject, known = person(counting()), []
    instants = {one.time_ms + ms for one in events for ms in (0, WINDOW - 1, WINDOW)}
    for at_ms in sorted(instants):
        new = [one for one in events if one.time_ms == at_ms]
        known += new
        if new:
            subject.arrive(at_ms, new)
        subject.clock(at_ms)
        raw = oracle.memberships(subject.tables.plan, PersonFacts(tuple(known)), at_ms)
        for name, member in raw.items():
            if name != "more":
                assert subject.state[name][0] == member, (name, at_ms - T0)


@law
@given(many())
def test_counts_and_sums_keep_events_a_pane_too_long_at_most(events: list[Event]) -> None:
    """Their values lie between those of the window and of one a pane longer."""
    subject = person(summing())
    length = next(t.pane_ms for t in subject.tables.tracks if isinstance(t, Track))
    assert length == PANE_MS_MIN
    lived(subject, events)
    longer = plan({}, {"count": agg("count", "A", within=WINDOW + length),
                       "sum": agg("sum", "A", prop("n"), within=WINDOW + length)})  # fmt: skip
    facts, last_ms = PersonFacts(tuple(events)), end_of(events)
    for at_ms in range(last_ms, last_ms + WINDOW + 2 * M, 13 * M + S):
        for name in ("count", "sum"):
            least = oracle.trait(name, facts, subject.tables.plan, at_ms)
            most = oracle.trait(name, facts, longer, at_ms)
            assert least <= subject.trait(name, at_ms) <= most
        assert subject.trait("any", at_ms) == (subject.trait("count", at_ms) > 0)
        subject.clock(at_ms)
        assert subject.state["sum"][0] == (subject.trait("sum", at_ms) >= 20)


def same(one: Subject, other: Subject, at_ms: int) -> None:
    for subject in (one, other):
        subject.clock(at_ms)
    assert one.state == other.state
    assert one.content(at_ms) == other.content(at_ms)
    for name in (found.name for found in one.tables.plan.traits):
        assert one.trait(name, at_ms) == other.trait(name, at_ms)


PLANS = st.sampled_from((counting, summing, ending))


@law
@given(PLANS, many(), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    made: Any, events: list[Event], chance: random.Random
) -> None:
    """While nothing is older than the longest window, any order leaves the same."""
    now_ms = end_of(events)
    recent = [one for one in events if one.time_ms > now_ms - WINDOW]
    mixed = list(recent)
    chance.shuffle(mixed)
    one, other = person(made()), person(made())
    for at, (a, b) in enumerate(zip(recent, mixed, strict=True)):
        one.arrive(now_ms + at, [a])
        other.arrive(now_ms + at, [b])
        bounded(other)
    for at_ms in (now_ms + len(recent), now_ms + H, now_ms + D):
        same(one, other, at_ms)


@law
@given(PLANS, many(), st.randoms(use_true_random=False))
def test_a_merge_is_the_union(made: Any, events: list[Event], chance: random.Random) -> None:
    """Who of two people had which of the events changes nothing."""
    now_ms = end_of(events)
    recent = [one for one in events if one.time_ms > now_ms - WINDOW]
    theirs = [one for one in recent if chance.random() < 0.5]
    ours = [one for one in recent if one not in theirs]
    whole, winner, loser = person(made()), person(made()), person(made(), 2)
    for subject, share in ((whole, recent), (winner, ours), (loser, theirs)):
        subject.arrive(now_ms, share)
    winner.merge(loser, now_ms)
    bounded(winner)
    for at_ms in (now_ms, now_ms + H, now_ms + D):
        same(winner, whole, at_ms)


@law
@given(PLANS, many(), st.integers(0, 2**40))
def test_stopping_changes_nothing(made: Any, events: list[Event], stops: int) -> None:
    """A person packed and unpacked at random places does what an undisturbed one does."""
    steady, restored = person(made()), person(made())
    restored.restore_when(stops)
    lived(steady, events)
    lived(restored, events)
    for subject in (steady, restored):
        subject.clock(end_of(events) + D)
    assert restored.changes == steady.changes
    assert restored.packed() == steady.packed()
