"""What the demo's view shows, as one record: the living view, the plain lines and the SVG are
drawn from it alone."""

from __future__ import annotations

from typing import Any

import msgspec


class Size(msgspec.Struct, frozen=True):
    """An audience, how many are in it, and how that moved in the last seconds."""

    audience: str
    members: int
    effective: int
    moved: int


class Turn(msgspec.Struct, frozen=True):
    """Somebody entered or left, and why."""

    at_ms: int
    who: str
    entered: bool
    audience: str
    why: str


class Arrival(msgspec.Struct, frozen=True):
    """One object the sandbox took."""

    at_ms: int
    who: str
    fields: dict[str, Any]


class Scene(msgspec.Struct, frozen=True):
    """One moment of the demo. `first_seconds` is how long after the start the sandbox held the
    first entry, None before; latencies are milliseconds from a call's sending to the sandbox."""

    seconds: float
    clock_ms: int
    speed: float
    phase: str
    calls: int
    calls_per_second: float
    people: int
    behind: int
    sizes: tuple[Size, ...]
    turns: tuple[Turn, ...]  # the newest first
    requests: int
    objects: int
    refused: int
    arrivals: tuple[Arrival, ...]  # the newest first
    samples: int
    p50_ms: float | None
    p95_ms: float | None
    first_seconds: float | None
