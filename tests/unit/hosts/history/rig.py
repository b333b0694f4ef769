"""A folder with an engine, random people who log in and out, and an independent idea of who did
what."""

from __future__ import annotations

import random
from pathlib import Path

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.history import Historian, History
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.resolve import resolve
from ebbline.testing import START_MS

DAY_MS = 86_400_000
RULE = b'audiences:\n  a: {owner: o, when: \'performed("E", within="1d")\'}\n'
PROJECT = {"ebbline.yml": b"name: history\n", "audiences/a.yml": RULE}


def plan_of(extra: bytes = b"") -> Plan:
    """A small plan; `extra` goes into ebbline.yml."""
    plan = load_files({**PROJECT, "ebbline.yml": PROJECT["ebbline.yml"] + extra}).plan
    assert plan is not None
    return plan


class HandClock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.ms = START_MS

    def now_ms(self) -> int:
        """Where it stands."""
        return self.ms

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here."""
        raise NotImplementedError


class Rig:
    """One data folder; whatever is sent is told to the witness too."""

    def __init__(self, path: Path, seed: int = 0, people: int = 12) -> None:
        self.rng = random.Random(seed)
        self.clock = HandClock()
        self.folder: DataFolder = open_folder(path)
        self.plan = plan_of()
        self.loop = EngineLoop(self.folder, self.plan, self.clock)
        self.people = people
        self.sent: list[Event] = []
        self.known: dict[tuple[str, int], int] = {}  # (messageId, receipt) -> when it was folded
        self._rules = IdentityRules(self.plan.identifiers)
        self._graph = GraphMemory(self._rules)
        self._next = 1
        self._heard: set[str] = set()
        self.theirs: dict[int, list[Event]] = {}

    # -- what comes in ---------------------------------------------------------------------

    def random_batch(self, size: int, spread_ms: int = 3 * DAY_MS) -> list[Event]:
        """Events of now, some late by days, some sent before, some nobody's."""
        return [self._event(spread_ms) for _ in range(size)]

    def send(self, events: list[Event], kind: str = "events") -> None:
        """Append a batch and tell the witness."""
        latest = self.loop.log.tail().now_ms
        position = self.loop.log.append(kind, events)  # type: ignore[arg-type]
        for event in events:
            latest = max(latest, event.received_ms)
            known = position.now_ms if kind == "events" else latest
            self._witness(event, known)

    def fold(self) -> None:
        """Let the engine fold everything."""
        self.loop.step()

    def historian(self, **options: int) -> Historian:
        """A historian on the folder, as after a start."""
        return Historian(self.folder, self.clock, **options)

    # -- what there should be --------------------------------------------------------------

    def expected(self) -> dict[int, list[tuple[int, str]]]:
        """(time, messageId) of everybody's events in order."""
        return {
            profile: sorted((event.time_ms, event.message_id) for event in events)
            for profile, events in self.theirs.items()
            if events
        }

    def found(self) -> dict[int, list[tuple[int, str]]]:
        """The same from the relation `events`."""
        with History(self.folder) as history, history.events() as db:
            rows = db.execute(
                "SELECT profile, time_ms, message_id FROM events ORDER BY ALL"
            ).fetchall()
        made: dict[int, list[tuple[int, str]]] = {}
        for profile, time_ms, message_id in rows:
            made.setdefault(profile, []).append((time_ms, message_id))
        return made

    def _event(self, spread_ms: int) -> Event:
        rng, now_ms = self.rng, self.clock.now_ms()
        recent = [event for event in self.sent[-50:] if now_ms - event.received_ms < DAY_MS // 2]
        if recent and rng.random() < 0.05:
            return rng.choice(recent)
        person = rng.randrange(self.people)
        device = f"d{person}-{rng.randrange(3)}" if rng.random() < 0.6 else None
        user = f"u{person}" if device is None or rng.random() < 0.3 else None
        late_ms = rng.randrange(spread_ms) if rng.random() < 0.3 else 0
        if rng.random() < 0.03:
            user, device = "undefined", None
        received_ms = now_ms - rng.randrange(5_000)  # in no order, as files may have it
        event = Event(
            f"m{len(self.sent)}", "track", "E", received_ms - late_ms, received_ms, user, device,
            {"n": rng.randrange(100), "text": 'a "b"\0\n'}, {}, {"ip": "1.2.3.4"},
        )  # fmt: skip
        self.sent.append(event)
        return event

    def _witness(self, event: Event, known_ms: int) -> None:
        if event.message_id in self._heard:
            return
        self._heard.add(event.message_id)
        found = resolve(self._graph, self._rules, event, self._next)
        if found is None:
            return
        self._graph.apply(found, event)
        self._next += found.created
        theirs = self.theirs.setdefault(found.profile, [])
        for _, loser in found.merges:
            theirs += self.theirs.pop(loser)
        theirs.append(event)
        self.known[event.message_id, event.received_ms] = known_ms
