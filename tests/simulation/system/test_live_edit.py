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
SENT = "      - {audience: pricing_hot, as: segment_pricing_hot}\n"
NEW_AUDIENCE = """
  window_shopper:
    owner: growth
    review_by: 2027-06-30
    when: count("Product Viewed", within="12h") >= 4 and not performed("Order Completed")
"""


def project(*edits: tuple[str, str, str]) -> Plan:
    """The shop's plan, with texts of its files replaced."""
    files = {
        path.relative_to(SHOP).as_posix(): path.read_bytes() for path in sorted(SHOP.rglob("*.yml"))
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
            SENT,
            SENT + "      - {audience: window_shopper, as: segment_window_shopper}\n",
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


def attributes(system: System) -> dict[str, dict[str, object]]:
    """What Braze holds of everybody."""
    users = system.sandboxes["braze"].vendor.views("users", {})["users"]
    return {
        user.get("external_id") or user["user_alias"]["alias_name"]: dict(user["custom_attributes"])
        for user in users
    }


def objects(system: System) -> int:
    """How many people's values Braze was sent."""
    return sum(len(each["body"]["attributes"]) for each in track(system))


def track(system: System) -> list[dict]:
    """Requests that tell Braze something; the checks of the key hold nothing."""
    asked = system.sandboxes["braze"].requests
    return [each for each in asked if "/users/track" in each["path"] and each["body"]]


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
        return held(system.sandboxes["braze"])


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
    sent = await play(memory_path / "live", seed, old, new)
    state = dump.state(memory_path / "live")
    refold(new, memory_path, "live")
    fresh = await play(memory_path / "fresh", seed, new)
    assert by_name(memory_path / "live") == by_name(memory_path / "fresh")
    assert sent == desired(new, state) == fresh
    assert sent
    progress = read_progress(DataFolder(memory_path / "live"))
    assert progress is not None
    assert progress.state == "ready"


async def day(folder: Path, seed: int) -> System:
    """The shop after half of its day, with everything delivered."""
    system = System(project(), VirtualClock(START_MS), folder)
    await system.start()
    for request in shop_day(seed)[:60]:
        await system.advance_to(request.at_ms)
        await system.send(*request.calls)
    await system.advance("2m")
    return system


async def test_only_real_differences_are_delivered(memory_path):
    """Each person's object holds exactly what changed for them, and nobody else is touched."""
    system = await day(memory_path / "data", 3)
    before, sent = attributes(system), len(track(system))
    await system.apply(edited())
    await system.advance("1s")
    after = attributes(system)
    differing = {
        (who, name): values[name]
        for who, values in after.items()
        for name in values
        if before.get(who, {}).get(name) != values[name]
    }
    told = {
        (item.get("external_id") or item["user_alias"]["alias_name"], name): value
        for request in track(system)[sent:]
        for item in request["body"]["attributes"]
        for name, value in item.items()
        if name not in ("external_id", "user_alias", "_update_existing_only")
    }
    assert told == differing != {}
    names = {name for _, name in told}
    assert names <= {"segment_pricing_hot", "segment_window_shopper"}
    await system.stop()


async def test_a_rollback_brings_everything_back(memory_path):
    """The old version is live again under a number of its own, and Braze holds what it held."""
    system = await day(memory_path / "data", 4)
    before = held(system.sandboxes["braze"])
    await system.apply(edited())
    await system.advance("1m")
    assert held(system.sandboxes["braze"]) != before
    await system.apply(project())
    await system.advance("1m")
    again = {pair for pair in held(system.sandboxes["braze"]) if "window_shopper" not in pair[1]}
    assert again == before
    assert [v.standing for v in system.versions.all] == ["replaced", "replaced", "live"]
    await system.stop()


async def test_nothing_is_sent_where_only_words_changed(memory_path):
    system = await day(memory_path / "data", 5)
    sent = objects(system)
    await system.apply(project(("audiences/intent.yml", "Close to buying", "Near to buying")))
    await system.advance("2m")
    assert objects(system) == sent
    assert system.versions.live.number == 2
    await system.stop()


async def test_a_new_field_is_filled_without_a_restart(memory_path):
    """A destination's new sync concerns nobody's state: it is live at once, and delivered."""
    system = await day(memory_path / "data", 6)
    more = SENT + "      - {audience: active_shopper, as: segment_shops}\n"
    await system.apply(project(("destinations/braze.yml", SENT, more)))
    await system.advance("2m")
    shoppers = set(system.members("active_shopper"))
    filled = {who for who, name in held(system.sandboxes["braze"]) if name == "segment_shops"}
    assert filled == shoppers != set()
    await system.stop()


async def test_the_door_reads_by_the_new_version(memory_path):
    """A new alias of the tracking plan counts from the next call on."""
    rule = "when: performed('Bought')"
    files = {
        "ebbline.yml": b"name: tiny",
        "audiences/a.yml": f"audiences:\n  a: {{owner: a, {rule}}}".encode(),
        "tracking-plan/t.yml": b"events:\n  Bought: {}",
    }
    first, second = (
        load_files({**files, "tracking-plan/t.yml": text}).plan
        for text in (b"events:\n  Bought: {}", b"events:\n  Bought: {aliases: [Purchased]}")
    )
    async with System(first, VirtualClock(START_MS), memory_path / "data") as system:
        call = {"type": "track", "userId": "ana", "event": "Purchased"}
        await system.send(call)
        await system.settle()
        assert system.members("a") == []
        await system.apply(second)
        await system.send(call)
        await system.settle()
        assert system.members("a") == ["ana"]


FIRST = "    - {type: user_id, limit: 1}\n"
THEN = "    - {type: email, limit: 5, pii: true}\n"
BY_EMAIL = THEN + "    - {type: user_id, limit: 100}\n"


async def test_destinations_follow_when_who_is_who_changes(memory_path):
    """Two users with one e-mail become one person, and part again: Braze holds each time what
    the memberships say."""
    by_user, by_email = project(), project(("ebbline.yml", FIRST + THEN, BY_EMAIL))
    async with System(by_user, VirtualClock(START_MS), memory_path / "data") as system:
        for user in ("ana", "ana-at-work", "ben"):
            email = f"{user.partition('-')[0]}@example.com"
            await system.send(
                {"type": "identify", "userId": user, "traits": {"email": email}},
                {"type": "page", "userId": user, "properties": {"path": "/pricing"}},
                {"type": "page", "userId": user, "properties": {"path": "/pricing"}},
            )
        await system.advance("1m")
        assert held(system.sandboxes["braze"]) == set()
        await system.apply(by_email)
        await system.advance("5m")
        assert system.reader.status().profiles == 2
        assert {name for _, name in held(system.sandboxes["braze"])} == {"segment_pricing_hot"}
        assert len(held(system.sandboxes["braze"])) == 1
        await system.apply(by_user)
        await system.advance("5m")
        assert system.reader.status().profiles == 3
        assert held(system.sandboxes["braze"]) == set()
