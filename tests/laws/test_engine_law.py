"""The first law: at every instant, membership is what re-evaluating all known events gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.laws import oracle
from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts, Timed
from tests.laws.profile import law
from tests.laws.steps import batches
from tests.laws.timeline import timeline


@law
@given(cases())
def test_engine_is_brute_force_at_every_instant(case: Case) -> None:
    """The whole list of changes is the same: instant, audience, kind, and what caused it."""
    (arrivals,) = case.people
    subject = Subject(case.plan)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    assert subject.flips == sorted(timeline(case.plan, arrivals, case.until_ms))
    assert subject.numbers == list(range(1, len(subject.numbers) + 1))


@law
@given(cases(people=2, events=8))
def test_engine_is_brute_force_across_a_merge(case: Case) -> None:
    """From the merge on the winner has both histories, as if they arrived at that instant."""
    ours, theirs = case.people
    instants = sorted({now_ms for arrivals in case.people for now_ms, _ in arrivals})
    merge_ms = instants[case.spare[0] % len(instants)]
    merge_ms = max(merge_ms, ours[0][0], theirs[0][0])
    winner, loser = Subject(case.plan), Subject(case.plan, 2)
    for now_ms, events in batches(ours):
        if now_ms <= merge_ms:
            winner.arrive(now_ms, events)
    for now_ms, events in batches(theirs):
        if now_ms < merge_ms or now_ms == theirs[0][0]:
            loser.arrive(now_ms, events)
    winner.merge(loser, merge_ms)
    told: list[Timed] = [(max(now_ms, merge_ms), event) for now_ms, event in theirs]
    first = {event.message_id for now_ms, event in theirs if now_ms in (merge_ms, theirs[0][0])}
    del first
    later = [
        timed
        for timed in (*ours, *theirs)
        if timed[0] > merge_ms or (timed in theirs and timed[0] == merge_ms != theirs[0][0])
    ]
    for now_ms, events in batches(sorted(later, key=lambda timed: timed[0])):
        winner.arrive(now_ms, events)
    winner.clock(case.until_ms)
    union = sorted([*ours, *told], key=lambda timed: timed[0])
    assert winner.net() == Subject.net_of(timeline(case.plan, union, case.until_ms))
