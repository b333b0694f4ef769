"""Commands in the middle of everything: a day of a shop with people merged, parted and overridden
by hand, the system stopped and killed meanwhile. It all comes out the same, and Braze agrees.
"""

from __future__ import annotations

import os
import random

import pytest

from ebbline.definitions import load_project
from ebbline.hosts.embedded import commands
from ebbline.profiles.commands import ClearOverride, Merge, Override, Unmerge
from ebbline.testing import START_MS, System, VirtualClock
from tests.simulation.system import dump
from tests.simulation.system.script import shop_day
from tests.simulation.system.test_restarts import (
    AFTER_MS,
    SHOP,
    desired,
    held,
    interrupt,
    refold,
)

SEEDS = int(os.environ.get("EBBLINE_SEEDS", "3"))
COMMANDS = 25
STOPS = 6


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_commands_survive_everything(memory_path, seed):
    plan = load_project(SHOP).plan
    sent = await play(plan, memory_path / "calm", seed, stops=0)
    again = await play(plan, memory_path / "rough", seed, stops=STOPS)
    calm, rough = dump.state(memory_path / "calm"), dump.state(memory_path / "rough")
    assert dump.differences(dump.without_offsets(calm), dump.without_offsets(rough)) == []
    assert sent == again == desired(plan, calm)
    kinds = [row[3] for row in calm["ledger"]]
    assert kinds.count(8) >= 1
    assert [row[-1] for row in calm["commands"]].count("done") > COMMANDS // 2
    refold(plan, memory_path, "calm")
    refold(plan, memory_path, "rough")


async def play(plan, folder, seed, *, stops):
    """The day; commands come between its requests, some after interruptions."""
    rng, stopping = random.Random(f"commands {seed}"), random.Random(f"stops {seed}")
    requests = shop_day(seed)
    ordered = set(rng.sample(range(len(requests) // 4, len(requests)), COMMANDS))
    hit = set(stopping.sample(sorted(ordered), stops))
    async with System(plan, VirtualClock(START_MS), folder) as system:
        for request in requests:
            await system.advance_to(request.at_ms)
            await system.send(*request.calls)
            await system.settle()
            if request.number in ordered:
                commands.append(system.folder, drawn(system, plan, rng, request), system.clock)
            if request.number in hit:
                await interrupt(system, stopping)
        await system.advance(AFTER_MS)
        return held(system.sandboxes["braze"])


def drawn(system, plan, rng, request):
    """A random command about people who are there."""
    said = {"id": f"c{request.number}", "who": "sue"}
    # As the engine has it, which has folded everything by now, and in an order of its own.
    store = system.engine.fold.store
    rows = list(store._db.execute("SELECT type, value FROM identifiers ORDER BY type, value"))
    one, other = rng.sample(rows, 2)
    audience = rng.choice(plan.audiences).name
    match rng.choice(["merge", "merge", "unmerge", "unmerge", "unmerge", "in", "out", "clear"]):
        case "merge":
            return Merge(people=(one, other), **said)
        case "unmerge":
            merges = list(store._db.execute(
                "SELECT cause, winner_type, winner_value FROM merges WHERE undone_by IS NULL"
                " ORDER BY id"
            ))  # fmt: skip
            if not merges:
                return Unmerge(person=one, leave=(other,), **said)
            cause, kind, value = rng.choice(merges)
            return Unmerge(person=(kind, value), cause=cause, **said)
        case "clear":
            return ClearOverride(person=one, audience=audience, **said)
        case state:
            until_ms = rng.choice([None, request.at_ms + rng.randrange(50_000_000)])
            return Override(
                person=one, audience=audience, inside=state == "in", until_ms=until_ms, **said
            )
