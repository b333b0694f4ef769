"""Traits that a destination receives: every change is told, at its instant, and only changes."""

from __future__ import annotations

import itertools

import msgspec
from hypothesis import given

from ebbline.definitions import tree
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef
from tests.laws import oracle
from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.facts import PersonFacts
from tests.laws.profile import law
from tests.laws.steps import batches
from tests.laws.timeline import candidates, published

STEP = 1.0
"""The least change of a decaying score that is told when a sync names none."""


def synced(plan: Plan) -> Plan:
    """The plan with a destination that wants every computed trait."""
    fields = tuple(SyncDef(trait.name, trait=trait.name) for trait in plan.traits)
    return msgspec.structs.replace(plan, destinations=(DestinationDef("d", "webhook", {}, fields),))


def moving(plan: Plan) -> list[str]:
    """The computed traits that are a score that decays."""
    return [
        trait.name
        for trait in plan.traits
        if isinstance(trait.value, tree.Score) and trait.value.decay != "within"
    ]


@law
@given(cases(by_path=False))
def test_steady_traits_are_told_at_every_change(case: Case) -> None:
    """The whole list of changes is what brute force finds."""
    plan, (arrivals,) = synced(case.plan), case.people
    names = [trait.name for trait in plan.traits if trait.name not in moving(plan)]
    subject = Subject(plan)
    for now_ms, events in batches(arrivals):
        subject.arrive(now_ms, events)
    subject.clock(case.until_ms)
    told = [change for change in subject.published if change[2] in names]
    assert sorted(told, key=repr) == sorted(
        published(plan, names, arrivals, case.until_ms), key=repr
    )


@law
@given(cases(by_path=False))
def test_told_scores_stay_within_a_step(case: Case) -> None:
    """What was told last is never a step away from the truth, and is told in whole steps."""
    plan, (arrivals,) = synced(case.plan), case.people
    subject = Subject(plan)
    nobody = PersonFacts(())
    last = {name: oracle.trait(name, nobody, plan, 0) for name in moving(plan)}
    for (now_ms, events), (next_ms, _) in itertools.pairwise(
        [*batches(arrivals), (case.until_ms, [])]
    ):
        subject.arrive(now_ms, events)
        known = PersonFacts(tuple(event for at_ms, event in arrivals if at_ms <= now_ms))
        for at_ms in [now_ms, *candidates(plan, known, now_ms, next_ms - 1)]:
            subject.clock(at_ms)
            last |= {name: value for _, _, name, value in subject.published}
            for name in moving(plan):
                assert abs(last[name] - oracle.trait(name, known, plan, at_ms)) < STEP
    for name in moving(plan):
        values = [value for _, _, other, value in subject.published if other == name]
        assert all(abs(b - a) >= STEP for a, b in itertools.pairwise(values))
