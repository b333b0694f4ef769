"""The workload's questions as functions: whether a term holds, and how long that is sure.

A term takes a person and an instant and gives its truth and the next instant at which time
alone may change it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.peers.calls import IDENTIFY, Call
from benchmarks.peers.person import Person
from benchmarks.workload import Question

NEVER = 1 << 62
NANO = 1_000_000_000
DECIMALS = 9  # a score is rounded to so many on reading
DELIVERED, OPENED = "Email Delivered", "Email Opened"

Term = Callable[[Person, int], tuple[bool, int]]


class Score:
    """Points that halve, as they were worth at the first instant that was asked about."""

    def __init__(self, points: Mapping[str, int], half_life_ms: int) -> None:
        self.points = points
        self.half_life_ms = half_life_ms
        self._began_ms: int | None = None

    def of(self, call: Call) -> float:
        """What a call adds to a person's score."""
        points = self.points.get(call.name)
        if points is None:
            return 0.0
        if self._began_ms is None:
            self._began_ms = call.time_ms
        return points * math.exp2((call.time_ms - self._began_ms) / self.half_life_ms)

    def read(self, person: Person, now_ms: int) -> float:
        """The score now, rounded as the product rounds it."""
        if not person.score or self._began_ms is None:
            return 0.0
        faded = math.exp2((self._began_ms - now_ms) / self.half_life_ms)
        return round(person.score * faded, DECIMALS)

    def falls_to(self, bar: float, person: Person, now_ms: int) -> int:
        """The first instant after `now_ms` at which a score above the bar is there."""
        ratio = self.read(person, now_ms) / (bar + 0.5 * 10.0**-DECIMALS)
        at = max(now_ms + 1, now_ms + int(self.half_life_ms * math.log2(ratio)))
        while self.read(person, at) > bar:
            at += 1
        while at - 1 > now_ms and self.read(person, at - 1) <= bar:
            at -= 1
        return at


class Audience:
    """One question: its terms, and the names of the events that may change its answer."""

    def __init__(self, question: Question, score: Score) -> None:
        self.name, parts = question
        self.terms = [_term(feature, op, value, score) for feature, op, value in parts]
        self.names: set[str] = set()  # "*" for every event
        for feature, _, _ in parts:
            self.names |= _names(feature, score)

    def look(self, person: Person, now_ms: int) -> tuple[bool, int]:
        """Whether the person is in, and until when that is sure: the first term that does not
        hold keeps the person out until it may."""
        sure = NEVER
        for term in self.terms:
            true, until = term(person, now_ms)
            if not true:
                return False, until
            if until < sure:
                sure = until
        return True, sure


def _names(feature: Sequence[Any], score: Score) -> set[str]:
    match feature[0]:
        case "count" | "sum" | "avg" | "age":
            return {feature[1]}
        case "newer":
            return {feature[1], feature[2]}
        case "score":
            return set(score.points)
        case "trait":
            return {IDENTIFY}
        case "open3":
            return {DELIVERED, OPENED}
        case _:
            return {"*"}


def _term(feature: Sequence[Any], op: str, value: Any, score: Score) -> Term:
    match feature, op:
        case (("count", name, within_ms), ">=" | ">"):
            return _count(name, within_ms, value if op == ">=" else value + 1)
        case (("sum", name, within_ms), ">"):
            return _sum(name, within_ms, value)
        case (("avg", name), ">"):
            return _average(name, value)
        case (("age", name), "<" | ">=" | ">"):
            return _age(name, value, op)
        case (("age_first",), "<"):
            return lambda person, now_ms: _younger(person.first_ms, value, now_ms)
        case (("newer", a, b), "=="):
            return lambda person, _: ((_last(person, a) > _last(person, b)) is value, NEVER)
        case (("score",), ">"):
            return _score(score, value)
        case (("open3",), ">="):
            return lambda person, _: (_opened(person) >= value, NEVER)
        case (("trait", name), "==" | "!=" | "in"):
            return _trait(name, op, value)
        case _:
            message = f"the workload asks for {feature} {op} {value}, which no peer has a term for"
            raise ValueError(message)


def _count(name: str, within_ms: int, least: int) -> Term:
    def term(person: Person, now_ms: int) -> tuple[bool, int]:
        times = person.happened.get(name, ())
        if len(times) < least or (leaves := times[-least][0] + within_ms) <= now_ms:
            return False, NEVER
        return True, leaves

    return term


def _sum(name: str, within_ms: int, bar: float) -> Term:
    bar_nano = round(bar * NANO)

    def term(person: Person, now_ms: int) -> tuple[bool, int]:
        total, until = 0, NEVER
        for time_ms, _, revenue, _ in reversed(person.happened.get(name, ())):
            if time_ms <= now_ms - within_ms:
                break
            total += round((revenue or 0.0) * NANO)
            until = time_ms + within_ms
        return total > bar_nano, until

    return term


def _average(name: str, bar: float) -> Term:
    bar_nano = round(bar * NANO)

    def term(person: Person, _: int) -> tuple[bool, int]:
        happened = person.happened.get(name, ())
        amounts = [round(each[2] * NANO) for each in happened if each[2] is not None]
        return bool(amounts) and sum(amounts) > bar_nano * len(amounts), NEVER

    return term


def _age(name: str, bar_ms: int, op: str) -> Term:
    def term(person: Person, now_ms: int) -> tuple[bool, int]:
        last_ms = _last(person, name)
        if not last_ms:
            return False, NEVER
        if op == "<":
            return _younger(last_ms, bar_ms, now_ms)
        reached_ms = last_ms + bar_ms + (op == ">")
        return (True, NEVER) if now_ms >= reached_ms else (False, reached_ms)

    return term


def _younger(since_ms: int, bar_ms: int, now_ms: int) -> tuple[bool, int]:
    ends_ms = since_ms + bar_ms
    return (True, ends_ms) if now_ms < ends_ms else (False, NEVER)


def _last(person: Person, name: str) -> int:
    if name == "*":
        return person.last_ms
    of_name = person.happened.get(name)
    return of_name[-1][0] if of_name else 0


def _score(score: Score, bar: float) -> Term:
    def term(person: Person, now_ms: int) -> tuple[bool, int]:
        if score.read(person, now_ms) <= bar:
            return False, NEVER
        return True, score.falls_to(bar, person, now_ms)

    return term


def _opened(person: Person) -> int:
    opened = {each[3] for each in person.happened.get(OPENED, ())}
    return sum(each[3] in opened for each in person.happened.get(DELIVERED, ())[-3:])


def _trait(name: str, op: str, value: Any) -> Term:
    def term(person: Person, _: int) -> tuple[bool, int]:
        entry = person.traits.get(name)
        known = None if entry is None else entry[2]
        if op == "in":
            return known in value, NEVER
        return (known == value) is (op == "=="), NEVER

    return term
