"""Shapes of what was sent to destinations, whether they hold it, and how fast it got there."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from ebbline.client.shapes.words import Instant, Name


class Destination(msgspec.Struct, frozen=True, kw_only=True):
    """How a destination does. `waiting` are people with something to send, `dead` values that
    were laid aside."""

    name: Annotated[str, Meta(examples=["braze"])]
    type: Annotated[str | None, Meta(examples=["braze"])]
    state: Annotated[str, Meta(examples=["closed"])]
    reason: str
    since: Instant | None
    people: Annotated[int, Meta(examples=[11_000])]
    waiting: Annotated[int, Meta(examples=[0])]
    dead: Annotated[int, Meta(examples=[0])]
    last_done: Instant | None
    sync: Annotated[list[str], Meta(examples=[["audience:vip"]])]


class Destinations(msgspec.Struct, frozen=True, kw_only=True):
    """Every destination that was ever set up."""

    destinations: list[Destination]


class Ordered(msgspec.Struct, frozen=True, kw_only=True):
    """An order is left for the delivering process; `running`: it is there and does it now."""

    running: bool
    values: Annotated[int | None, Meta(examples=[3])]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt: a request to a destination."""

    id: Annotated[int, Meta(examples=[5])]
    destination: Annotated[str, Meta(examples=["braze"])]
    state: Annotated[str, Meta(examples=["done"])]
    attempt: Annotated[int, Meta(examples=[1])]
    people: Annotated[int, Meta(examples=[50])]
    changed: Instant | None
    queued: Instant | None
    sent: Instant | None
    answered: Instant | None
    status: Annotated[int | None, Meta(examples=[201])]
    reason: str
    dead: Annotated[int, Meta(examples=[0])]


class Deliveries(msgspec.Struct, frozen=True, kw_only=True):
    """Attempts, newest first; `older` is where the next page begins."""

    deliveries: list[Delivery]
    older: Annotated[int | None, Meta(examples=[None])]


class DeliveryShown(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt with its raw request and reply (secrets masked; null when not kept any more)
    and what became of each person."""

    delivery: Delivery
    items: Annotated[list[dict[str, Any]], Meta(examples=[[{"address": "ana"}]])]
    request: Annotated[dict[str, Any] | None, Meta(examples=[{"method": "POST"}])]
    response: Annotated[dict[str, Any] | None, Meta(examples=[{"status": 201}])]


class Reconcile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A destination to read back. `sample`: so many people by chance, 0: everybody; `heal`: send
    again what has drifted."""

    destination: Name
    sample: Annotated[int, Meta(ge=0, le=1_000_000_000, examples=[0])] = 0
    heal: bool = True


class Started(msgspec.Struct, frozen=True, kw_only=True):
    """A reconciliation that was ordered; its report is there once it has begun."""

    id: Annotated[str, Meta(examples=["braze-1767225600000000000"])]


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A field where a destination holds something else than it should."""

    address: Annotated[str, Meta(examples=["ana"])]
    field: Annotated[str, Meta(examples=["vip"])]
    kind: Annotated[str, Meta(examples=["missing"])]
    expected: Annotated[Any, Meta(examples=[True])]
    found: Annotated[Any, Meta(examples=[None])]


class SideBySide(msgspec.Struct, frozen=True, kw_only=True):
    """An audience here and there."""

    audience: Annotated[str, Meta(examples=["vip"])]
    field: Annotated[str, Meta(examples=["vip"])]
    members: Annotated[int, Meta(examples=[120])]
    reachable: Annotated[int, Meta(examples=[118])]
    acknowledged: Annotated[int, Meta(examples=[118])]
    waiting: Annotated[int, Meta(examples=[0])]
    found: Annotated[int | None, Meta(examples=[118])]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a reconciliation came to. All drifts are counted, by kind."""

    id: Annotated[str, Meta(examples=["braze-1767225600000000000"])]
    destination: Annotated[str, Meta(examples=["braze"])]
    started: Instant | None
    ended: Instant | None
    state: Annotated[str, Meta(examples=["done"])]
    problem: str
    method: Annotated[str, Meta(examples=["read back"])]
    sample: Annotated[int, Meta(examples=[0])]
    people: Annotated[int, Meta(examples=[120])]
    compared: Annotated[int, Meta(examples=[120])]
    moving: Annotated[int, Meta(examples=[0])]
    drifts: Annotated[int, Meta(examples=[1])]
    healed: Annotated[int, Meta(examples=[1])]
    kinds: Annotated[dict[str, int], Meta(examples=[{"missing": 1}])]
    counts: list[SideBySide]


class Reports(msgspec.Struct, frozen=True, kw_only=True):
    """Reports, newest first."""

    reports: list[Report]


class ReportShown(msgspec.Struct, frozen=True, kw_only=True):
    """One report with its first drifts, one by one."""

    report: Report
    drifts: list[Drift]


class Objective(msgspec.Struct, frozen=True, kw_only=True):
    """What the project promises."""

    latency_alert_ms: Annotated[int, Meta(examples=[60_000])]
    latency_objective_ms: Annotated[int, Meta(examples=[5_000])]
    success: Annotated[float, Meta(examples=[0.999])]
    window_ms: Annotated[int, Meta(examples=[2_592_000_000])]


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of a destination (`source` null) or of an audience or trait it gets."""

    source: Annotated[str | None, Meta(examples=["audience:vip"])]
    figures: Annotated[dict[str, Any], Meta(examples=[{"changes": 120, "p95_ms": 900.0}])]
    latency_burn_1h: Annotated[float, Meta(examples=[0.1])]
    success_burn_1h: Annotated[float, Meta(examples=[0.0])]


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm that is not over."""

    indicator: Annotated[str, Meta(examples=["latency"])]
    rule: Annotated[str, Meta(examples=["fast"])]
    state: Annotated[str, Meta(examples=["firing"])]
    since: Instant | None


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """The latest probe of the whole way."""

    sent: Instant | None
    answered: Instant | None
    state: Annotated[str, Meta(examples=["in time"])]
    stage: str
    error: str


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The service levels of a destination."""

    destination: Annotated[str, Meta(examples=["braze"])]
    levels: list[Level]
    overdue: Annotated[int, Meta(examples=[0])]
    waits_in: str
    alarms: list[Alarm]
    silenced_until: Instant | None
    probe: Probe | None


class Slo(msgspec.Struct, frozen=True, kw_only=True):
    """Every destination against what is promised, over a window."""

    objective: Objective
    window_ms: Annotated[int, Meta(examples=[2_592_000_000])]
    destinations: list[Standing]


class Silence(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Tell nobody of a destination's alarms for so long; 0 ends a silence."""

    destination: Name
    seconds: Annotated[int, Meta(ge=0, le=2_592_000, examples=[3_600])] = 3_600


class Silenced(msgspec.Struct, frozen=True, kw_only=True):
    """Until when nobody is told; null: somebody is told again."""

    destination: Annotated[str, Meta(examples=["braze"])]
    until: Instant | None
