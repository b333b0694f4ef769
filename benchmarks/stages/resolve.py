"""Whose event it is: the identity part of a fold, alone, with the same cache over a store.

Identity does not look at the engine, so a whole file can be resolved before anything is
applied; the result is what the engine's own stage is fed with.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.case import Case
from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.limits import IMPORT_COMMIT_BATCHES, IMPORT_COMMIT_PEOPLE
from ebbline.hosts.embedded.state.people import People
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.identifiers import IdentityRules, Pair
from ebbline.profiles.resolve import resolve_known, resolve_pairs


class Instant(msgspec.Struct, gc=False):
    """Events received together: first `merges` (winner, loser), then each person's events."""

    now_ms: int
    merges: list[tuple[int, int]]
    touched: dict[int, list[Event]]


class Resolver:
    """Events, each once, to instants of people."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._store = StateStore(folder / "state.db")
        self._rules = IdentityRules(plan.identifiers)
        nothing = engine.compile_plan(Plan(plan.name, plan.identifiers))
        self.people = People(self._store, nothing, self._rules, self._store.bonds().parted)
        self.merges = 0

    def take(self, events: Sequence[Event]) -> list[Instant]:
        """Resolve a batch; the part that is measured."""
        made: list[Instant] = []
        rules, people, now_ms = self._rules, self.people, -1
        for event in events:
            if event.received_ms != now_ms:
                now_ms = event.received_ms
                instant = Instant(now_ms, [], {})
                made.append(instant)
            pairs = rules.identifiers(event)
            profile = resolve_known(people, pairs)
            if profile is None:
                profile = self._change(event, pairs, made[-1])
            touched = made[-1].touched
            if profile in touched:
                touched[profile].append(event)
            else:
                touched[profile] = [event]
        return made

    def _change(self, event: Event, pairs: tuple[Pair, ...], instant: Instant) -> int:
        people = self.people
        found = resolve_pairs(people, self._rules, event, pairs, people.next_id)
        if found.created or found.links or found.merges or found.moved:
            losers = [people.person(loser) for _, loser in found.merges]
            person = people.link(found, event)
            for loser in losers:
                people.absorb(person, loser)
                theirs = instant.touched.pop(loser.profile.id, [])
                instant.touched.setdefault(found.profile, []).extend(theirs)
            instant.merges += found.merges
            self.merges += len(losers)
        return found.profile

    def keep(self) -> None:
        """Write down what is new, so that later questions meet a store with people in it."""
        self._store.begin()
        self.people.flush()
        self._store.commit()

    def close(self) -> None:
        """Let go of the store."""
        self._store.close()


def resolved(case: Case, resolver: Resolver, seconds: list[float]) -> Iterator[list[Instant]]:
    """The whole file, batch by batch; what resolving took is added to `seconds`."""
    seen: set[str] = set()
    for number, batch in enumerate(case.batches(), 1):
        events = []
        for event in batch:
            if event.message_id not in seen:
                seen.add(event.message_id)
                events.append(event)
        began = time.process_time()
        instants = resolver.take(events)
        seconds.append(time.process_time() - began)
        yield instants
        changed = len(resolver.people.dirty)
        if number % IMPORT_COMMIT_BATCHES == 0 or changed > IMPORT_COMMIT_PEOPLE:
            resolver.keep()


def resolve_stage(case: Case) -> tuple[float, str]:
    """Identifiers of each event and the person they belong to."""
    seconds: list[float] = []
    with case.folder() as folder:
        resolver = Resolver(case.plan, Path(folder))
        for _ in resolved(case, resolver, seconds):
            pass
        resolver.close()
    people = resolver.people.next_id - 1 - resolver.merges
    return sum(seconds), f"resolve over People; {people:,} people, {resolver.merges:,} merges"
