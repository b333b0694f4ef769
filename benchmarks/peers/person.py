"""What is kept of one person: everything that happened, by name and in order of time."""

from __future__ import annotations

from bisect import insort
from typing import Any

from benchmarks.peers.calls import IDENTIFY, Call

Happening = tuple[int, str, float | None, str | None]  # time_ms, messageId, revenue, campaign


class Person:
    """One person's past, the audiences they are in, and one pending timer for each audience.

    `score` is the sum of points as they were worth at the first instant of all, so a reading
    is one multiplication.
    """

    __slots__ = ("first_ms", "happened", "inside", "last_ms", "merged_into", "name", "score",
                 "timers", "traits")  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.happened: dict[str, list[Happening]] = {}
        self.first_ms = self.last_ms = 0
        self.score = 0.0
        self.traits: dict[str, tuple[int, str, Any]] = {}
        self.inside: set[int] = set()
        self.timers: dict[int, int] = {}
        self.merged_into: Person | None = None

    def add(self, call: Call, points: float) -> None:
        """Take in a call, late or not; `points` is what it adds to the score."""
        self._seen(call.time_ms, call.time_ms)
        self.score += points
        told = (call.time_ms, call.message_id, call.revenue, call.campaign)
        of_name = self.happened.setdefault(call.name, [])
        if not of_name or of_name[-1] <= told[:2]:
            of_name.append(told)
        else:
            insort(of_name, told, key=lambda each: each[:2])
        if call.name == IDENTIFY and call.traits:
            for name, value in call.traits.items():
                self._trait(name, (call.time_ms, call.message_id, value))

    def absorb(self, other: Person) -> None:
        """Everything the other one did was this person's doing."""
        self._seen(other.first_ms, other.last_ms)
        self.score += other.score
        for name, theirs in other.happened.items():
            both = [*self.happened.get(name, []), *theirs]
            self.happened[name] = sorted(both, key=lambda each: each[:2])
        for name, entry in other.traits.items():
            self._trait(name, entry)
        other.merged_into = self
        other.inside, other.timers = set(), {}

    def final_name(self) -> str:
        """The name of whom this person turned out to be."""
        person = self
        while person.merged_into is not None:
            person = person.merged_into
        return person.name

    def _seen(self, first_ms: int, last_ms: int) -> None:
        if not self.first_ms or first_ms < self.first_ms:
            self.first_ms = first_ms
        if last_ms > self.last_ms:
            self.last_ms = last_ms

    def _trait(self, name: str, entry: tuple[int, str, Any]) -> None:
        known = self.traits.get(name)
        if known is None or known[:2] < entry[:2]:
            self.traits[name] = entry
