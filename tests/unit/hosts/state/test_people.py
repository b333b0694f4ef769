"""How many people stay in memory, and that nobody is lost by it."""

from __future__ import annotations

import itertools
from pathlib import Path

import msgspec

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.limits import (
    GENERATIONS,
    LEAVING_PER_KEPT,
    OWNER_BYTES,
    OWNERS_PER_PERSON,
    PERSON_BYTES,
)
from ebbline.hosts.embedded.state.store import StateStore

T0 = 1_750_000_000_000
RULE = b"audiences:\n  twice: {owner: o, when: 'count(\"Seen\") >= 2'}\n"
FEW_BYTES = 100_000
BYTES_EACH = int(PERSON_BYTES + OWNERS_PER_PERSON * OWNER_BYTES)


def plan(memory_bytes: int) -> Plan:
    """An audience of whoever came twice."""
    loaded = load_files({"ebbline.yml": b"name: people\n", "audiences/a.yml": RULE})
    assert loaded.plan is not None
    return msgspec.structs.replace(loaded.plan, memory_bytes=memory_bytes)


def visited(path: Path, memory_bytes: int) -> Fold:
    """A fold under which 200 people came once, then once more in another order."""
    fold = Fold(StateStore(path), plan(memory_bytes))
    for offset in range(1, 401):
        user = f"u{offset % 200 if offset <= 200 else offset * 37 % 200}"
        now_ms = T0 + offset
        event = Event(f"m{offset}", "track", "Seen", now_ms, now_ms, user, None, {}, {}, {})
        fold.take(Entry(offset, now_ms, "events", 1, b""), [event])
        fold.commit()
    return fold


def test_memory_bounds_people_and_changes_nothing_else(tmp_path: Path) -> None:
    """The ledger is the same; only so many are held."""
    small, large = visited(tmp_path / "a.db", FEW_BYTES), visited(tmp_path / "b.db", 1 << 30)
    assert small.rows.seq == large.rows.seq == 200
    assert 0 < small.people.in_memory() <= FEW_BYTES / PERSON_BYTES
    assert large.people.in_memory() == 200
    small.people.bound(GENERATIONS * 10 * FEW_BYTES)
    for profile in range(1, 201):
        assert small.people.person(profile).anchor() == large.people.person(profile).anchor()
    assert small.people.in_memory() == 200


def test_a_plan_that_only_says_another_number_is_followed(tmp_path: Path) -> None:
    fold = visited(tmp_path / "a.db", 1 << 30)
    fold.adopt(plan(FEW_BYTES))
    for profile in range(1, 201):
        fold.people.find(profile)
    for profile in range(1, 201):
        fold.people.find(profile)
    assert fold.people.in_memory() <= FEW_BYTES / PERSON_BYTES


def test_people_leave_a_few_at_a_time_and_memory_never_holds_more(tmp_path: Path) -> None:
    """No step lets go of a whole generation, and at no step are there more than two."""
    people = visited(tmp_path / "a.db", GENERATIONS * 20 * BYTES_EACH).people
    held = []
    for profile in [*range(1, 201)] * 2:
        people.person(profile)
        held.append(people.in_memory())
    assert max(held) <= GENERATIONS * 20
    assert all(before - after <= LEAVING_PER_KEPT for before, after in itertools.pairwise(held))
