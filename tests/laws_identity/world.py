"""A small world for laws of commands: random calls and commands, folded as the system does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from hypothesis import strategies as st

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.engine.profile import decode_profile, encode_profile
from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.schema import KIND_NAMES
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.commands import (
    ClearOverride,
    Command,
    Merge,
    Override,
    Unmerge,
    encode_command,
)
from ebbline.profiles.identifiers import Pair

PROJECT = b"""\
name: world
identity:
  identifiers:
    - {type: user_id, limit: 1}
    - {type: email, limit: 2}
    - {type: anonymous_id, limit: 3}
"""
RULES = b"""\
traits:
  seen: {value: count("View")}
  plan_sent: {value: plan}
"""
AUDIENCES = b"""\
audiences:
  looked: {when: 'performed("View", within="10s")', owner: o, review_by: 2100-01-01}
  often: {when: 'count("View", within="60s") >= 2', owner: o, review_by: 2100-01-01}
  quiet: {when: 'missed("Buy", after="View", within="5s")', owner: o, review_by: 2100-01-01}
  paying: {when: 'plan == "pro" and seen > 1', owner: o, review_by: 2100-01-01}
  sticky:
    {enter_when: 'count("View", within="9s") >= 2', exit_when: 'not performed("View", within="4s")',
     hold: 7s, cooldown: 6s, owner: o, review_by: 2100-01-01}
  both: {when: 'audience("sticky") and not audience("quiet")', owner: o, review_by: 2100-01-01}
groups:
  g: {priority: [often, looked]}
"""
DESTINATION = b"""\
destinations:
  d:
    type: webhook
    url: http://localhost:1/
    sync:
      - {audience: looked}
      - {trait: seen}
      - {trait: plan_sent}
"""
BASE_MS = 1_000_000
_NOWHERE = Path(":memory:")


def plan() -> Plan:
    """Audiences that depend on events, on time, on sent traits and on each other."""
    files = {"ebbline.yml": PROJECT, "traits/t.yml": RULES,
             "audiences/a.yml": AUDIENCES, "destinations/d.yml": DESTINATION}  # fmt: skip
    loaded = load_files(files)
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


PLAN = plan()


class Tape:
    """A log in memory, which is also the fold's history."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._events: dict[int, list[Event]] = {}

    def add(
        self, now_ms: int, kind: Any, events: Sequence[Event] = (), payload: bytes = b""
    ) -> None:
        """Append one entry."""
        offset = len(self.entries) + 1
        self.entries.append(Entry(offset, now_ms, kind, len(events), payload))
        self._events[offset] = list(events)

    def read(self, after_offset: int, limit: int | None = None) -> Iterator[Entry]:
        """As `Log.read`."""
        end = None if limit is None else after_offset + limit
        return iter(self.entries[after_offset:end])

    def events(self, entry: Entry) -> list[Event]:
        """As `Log.events`."""
        return self._events[entry.offset]

    def commands(self, before_offset: int) -> Iterator[Entry]:
        """As `Log.commands`."""
        return (e for e in self.entries[: before_offset - 1] if e.kind == "command")

    def stamp_before(self, offset: int) -> int:
        """As `Log.stamp_before`."""
        return self.entries[offset - 2].now_ms if offset > 1 else 0


class World:
    """One folder's state over a tape."""

    def __init__(self, tape: Tape, path: Path = _NOWHERE, wakes: int | None = None) -> None:
        """`wakes` is how many wakes of others a live entry fires; else as the system has it."""
        self.tape = tape
        self.path = path
        self.fold = Fold(StateStore(path), PLAN, tape)
        if wakes is not None:
            self.fold.wakes_per_entry = wakes

    def run(self, until: int | None = None) -> World:
        """Fold what the tape holds, each entry with its own commit."""
        for entry in list(self.tape.read(self.fold.offset)):
            if until is not None and entry.offset > until:
                break
            self.fold.take(entry, self.tape.events(entry))
            self.fold.commit()
        return self

    def again(self) -> World:
        """Stop and start on the same file."""
        self.fold.store.close()
        return World(self.tape, self.path)

    def rows(self, table: str) -> list[Any]:
        """All rows of a table."""
        return list(self.fold.store._db.execute(f"SELECT * FROM {table} ORDER BY 1, 2"))

    def whole(self) -> dict[str, list[Any]]:
        """Everything that has to come out the same, byte for byte."""
        tables = ["profiles", "identifiers", "memberships", "ledger", "merges", "parted",
                  "commands", "drops", "merged", "placements"]  # fmt: skip
        return {table: self.rows(table) for table in tables}

    def people(self) -> dict[tuple[Pair, ...], Any]:
        """Everybody by identifiers: state without its numbers, and memberships."""
        found = {}
        tables = self.fold.tables
        members: dict[int, set[tuple[int, int]]] = {}
        for definition, profile, _, effective in self.rows("memberships"):
            members.setdefault(profile, set()).add((definition, effective))
        for profile_id, state, wake_ms, identifiers in self.rows("profiles"):
            links = msgspec.json.decode(identifiers)
            profile = decode_profile(state, tables.default_truth)
            profile.id = profile.number = 0
            key = tuple(sorted((link[0], link[1]) for link in links))
            packed = encode_profile(profile, tables.default_truth)
            found[key] = (packed, wake_ms, sorted(members.get(profile_id, ())), sorted(links))
        return found

    def told(self) -> dict[int, dict[str, bool]]:
        """Memberships of living people as the ledger tells them: raw and effective."""
        said: dict[int, dict[str, bool]] = {}
        names = dict(self.rows("definitions"))
        for _, profile, _, kind, definition, _, _, _, value in self.rows("ledger"):
            word, mine = KIND_NAMES[kind], said.setdefault(profile, {})
            if word in ("entered", "suppressed", "restored"):
                mine[names[definition]] = bool(value)
            elif word == "exited":
                mine.pop(names[definition], None)
            elif word == "merged":
                said[profile] = {}
        return said

    def lives(self) -> dict[int, list[Any]]:
        """What the ledger says of each person, in the person's order."""
        found: dict[int, list[Any]] = {}
        for _, profile, number, kind, definition, at_ms, cause, _, value in self.rows("ledger"):
            found.setdefault(profile, []).append((number, kind, definition, at_ms, cause, value))
        return found

    def owner(self, pair: Pair) -> int | None:
        """Who holds an identifier."""
        return self.fold.people.owner(*pair)


PAIRS: list[Pair] = [
    ("user_id", "u1"), ("user_id", "u2"), ("email", "a@x.c"), ("email", "b@x.c"),
    ("email", "c@x.c"), ("anonymous_id", "d1"), ("anonymous_id", "d2"), ("anonymous_id", "d3"),
]  # fmt: skip

AUDIENCES_NAMED = ["looked", "often", "quiet", "paying", "sticky"]
CALM = ("batch", "batch", "batch", "tick")
WILD = (*CALM, "batch", "batch", "merge", "unmerge", "leave", "override", "clear")


def steps(kinds: tuple[str, ...], least: int, most: int) -> st.SearchStrategy[list[Any]]:
    """Steps of some kinds. They are drawn from a seed: hypothesis's own lists are mostly too
    short and too equal for anything to happen in them."""

    def drawn(seed: int) -> list[Any]:
        rng = Random(seed)
        return [step(rng, rng.choice(kinds)) for _ in range(rng.randint(least, most))]

    return st.integers(0, 2**32).map(drawn)


def step(rng: Random, kind: str) -> Any:
    """One random step: what, after how many milliseconds, and whom or what it is about."""
    who = rng.choice(PAIRS)
    match kind:
        case "batch":
            calls = [call(rng) for _ in range(rng.randint(1, 3))]
            return kind, rng.choice([0, 1, 5_000, rng.randint(0, 20_000)]), calls, rng.choice(
                ["events", "events", "replayed"])  # fmt: skip
        case "tick":
            return kind, rng.choice([5_000, 10_000, rng.randint(0, 70_000)])
        case "merge" | "leave":
            return kind, rng.randint(0, 5_000), who, rng.choice(PAIRS)
        case "unmerge":
            return kind, rng.randint(0, 5_000), who, rng.randint(0, 3)
        case "override":
            audience = rng.choice([*AUDIENCES_NAMED, "unheard_of"])
            end = rng.choice([None, rng.randint(-1_000, 30_000)])
            return kind, rng.randint(0, 5_000), who, audience, rng.random() < 0.5, end
        case _:
            return kind, rng.randint(0, 5_000), who, rng.choice(AUDIENCES_NAMED)


def call(rng: Random) -> Any:
    """One random call: event, user, device, email, how late, plan."""
    return (
        rng.choice(["View", "View", "View", "Buy", "$identify"]),
        rng.choice([None, None, None, "u1", "u2"]),
        rng.choice([None, "d1", "d1", "d2", "d3"]),
        rng.choice([None, None, None, None, "a@x.c", "b@x.c", "c@x.c"]),
        rng.choice([0, 0, 1, rng.randint(0, 8_000)]),
        rng.choice(["free", "pro"]),
    )


def event(number: int, now_ms: int, drawn: Any) -> Event:
    """A call of the law's people."""
    name, user, device, email, late_ms, kind = drawn
    if user is None and device is None and email is None:
        device = "d1"
    traits = {} if email is None else {"email": email}
    identifies = name == "$identify"
    return Event(
        f"m{number:04}", "identify" if identifies else "track", name,
        max(now_ms - late_ms, 1), now_ms, user, device, {},
        {**traits, "plan": kind} if identifies else {}, {"traits": traits} if traits else {},
    )  # fmt: skip


class Script:
    """Steps put on a tape one by one; commands that need to know how things stand ask a world
    that runs along."""

    def __init__(self) -> None:
        self.tape = Tape()
        self.world = World(self.tape)
        self.now_ms = BASE_MS
        self._number = 0

    def put(self, step: Any) -> None:
        """One step."""
        self.now_ms += step[1]
        match step[0]:
            case "batch":
                events = []
                for drawn in step[2]:
                    self._number += 1
                    events.append(event(self._number, self.now_ms, drawn))
                self.tape.add(self.now_ms, step[3], events)
            case "tick":
                self.tape.add(self.now_ms, "tick")
            case "merge":
                self.order(Merge(id=self._id(), people=(step[2], step[3])))
            case "unmerge":
                self.undo(step[2], step[3])
            case "override":
                until_ms = None if step[5] is None else self.now_ms + step[5]
                self.order(Override(id=self._id(), person=step[2], audience=step[3],
                                    inside=step[4], until_ms=until_ms))  # fmt: skip
            case "clear":
                self.order(ClearOverride(id=self._id(), person=step[2], audience=step[3]))
            case "leave":
                self.order(Unmerge(id=self._id(), person=step[2], leave=(step[3],)))
        self.world.run()

    def undo(self, pair: Pair, which: int) -> None:
        """Undo one of the merges that made somebody, if there are any."""
        owner = self.world.owner(pair)
        merges = [] if owner is None else self.world.fold.bonds.merges(owner)
        cause = merges[which % len(merges)].cause if merges else "nothing"
        self.order(Unmerge(id=self._id(), person=pair, cause=cause))

    def order(self, command: Command) -> None:
        """Append a command."""
        self.tape.add(self.now_ms, "command", payload=encode_command(command))

    def _id(self) -> str:
        self._number += 1
        return f"c{self._number:04}"
