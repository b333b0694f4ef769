"""Promise P3 for a whole system: every entry and exit of a simulated day, to the millisecond.

The brute-force oracle re-evaluates a person's whole history one millisecond before each change
in the ledger and at it, and everybody's at the end. `EBBLINE_SEEDS` says how many days.
"""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path

import pytest

import ebbline.console
from ebbline.definitions import load_project
from ebbline.testing import START_MS, System, VirtualClock
from tests.simulation.system.script import shop_day
from tests.simulation.system.witness import Witness

SHOP = Path(ebbline.console.__file__).parent / "templates" / "shop"
SEEDS = int(os.environ.get("EBBLINE_SEEDS", "2"))
AFTER = "3d"


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_every_change_is_true_to_the_millisecond(memory_path, seed):
    plan = load_project(SHOP).plan
    async with System(plan, VirtualClock(START_MS), memory_path / "data") as system:
        for request in shop_day(seed):
            await system.advance_to(request.at_ms)
            await system.send(*request.calls)
        await system.advance(AFTER)
        witness = Witness(plan)
        by_clock = check_ledger(system, witness)
        assert by_clock > 20
        check_members(system, witness)


def check_ledger(system, witness):
    """Compare every entry and exit; how many of them the clock caused."""
    log = system.engine.log
    flips = [one for one in system.ledger() if one.kind in ("entered", "exited")]
    by_offset = {key: list(rows) for key, rows in groupby(flips, lambda row: row.log_offset)}
    by_clock = 0
    for entry in log.read(0):
        rows = by_offset.get(entry.offset, [])
        for row in rows:
            if row.at_ms < entry.now_ms:
                assert row.cause is None
                by_clock += 1
                expect(witness, row, row.at_ms - 1, row.kind == "exited")
                expect(witness, row, row.at_ms, row.kind == "entered")
        if entry.kind == "events":
            witness.tell(log.events(entry))
        for row in rows:
            if row.at_ms == entry.now_ms:
                by_clock += row.cause is None
                expect(witness, row, row.at_ms, row.kind == "entered")
                if row.cause is None:
                    expect(witness, row, row.at_ms - 1, row.kind == "exited")
        assert all(row.at_ms <= entry.now_ms for row in rows)
    return by_clock


def expect(witness, row, at_ms, is_in):
    """What the oracle says of one row's person and audience."""
    assert (row.definition in witness.audiences(row.profile, at_ms)) == is_in, (row, at_ms)


def check_members(system, witness):
    """Compare everybody's audiences now."""
    now_ms = system.clock.now_ms()
    found = {}
    for count in system.reader.counts():
        for member in system.reader.members(count.audience):
            found.setdefault(member.profile, set()).add(count.audience)
    expected = {profile: witness.audiences(profile, now_ms) for profile in witness.people}
    assert found == {profile: held for profile, held in expected.items() if held}
