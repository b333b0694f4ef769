"""A project is changed while events flow: the same state in the end as if it had always been so,
and only real differences are told.

The new version is built a few events at a time beside the live one, with the system stopped,
restarted and killed in between. The log then gives every byte of that state again, and a system
that knew the new project from its beginning holds the same people, memberships and values.
`EBBLINE_SEEDS` says how many days are simulated.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

import apsw
import pytest

import ebbline.console
from ebbline.definitions import load_files, render_all
from ebbline.definitions.plan import Plan
from ebbline.engine.standing import Standing
from ebbline.hosts.embedded.builder import build as building
from ebbline.hosts.embedded.builder import shadow as shadows
from ebbline.hosts.embedded.builder.progress import read_progress
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.testing import START_MS, System, VirtualClock
from tests.simulation.system import dump
from tests.simulation.system.script import DAY_MS, shop_day
from tests.simulation.system.test_restarts import SHOP, desired, held, refold

SEEDS = int(os.environ.get("EBBLINE_SEEDS", "5"))
AFTER_MS = 3 * DAY_MS
NEW_AUDIENCE = """
  window_shopper:
    owner: growth
    review_by: 2027-06-30
    when: count("Product Viewed", within="12h") >= 4 and not performed("Order Completed")
"""


def project(*edits: tuple[str, str, str]) -> Plan:
    """The shop's plan, with texts of its files replaced."""
    files = {
        path.relative_to(SHOP).as_posix(): path.read_bytes()
        for path in sorted(SHOP.rglob("*.yml"))
    }
    for name, old, new in edits:
        assert old.encode() in files[name], (name, old)
        files[name] = files[name].replace(old.encode(), new.encode())
    loaded = load_files(files)
    assert loaded.plan is not None, render_all(loaded.findings)
    return loaded.plan


def edited() -> Plan:
    """A changed rule, a new audience that is sent, and a field that is sent no longer."""
    return project(
        ("audiences/intent.yml", ', within="1h") >= 3', ', within="2h") >= 2'),
        ("audiences/intent.yml", "audiences:\n", "audiences:" + NEW_AUDIENCE),
        (
            "destinations/braze.yml",
            "      - {audience: pricing_hot, as: segment_pricing_hot}\n",
            "      - {audience: pricing_hot, as: segment_pricing_hot}\n"
            "      - {audience: window_shopper, as: segment_window_shopper}\n",
        ),
    )


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    """So small that a day of the shop takes hundreds of them."""
    monkeypatch.setattr(shadows, "STEP_EVENTS", 50)
    monkeypatch.setattr(shadows, "STEP_ENTRIES", 2)
    monkeypatch.setattr(building, "READY_EVENTS_MAX", 60)


class Change:
    """What happens to the system between two requests while a version is built."""

    def __init__(self, system: System, seed: int) -> None:
        self.system = system
        self.rng = random.Random(f"change {seed}")

    async def go_on(self) -> None:
        """Some steps of the builder; now and then the system stops or is killed in between."""
        match self.rng.choice(("build", "build", "build", "restart", "kill")):
            case "build":
                await self.system.build(self.rng.randrange(4))
            case "restart":
                await self.system.restart()
            case "kill":
                await self.kill()

    async def kill(self) -> None:
        """The builder and the engine end in the middle of what they do, at the latest."""
        builder = self.system.builder
        if builder._shadow is not None:
            builder._shadow.fold.store.begin()
            builder._shadow.fold.flush()  # and no commit
        await self.system.restart()


async def play(folder, seed, first, second=None):
    """The day under the first plan, and from some request on the second."""
    requests = shop_day(seed)
    rng = random.Random(f"edit {seed}")
    edit_at = rng.randrange(len(requests) // 4, len(requests) // 2)
    async with System(first, VirtualClock(START_MS), folder) as system:
        change = Change(system, seed)
        proposed = False
        for request in requests:
            await system.advance_to(request.at_ms)
            await system.send(*request.calls)
            if second is not None and request.number == edit_at:
                system.propose(second)
                proposed = True
            if proposed and system.versions.open:
                await change.go_on()
        await system.build()
        assert not system.versions.open
        await system.advance(AFTER_MS)
        return held(system.sandboxes["braze"]), [*system.sandboxes["braze"].requests]


def by_name(folder: Path) -> dict[str, list]:
    """The state without numbers that count what was announced, and without row numbers."""
    db = apsw.Connection(str(folder / "state.db"), flags=apsw.SQLITE_OPEN_READONLY)
    people = [
        (profile, Standing(state).renumbered(0), wake_ms, identifiers)
        for profile, state, wake_ms, identifiers in db.execute("SELECT * FROM profiles")
    ]
    members = db.execute(
        "SELECT name, profile, since_ms, effective FROM memberships"
        " JOIN definitions ON id = definition ORDER BY 1, 2"
    ).fetchall()
    identifiers = db.execute("SELECT * FROM identifiers ORDER BY 1, 2").fetchall()
    db.close()
    return {"people": people, "members": members, "identifiers": identifiers}


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_an_edit_while_events_flow_ends_where_a_refold_ends(memory_path, seed):
    old, new = project(), edited()
    sent, _ = await play(memory_path / "live", seed, old, new)
    state = dump.state(memory_path / "live")
    refold(new, memory_path, "live")
    fresh, _ = await play(memory_path / "fresh", seed, new)
    assert by_name(memory_path / "live") == by_name(memory_path / "fresh")
    assert sent == desired(new, state) == fresh
    assert sent
    progress = read_progress(DataFolder(memory_path / "live"))
    assert progress is not None
    assert progress.state == "ready"
