"""Explanations of audiences that depend on the past or are set by hand; state in packed form."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ebbline import engine
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, DestinationDef, Plan, SyncDef
from ebbline.definitions.tree import AudienceRef, Call, Literal, Trait
from ebbline.engine.explain import explain
from tests.laws.adapter import Subject
from tests.laws.build import T0, D, H, M, agg, call, cmp, event, plan

VIEWED = agg("performed", "View", within=H)
OPTIONS: dict[str, Any] = {"hold_ms": 2 * H, "cooldown_ms": D}
AT = "2025-06-15 15:06:40"


def held(**options: Any) -> Plan:
    """A plan of one audience of recent viewers."""
    return Plan("p", DEFAULT_IDENTIFIERS, audiences=(AudienceDef("a", VIEWED, **options),))


def told(subject: Subject, at_ms: int) -> list[tuple[bool, str, str, int | None]]:
    """The lines of an explanation; instants as offsets."""
    found = explain(subject.tables, subject.profile, "a", T0 + at_ms)
    return [
        (line.truth, line.text, line.note, line.flips_ms and line.flips_ms - T0)
        for line in found.lines
    ]


def until(subject: Subject, at_ms: int) -> tuple[bool, int | None]:
    """Membership and when it may change, as an offset."""
    found = explain(subject.tables, subject.profile, "a", T0 + at_ms)
    return found.member, found.until_ms and found.until_ms - T0


def test_a_least_stay_is_told() -> None:
    subject = Subject(held(**OPTIONS))
    subject.arrive(T0, [event("View", 0)])
    assert told(subject, M)[-1] == (True, "stays at least 2 hours", f"in since {AT}", 2 * H)
    assert until(subject, M) == (True, 2 * H)
    subject.clock(T0 + H)
    assert [line[0] for line in told(subject, H)] == [False, True]
    assert until(subject, H) == (True, 2 * H)


def test_a_least_absence_is_told() -> None:
    subject = Subject(held(**OPTIONS))
    subject.arrive(T0, [event("View", 0)])
    subject.clock(T0 + 3 * H)
    assert told(subject, 3 * H)[-1] == (
        False, "stays out at least 24 hours", "out since 2025-06-15 17:06:40", 2 * H + D,
    )  # fmt: skip
    subject.arrive(T0 + 4 * H, [event("View", 4 * H)])
    assert until(subject, 4 * H) == (False, 2 * H + D)
    subject.clock(T0 + 3 * D)
    assert told(subject, 3 * D)[-1][0] is True
    assert until(subject, 3 * D) == (False, None)


def test_who_is_in_is_told_what_keeps_them_in() -> None:
    bought = agg("performed", "Buy")
    subject = Subject(held(exit_when=bought))
    subject.arrive(T0, [event("Walk", 0)])
    assert [line[:2] for line in told(subject, 0)] == [
        (False, 'did "View" in the last hour'), (True, 'not: did "Buy"'),
    ]  # fmt: skip
    subject.arrive(T0 + 1, [event("View", 1)])
    assert [line[:2] for line in told(subject, 2)] == [(True, 'not: did "Buy"')]
    assert until(subject, 2) == (True, None)


def test_what_is_set_by_hand_is_told() -> None:
    subject = Subject(held())
    subject.arrive(T0, [event("Walk", 0)])
    subject.force("a", True, T0 + D, T0 + 1)
    assert told(subject, 2)[0] == (True, "set in by hand", "until 2025-06-16 15:06:40", D)
    assert until(subject, 2) == (True, D)
    assert engine.overridden(subject.tables, subject.profile, "a") == (True, T0 + D)
    subject.force("a", False, None, T0 + 2)
    assert told(subject, 2)[0] == (False, "set out by hand", "until it is taken back", None)
    assert engine.overridden(subject.tables, subject.profile, "a") == (False, None)
    subject.force("a", None, None, T0 + 3)
    assert told(subject, 3)[0][1] == 'did "View" in the last hour'
    assert engine.overridden(subject.tables, subject.profile, "a") is None


def test_an_override_that_is_over_already_takes_back_the_one_before() -> None:
    subject = Subject(held())
    subject.arrive(T0, [event("Walk", 0)])
    subject.force("a", True, None, T0 + 1)
    changes = engine.override(subject.tables, subject.profile, "a", True, T0 + 2, T0 + 2)
    assert [change.kind for change in changes] == ["exited"]
    assert engine.clear_override(subject.tables, subject.profile, "a", T0 + 3) == []


def test_nothing_is_packed_for_people_without_a_path() -> None:
    """Plans without such audiences keep the size of a person's state."""
    plain, by_path = Subject(held()), Subject(held(**OPTIONS))
    for subject in (plain, by_path):
        subject.arrive(T0, [event("View", 0)])
    assert len(msgspec.msgpack.decode(plain.packed())) == 10
    assert len(msgspec.msgpack.decode(by_path.packed())) == 12
    assert plain.profile.since is None
    by_path.force("a", True, T0 + D, T0 + 1)
    again = engine.decode_profile(by_path.packed(), by_path.tables.default_truth)
    assert (again.since, again.overrides) == ({0: T0}, {0: (True, T0 + D)})


def test_an_explanation_knows_when_another_audience_flips() -> None:
    other = Plan("p", DEFAULT_IDENTIFIERS, audiences=(
        AudienceDef("b", VIEWED, hold_ms=2 * H),
        AudienceDef("a", cmp(call("if_", AudienceRef("b"), 2, 1), ">", 1)),
    ))  # fmt: skip
    subject = Subject(other)
    subject.arrive(T0, [event("View", 0)])
    assert until(subject, 0) == (True, 2 * H)


@pytest.mark.parametrize(("told_of", "note"), [
    (Call("consented", (Literal("ads"),)), "consent.ads is True"),
    (call("version_at_least", Trait("app"), "2"), "app is 2.1"),
    (cmp(call("bucket", "a", 1), "<", 1), "it is bucket 0"),
])  # fmt: skip
def test_functions_of_the_person_have_evidence(told_of: object, note: str) -> None:
    subject = Subject(plan({"a": told_of}))  # type: ignore[dict-item]
    said = event("$identify", 0, type_="identify", traits={"app": "2.1", "consent.ads": True})
    subject.arrive(T0, [said])
    assert [(line[0], line[2]) for line in told(subject, 0)] == [(True, note)]


def test_a_published_trait_that_asks_for_an_audience_is_told_with_it() -> None:
    """Also when only time, or a hand, makes the audience flip."""
    of = plan({"a": VIEWED}, {"worth": call("if_", AudienceRef("a"), 2, 1)})
    to = DestinationDef("d", "webhook", {}, (SyncDef("worth", trait="worth"),))
    subject = Subject(msgspec.structs.replace(of, destinations=(to,)))
    subject.arrive(T0, [event("View", 0)])
    subject.clock(T0 + H)
    subject.force("a", True, None, T0 + 2 * H)
    values = [(at_ms - T0, value) for at_ms, _, _, value in subject.published]
    assert values == [(0, 2), (H, 1), (2 * H, 2)]
