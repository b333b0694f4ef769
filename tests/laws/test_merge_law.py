"""Merging people gives the content of the union of their histories, whoever joins whom."""

from __future__ import annotations

from hypothesis import given

from tests.laws import oracle
from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts
from tests.laws.profile import law
from tests.laws.steps import batches


def person(case: Case, *places: int) -> Subject:
    """One person with the histories of several, each event at its own instant."""
    subject = Subject(case.plan)
    for now_ms, events in batches(timed for place in places for timed in case.people[place]):
        subject.arrive(now_ms, events)
    return subject


def end_of(case: Case) -> int:
    """The last arrival of anybody."""
    return max(now_ms for arrivals in case.people for now_ms, _ in arrivals)


@law
@given(cases(people=2, events=7, by_path=False))
def test_a_merge_is_the_union_either_way(case: Case) -> None:
    """Winner and loser may swap, and either is one person who lived through both."""
    now_ms = end_of(case)
    one, other, whole = person(case, 0), person(case, 0), person(case, 0, 1)
    one.merge(person(case, 1), now_ms)
    swapped = person(case, 1)
    swapped.merge(other, now_ms)
    whole.clock(now_ms)
    assert one.content(now_ms) == swapped.content(now_ms) == whole.content(now_ms)
    assert one.state == swapped.state == whole.state
    facts = PersonFacts(tuple(event for arrivals in case.people for _, event in arrivals))
    raw = oracle.memberships(case.plan, facts, now_ms)
    assert {name: state[0] for name, state in one.state.items()} == raw


@law
@given(cases(people=3, events=5, by_path=False))
def test_merges_may_be_grouped_in_any_way(case: Case) -> None:
    """(a, b), c is a, (b, c)."""
    now_ms = end_of(case)
    left, right, middle = person(case, 0), person(case, 0), person(case, 1)
    left.merge(person(case, 1), now_ms)
    left.merge(person(case, 2), now_ms)
    middle.merge(person(case, 2), now_ms)
    right.merge(middle, now_ms)
    assert left.content(now_ms) == right.content(now_ms)
    assert left.state == right.state
    left.clock(case.until_ms)
    right.clock(case.until_ms)
    assert left.content(case.until_ms) == right.content(case.until_ms)
    assert left.state == right.state
