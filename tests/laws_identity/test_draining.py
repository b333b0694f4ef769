"""Whoever is due may wait for others: everybody's own ledger and state come out the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.laws.profile import law
from tests.laws_identity.test_unmerge import STEPS, played
from tests.laws_identity.world import Tape, World

PORTIONS = st.lists(st.integers(0, 3), min_size=15, max_size=15)


def portioned(tape: Tape, portions: list[int]) -> Tape:
    """The same tape with ticks that fire a few wakes each, and one at the end that fires all."""
    found = Tape()
    for number, entry in enumerate(tape.entries):
        payload = entry.payload
        if entry.kind == "tick":
            payload = b"%d" % portions[number % len(portions)]
        found.add(entry.now_ms, entry.kind, tape.events(entry), payload)
    if tape.entries:
        found.add(tape.entries[-1].now_ms, "tick")
    return found


@law
@given(STEPS, st.integers(0, 2), PORTIONS)
def test_portions_change_nobodys_life(steps: list[Any], wakes: int, portions: list[int]) -> None:
    script = played(steps)
    parts = World(portioned(script.tape, portions), wakes=wakes).run()
    assert parts.lives() == script.world.lives()
    for table in ("profiles", "identifiers", "memberships", "parted", "placements"):
        theirs = parts.rows(table)
        if table == "placements":
            theirs = [row for row in theirs if row[0] <= len(script.tape.entries)]
        assert theirs == script.world.rows(table)


@law
@given(STEPS, st.integers(0, 2), PORTIONS, st.integers(0, 24))
def test_a_restart_in_the_middle_of_a_drain_changes_no_byte(
    steps: list[Any], wakes: int, portions: list[int], stop: int
) -> None:
    tape = portioned(played(steps).tape, portions)
    whole = World(tape, wakes=wakes).run().whole()
    with tempfile.TemporaryDirectory() as folder:
        world = World(tape, Path(folder) / "state.db", wakes).run(until=stop).again()
        world.fold.wakes_per_entry = wakes
        assert world.run().whole() == whole
        world.fold.store.close()
