"""Wakes never come late, and those that come early or for nothing change nothing."""

from __future__ import annotations

import itertools
import random

from hypothesis import given

from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts
from tests.laws.profile import law
from tests.laws.steps import batches
from tests.laws.timeline import Replay, candidates

WAKES_PER_PLACE = 4
"""Scores of different pace moving against each other are closed in on; all else wakes to flip."""


@law
@given(cases())
def test_a_wake_is_never_later_than_the_next_flip(case: Case) -> None:
    """After each arrival, the announced wake is not after what brute force finds."""
    (arrivals,) = case.people
    subject, replay, last_ms = Subject(case.plan), Replay(case.plan), arrivals[0][0]
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
        replay.pass_time(last_ms, now_ms)
        replay.learn(events, now_ms)
        flip_ms = replay.next_flip(now_ms, case.until_ms)
        assert flip_ms is None or now_ms < subject.wake_ms <= flip_ms
        last_ms = now_ms


@law
@given(cases())
def test_extra_wakes_change_nothing(case: Case) -> None:
    """Waking at random instants, due or not, gives the same changes and content."""
    (arrivals,) = case.people
    plain, woken = Subject(case.plan), Subject(case.plan)
    chance = random.Random(case.spare)
    everything = PersonFacts(tuple(event for _, event in arrivals))
    end = [*batches(arrivals), (case.until_ms, [])]
    for (now_ms, events), (next_ms, _) in itertools.pairwise(end):
        plain.arrive(now_ms, events)
        woken.arrive(now_ms, events)
        places = candidates(case.plan, everything, now_ms, next_ms)
        for at_ms in sorted(chance.choices(places, k=3)):
            woken.clock(at_ms)
            woken.wake(at_ms)
    plain.clock(case.until_ms)
    woken.clock(case.until_ms)
    assert woken.flips == plain.flips
    assert woken.content(case.until_ms) == plain.content(case.until_ms)


@law
@given(cases())
def test_time_alone_costs_few_wakes(case: Case) -> None:
    """Nothing polls: wakes are bounded by what can flip, however long the stretch of time."""
    (arrivals,) = case.people
    subject = Subject(case.plan)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    everything = PersonFacts(tuple(event for _, event in arrivals))
    first_ms = arrivals[0][0]
    places = len(candidates(case.plan, everything, first_ms, case.until_ms))
    assert subject.wakes <= WAKES_PER_PLACE * (places + len(arrivals))
