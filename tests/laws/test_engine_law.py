"""The first law: at every instant, membership is what re-evaluating all known events gives."""

from __future__ import annotations

from hypothesis import given

from tests.laws import oracle
from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts, Timed
from tests.laws.profile import law
from tests.laws.steps import batches, collapsed
from tests.laws.timeline import Flip, Replay, timeline
from tests.laws.values import alike


@law
@given(cases())
def test_engine_is_brute_force_at_every_instant(case: Case) -> None:
    """The whole list of changes is the same: instant, audience, kind, and what caused it."""
    (arrivals,) = case.people
    clock_first = case.spare[0] < 128
    subject = Subject(case.plan, clock_first=clock_first)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    expected = timeline(case.plan, arrivals, case.until_ms, clock_first=clock_first)
    assert sorted(subject.flips) == sorted(expected)
    numbers = [change.number for change in subject.changes]
    assert numbers == list(range(1, len(numbers) + 1))


@law
@given(cases(people=2, events=8))
def test_engine_is_brute_force_across_a_merge(case: Case) -> None:
    """From the merge on the winner has both histories, as if all became known at that instant."""
    ours, theirs = case.people
    instants = sorted({now_ms for arrivals in case.people for now_ms, _ in arrivals})
    merge_ms = max(instants[case.spare[0] % len(instants)], ours[0][0], theirs[0][0])
    winner, loser = Subject(case.plan), Subject(case.plan, 2)
    for subject, arrivals in ((winner, ours), (loser, theirs)):
        for now_ms, events in batches(timed for timed in arrivals if timed[0] <= merge_ms):
            subject.arrive(now_ms, events)
    winner.merge(loser, merge_ms)
    for now_ms, events in batches(timed for timed in (*ours, *theirs) if timed[0] > merge_ms):
        winner.arrive(now_ms, events)
    winner.clock(case.until_ms)
    assert collapsed(winner.flips) == collapsed(_merged(case, ours, theirs, merge_ms))


def _merged(case: Case, ours: list[Timed], theirs: list[Timed], merge_ms: int) -> list[Flip]:
    """The winner's life by brute force. At the instant of the merge there are two looks: at
    what came to it, and at what it got; between them an audience may come to its least time."""
    replay, last_ms = Replay(case.plan), ours[0][0]
    known = [event for now_ms, event in theirs if now_ms <= merge_ms]
    later = [*ours, *(timed for timed in theirs if timed[0] > merge_ms)]
    for now_ms, events in [*batches(later), (case.until_ms, [])]:
        if known and now_ms > merge_ms:
            replay.pass_time(last_ms, merge_ms)
            replay.learn(known, merge_ms)
            known, last_ms = [], merge_ms
        replay.pass_time(last_ms, now_ms)
        if events:
            replay.learn(events, now_ms)
        last_ms = now_ms
    return replay.flips


@law
@given(cases())
def test_trait_values_are_brute_force(case: Case) -> None:
    """Every computed trait after each arrival and at the end."""
    (arrivals,) = case.people
    subject = Subject(case.plan)
    names = [trait.name for trait in case.plan.traits]
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
        known = PersonFacts(tuple(event for at_ms, event in arrivals if at_ms <= now_ms))
        for name in names:
            expected = oracle.plain(oracle.trait(name, known, case.plan, now_ms))
            assert alike(subject.trait(name, now_ms), expected), name
