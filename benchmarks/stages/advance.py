"""The engine alone: resolved events and the passing of time in, changes out, no disk.

Everything that was due before an instant fires first, each at its own instant, from one wheel;
nothing is written and nobody is ever dropped from memory. CPU time is taken batch by batch;
how it falls to events and to time follows from the wall clock, which costs little to look at.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.answers import hold, name_of
from benchmarks.case import Case
from benchmarks.stages.resolve import Instant, Resolver, resolved
from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.engine import Profile, apply, wake

APPLY, WAKE = "engine, by events", "engine, by time"


class Population:
    """Everybody's engine state under one plan, and who is due next."""

    def __init__(self, plan: Plan) -> None:
        self.tables = engine.compile_plan(plan)
        self.profiles: dict[int, Profile] = {}
        self.cpu_seconds = 0.0
        self.wall_seconds = 0.0
        self.wake_seconds = 0.0  # of the wall's
        self.wakes = 0
        self.changes = 0
        self._wheel = engine.Wheel()
        self._armed: dict[int, int] = {}

    def take(self, instants: Sequence[Instant], until_ms: int = 0) -> None:
        """Let time pass and take in what happened; then let time pass to `until_ms`."""
        cpu, wall = time.process_time(), time.perf_counter()
        wheel = self._wheel
        for instant in instants:
            if wheel.earliest < instant.now_ms:
                self._fire(instant.now_ms - 1)
            self._happen(instant)
        self._fire(until_ms)
        self.wall_seconds += time.perf_counter() - wall
        self.cpu_seconds += time.process_time() - cpu

    def members(self, resolver: Resolver) -> dict[str, list[str]]:
        """Who is in each audience."""
        found: dict[str, list[str]] = {name: [] for name in self.tables.audiences}
        for profile in self.profiles.values():
            if profile.raw:
                named = name_of(resolver.people.identifiers(profile.id))
                for name, bit in self.tables.bits.items():
                    if profile.raw >> bit & 1:
                        found[name].append(named)
        return found

    def _profile(self, profile_id: int) -> Profile:
        profile = self.profiles.get(profile_id)
        if profile is None:
            profile = self.profiles[profile_id] = engine.new_profile(self.tables, profile_id)
        return profile

    def _happen(self, instant: Instant) -> None:
        now_ms = instant.now_ms
        for winner, loser in instant.merges:
            self._merge(winner, loser, now_ms)
        for profile_id, events in instant.touched.items():
            profile = self._profile(profile_id)
            self.changes += len(apply(self.tables, profile, events, now_ms))
            self._arm(profile)

    def _merge(self, winner: int, loser: int, now_ms: int) -> None:
        gone = self.profiles.pop(loser)
        self._armed.pop(loser, None)
        engine.merge(self.tables, self._profile(winner), gone, now_ms)

    def _fire(self, until_ms: int) -> None:
        wall = time.perf_counter()
        while (pair := self._wheel.pop(until_ms)) is not None:
            due_ms, profile_id = pair
            if self._armed.get(profile_id) != due_ms:
                continue
            del self._armed[profile_id]
            profile = self.profiles[profile_id]
            if profile.wake_ms <= due_ms:
                self.wakes += 1
                self.changes += len(wake(self.tables, profile, due_ms))
            self._arm(profile)
        self.wake_seconds += time.perf_counter() - wall

    def _arm(self, profile: Profile) -> None:
        wake_ms = profile.wake_ms
        if wake_ms < self._armed.get(profile.id, engine.NEVER):
            self._armed[profile.id] = wake_ms
            self._wheel.add(wake_ms, profile.id)


def advance_stage(case: Case) -> tuple[float, str, dict[str, float]]:
    """The engine over the whole file; also what of it was events and what was time."""
    population = Population(case.plan)
    with case.folder() as folder:
        resolver = Resolver(case.plan, Path(folder))
        for instants in resolved(case, resolver, []):
            population.take(instants)
        population.take([], case.until_ms)
        hold(case, population.members(resolver), "advance")
        resolver.close()
    count, by_time = len(case.lines), population.wake_seconds / population.wall_seconds
    cpu = population.cpu_seconds
    note = (
        f"apply and wake; an event: {population.wakes / count:.2f} wakes,"
        f" {population.changes / count:.2f} changes"
    )
    return cpu, note, {APPLY: cpu * (1 - by_time), WAKE: cpu * by_time}
