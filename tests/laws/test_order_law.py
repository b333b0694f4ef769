"""The order in which events become known changes nothing once all are known."""

from __future__ import annotations

import random

from hypothesis import given

from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import Timed
from tests.laws.profile import law
from tests.laws.steps import batches


def played(case: Case, arrivals: list[Timed]) -> Subject:
    """A person after the arrivals, in the order given within each instant."""
    subject = Subject(case.plan)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    return subject


def same_in_the_end(case: Case, one: Subject, other: Subject) -> None:
    """Equal memberships, trait values and content, now and when every window has closed."""
    last_ms = max(now_ms for now_ms, _ in case.people[0])
    for at_ms in (last_ms, case.until_ms):
        one.clock(at_ms)
        other.clock(at_ms)
        assert one.state == other.state
        assert one.content(at_ms) == other.content(at_ms)
        for name in (trait.name for trait in case.plan.traits):
            assert one.trait(name, at_ms) == other.trait(name, at_ms)


@law
@given(cases())
def test_order_within_an_instant(case: Case) -> None:
    """Any order of one instant's events gives the same changes and the same next wake."""
    (arrivals,) = case.people
    mixed = list(arrivals)
    random.Random(case.spare).shuffle(mixed)
    one, other = played(case, arrivals), played(case, mixed)
    assert one.flips == other.flips
    assert one.wake_ms == other.wake_ms
    same_in_the_end(case, one, other)


@law
@given(cases(by_path=False))
def test_order_over_time(case: Case) -> None:
    """Events may come at any later instants in any order: what follows is the same."""
    (arrivals,) = case.people
    instants = sorted({now_ms for now_ms, _ in arrivals})
    chance = random.Random(case.spare)
    mixed = [
        (chance.choice([at for at in instants if at >= now_ms]), event)
        for now_ms, event in arrivals
    ]
    same_in_the_end(case, played(case, arrivals), played(case, mixed))
