"""The simple conditions on one track that have a fast form; see `atoms` for how rules get there."""

from __future__ import annotations

import msgspec


class CountAtom(msgspec.Struct, frozen=True):
    """At least `least` events, within `within_ms` or (None) ever."""

    least: int
    within_ms: int | None


class AgeAtom(msgspec.Struct, frozen=True):
    """The first or the last event is at least `age_ms` old."""

    age_ms: int
    end: str  # "first" | "last"


class SumAtom(msgspec.Struct, frozen=True):
    """The sum within `within_ms` is above `bar` billionths (or on it, when `inclusive`)."""

    bar: int
    inclusive: bool
    within_ms: int


Atom = CountAtom | AgeAtom | SumAtom
