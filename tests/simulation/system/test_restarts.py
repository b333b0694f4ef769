"""Promise P5: stopping, restarting and crashing anywhere changes nothing, byte for byte.

A simulated day runs twice, once with the system stopped, restarted and killed in the middle of
its steps at random moments. Both end in the same state and the same ledger; only ticks may be
others, so log offsets are left out of that. Then each log is folded anew in one go, and that
must give every byte of the state it led to (`dump` says what is left out). `EBBLINE_SEEDS` says
how many days are simulated.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path

import msgspec
import pytest

import ebbline.console
from ebbline.connectors.sandbox import Fault
from ebbline.definitions import load_project
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.testing import START_MS, System, VirtualClock
from tests.simulation.system import dump
from tests.simulation.system.script import DAY_MS, shop_day

SHOP = Path(ebbline.console.__file__).parent / "templates" / "shop"
SEEDS = int(os.environ.get("EBBLINE_SEEDS", "5"))
STOPS = 12
AFTER_MS = 15 * DAY_MS  # the windows of a fortnight end too
# What a destination does now and then; the values must get there all the same.
TROUBLE = (
    {"status": 503, "next": 3},
    {"status": 500, "applied": True, "next": 1},
    {"status": 429, "next": 2},
    {"drop": "before", "next": 1},
    {"drop": "after", "next": 2},
    {"timeout": True, "late_ms": 45_000, "next": 1},
)


class Killed(Exception):
    """The process ends here."""


def test_the_script_is_the_same_for_a_seed():
    assert shop_day(1) == shop_day(1)
    assert shop_day(1) != shop_day(2)
    ids = [call["messageId"] for request in shop_day(1) for call in request.calls]
    assert len(set(ids)) < len(ids)


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_restarts_change_nothing(memory_path, seed):
    plan = load_project(SHOP).plan
    sent_calm = await play(plan, memory_path / "calm", seed, stops=0)
    sent_rough = await play(plan, memory_path / "rough", seed, stops=STOPS)
    calm, rough = dump.state(memory_path / "calm"), dump.state(memory_path / "rough")
    assert dump.differences(dump.without_offsets(calm), dump.without_offsets(rough)) == []
    assert sent_calm == sent_rough == desired(plan, calm)
    assert sent_calm
    # Something happened, by calls and by the clock, and people became one.
    kinds = {row[3] for row in calm["ledger"]}
    assert {1, 2, 3, 4, 5} <= kinds
    assert any(row[6] is None for row in calm["ledger"])
    refold(plan, memory_path, "calm")
    refold(plan, memory_path, "rough")


def refold(plan, memory_path, name):
    """The log alone gives the same state, when it is read in one go."""
    again = memory_path / f"{name} again"
    again.mkdir()
    for file in ("log.db", "version"):
        shutil.copy(memory_path / name / file, again / file)
    loop = EngineLoop(open_folder(again), plan, VirtualClock(START_MS))
    loop.step()
    loop.close()
    assert dump.differences(dump.state(memory_path / name), dump.state(again)) == []


async def play(plan, folder, seed, *, stops):
    """The day, with the system interrupted `stops` times."""
    rng = random.Random(f"stops {seed}")
    requests = shop_day(seed)
    hit = set(rng.sample(range(len(requests)), stops))
    async with System(plan, VirtualClock(START_MS), folder) as system:
        for request in requests:
            await system.advance_to(request.at_ms)
            await system.send(*request.calls)
            if request.number in hit:
                await interrupt(system, rng)
        await system.advance(AFTER_MS)
        return held(system.sandboxes["braze"])


def held(sandbox):
    """Who Braze has in which audience: (identifier, attribute) of everything that is true."""
    users = sandbox.vendor.views("users", {})["users"]
    return {
        (user.get("external_id") or user["user_alias"]["alias_name"], name)
        for user in users
        for name, value in user["custom_attributes"].items()
        if value is True
    }


def desired(plan, state):
    """The same by the memberships: of a person the user id, else the first device."""
    fields = {sync.audience: sync.field for sync in plan.destinations[0].sync if sync.audience}
    names = dict(state["definitions"])
    people = {row[0]: json.loads(row[3]) for row in state["profiles"]}
    found = set()
    for definition, profile, _, effective in state["memberships"]:
        users = [value for kind, value, *_ in people[profile] if kind == "user_id"]
        devices = [value for kind, value, *_ in people[profile] if kind == "anonymous_id"]
        if effective:
            found.add(((users or devices)[0], fields[names[definition]]))
    return found


async def interrupt(system, rng):
    """Between two steps, or within one: before its commit, or in its very middle."""
    trouble = rng.choice(TROUBLE)
    system.sandboxes["braze"].faults.active.append(msgspec.convert(trouble, Fault))
    match rng.choice(("between", "before", "within")):
        case "between":
            await system.restart()
        case "before":
            system.engine.fold.commit = killed
            await die(system)
        case "within":
            flush = system.engine.fold.flush

            def half():
                flush()
                raise Killed

            system.engine.fold.flush = half
            await die(system)


async def die(system):
    with pytest.raises(Killed):
        await system.settle()
    await system.restart()


def killed():
    raise Killed
