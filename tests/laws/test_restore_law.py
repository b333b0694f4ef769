"""Stopping and starting again changes nothing, wherever it happens."""

from __future__ import annotations

from hypothesis import given

from tests.laws.adapter import Subject
from tests.laws.cases import Case, cases
from tests.laws.profile import law
from tests.laws.steps import batches


@law
@given(cases())
def test_restoring_between_any_two_steps(case: Case) -> None:
    """A person packed and unpacked at random places does what an undisturbed one does."""
    (arrivals,) = case.people
    steady, restored = Subject(case.plan), Subject(case.plan)
    restored.restore_when(int.from_bytes(case.spare, "big"))
    for now_ms, events in batches(arrivals):
        steady.arrive(now_ms, events)
        restored.arrive(now_ms, events)
        assert restored.wake_ms == steady.wake_ms
    steady.clock(case.until_ms)
    restored.clock(case.until_ms)
    assert restored.changes == steady.changes
    assert restored.packed() == steady.packed()


@law
@given(cases())
def test_packing_is_lossless(case: Case) -> None:
    """Unpacking and packing gives the same bytes, for a new person as well."""
    (arrivals,) = case.people
    subject = Subject(case.plan)
    for now_ms, events in [(0, []), *batches(arrivals)]:
        if events:
            subject.arrive(now_ms, events)
        before = subject.packed()
        subject.restore()
        assert subject.packed() == before
