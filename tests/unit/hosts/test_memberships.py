"""The quick read of memberships is never older than the state, whatever happens to people."""

from __future__ import annotations

import random

import msgspec
import pytest

from ebbline.definitions import load_files
from ebbline.hosts.embedded import commands
from ebbline.hosts.embedded.reading import limits, memberships
from ebbline.hosts.embedded.reading.memberships import Memberships
from ebbline.profiles.commands import ClearOverride, Merge, Override, Unmerge
from ebbline.testing import System

RULES = """
audiences:
  warm: {{when: 'count("Demo Watched", within="1h") >= {least}', owner: me, review_by: 2100-01-01}}
  hot: {{when: 'count("Demo Watched", within="2h") >= 3', owner: me, review_by: 2100-01-01}}
"""
USERS, DEVICES = ("u1", "u2", "u3"), ("d1", "d2", "d3", "d4")
TEXTS = [
    *USERS,
    *DEVICES,
    *(f"user_id:{user}" for user in USERS),
    *(f"anonymous_id:{device}" for device in DEVICES),
    *(f"{user}@example.com" for user in USERS),
    *(f"email:{user.upper()}@example.com" for user in USERS),
    "d1@example.com",
    "email:d1@example.com",
]


def project(least: int):
    loaded = load_files({
        "ebbline.yml": b"name: small",
        "audiences/a.yml": RULES.format(least=least).encode(),
    })  # fmt: skip
    assert loaded.plan is not None, loaded.findings
    return loaded


def encode(profile, standings):
    return msgspec.json.encode([profile, standings])


class World:
    """Random things that happen to a few people."""

    def __init__(self, system: System, seed: int) -> None:
        self.system, self.draw, self.number = system, random.Random(seed), 0

    async def happen(self) -> None:
        await self.draw.choice((
            self.watch, self.watch, self.watch, self.login, self.rename, self.pass_time,
            self.override, self.merge, self.unmerge, self.change_rules,
        ))()  # fmt: skip

    async def watch(self):
        who = self.draw.choice(USERS + DEVICES)
        name = {"userId" if who in USERS else "anonymousId": who}
        call = {"type": "track", "event": "Demo Watched", **name}
        await self.system.send(*[call] * self.draw.randint(1, 3))

    async def login(self):
        who, device = self.draw.choice(USERS), self.draw.choice(DEVICES)
        await self.system.send({"type": "identify", "userId": who, "anonymousId": device})

    async def rename(self):
        who = self.draw.choice((*USERS, "d1@example.com", "d2"))
        email = f"{self.draw.choice(USERS + DEVICES)}@example.com"
        await self.system.send({"type": "identify", "userId": who, "traits": {"email": email}})

    async def pass_time(self):
        await self.system.advance(f"{self.draw.randint(1, 90)}m")

    async def override(self):
        person = ("user_id", self.draw.choice(USERS))
        kind = self.draw.choice((True, False, None))
        named = {"id": self.id(), "person": person, "audience": "warm"}
        self.order(ClearOverride(**named) if kind is None else Override(inside=kind, **named))

    async def merge(self):
        one, other = self.draw.sample(USERS, 2)
        self.order(Merge(id=self.id(), people=(("user_id", one), ("user_id", other))))

    async def unmerge(self):
        one, other = self.draw.sample(USERS, 2)
        person, leave = ("user_id", one), (("user_id", other),)
        self.order(Unmerge(id=self.id(), person=person, leave=leave))

    async def change_rules(self):
        await self.system.apply(project(self.draw.randint(1, 3)))

    def order(self, command) -> None:
        commands.append(self.system.folder, command, self.system.clock)

    def id(self) -> str:
        self.number += 1
        return f"command-{self.number}"


@pytest.mark.parametrize("seed", range(6))
async def test_kept_answers_are_those_of_the_state_after_everything_that_happens(seed):
    async with System(project(2)) as system:
        world, met = World(system, seed), 0
        await system.send({"type": "identify", "userId": "u1"})
        await system.settle()
        kept = Memberships(system.folder.state, encode)
        for _ in range(40):
            await world.happen()
            await system.settle()
            fresh = Memberships(system.folder.state, encode)
            said = {text: kept.of(text) for text in TEXTS}
            assert said == {text: fresh.of(text) for text in TEXTS}
            assert said == {text: kept.of(text) for text in TEXTS}
            fresh.close()
            met += sum(b"warm" in answer for answer in said.values() if answer)
        kept.close()
    assert met > 50  # people were in


async def test_a_second_answer_asks_for_nothing_but_whether_somebody_wrote():
    async with System(project(1)) as system:
        call = {"type": "track", "event": "Demo Watched", "userId": "u1"}
        await system.send(call)
        await system.settle()
        quick = Memberships(system.folder.state, encode)
        first, asked = quick.of("u1"), []
        quick._db.trace_v2(1, asked.append)  # 1: every statement that begins
        assert quick.of("u1") is first
        assert [each["sql"] for each in asked] == ["PRAGMA data_version"]
        await system.send(call | {"userId": "u2"})
        await system.settle()
        assert quick.of("u1") is first  # somebody else's commit forgets nobody
        quick.close()


async def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(memberships, "MEMBERSHIPS_KEPT_MAX", 2)
    assert limits.MEMBERSHIPS_KEPT_MAX > 2
    async with System(project(1)) as system:
        await system.send(*[{"type": "identify", "userId": user} for user in USERS])
        await system.settle()
        quick = Memberships(system.folder.state, encode)
        for _ in range(2):
            assert all(quick.of(user) for user in USERS)
            assert len(quick._kept) <= 2
        assert quick.of("nobody") is None
        quick.close()
