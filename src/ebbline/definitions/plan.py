"""The checked project as one serialisable value: what the engine and the hosts run."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.definitions.limits import (
    LATENCY_ALERT_MS_DEFAULT,
    LATENCY_OBJECTIVE_MS_DEFAULT,
    LATENESS_MS_DEFAULT,
    MEMORY_BYTES_DEFAULT,
    SLO_WINDOW_MS_DEFAULT,
    SUCCESS_DEFAULT,
)
from ebbline.definitions.tree import AnyNode


class IdentifierRule(msgspec.Struct, frozen=True):
    """One identifier type; the order in `Plan.identifiers` is its priority (first = highest)."""

    type: str  # "user_id", "email", "phone", "anonymous_id" or a custom trait's name
    limit: int = 5  # identifiers of this type per profile
    pii: bool = False


class TraitDef(msgspec.Struct, frozen=True):
    """A computed trait."""

    name: str
    value: AnyNode
    type: str  # "boolean" | "number" | "text" | "timestamp" | "list" | "any"
    description: str = ""


class AudienceDef(msgspec.Struct, frozen=True):
    """An audience; `when` already includes its parent as an `AudienceRef` and-ed in front, and
    `consented(purpose)` for each of its purposes.

    Path-dependent options: `exit_when` (then `when` says only who enters), `hold_ms` (the least
    stay) and `cooldown_ms` (the least absence after a stay).
    """

    name: str
    when: AnyNode
    description: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    review_by: str = ""
    parent: str = ""
    exit_when: AnyNode | None = None
    hold_ms: int = 0
    cooldown_ms: int = 0
    purposes: tuple[str, ...] = ()
    sql: str = ""  # a statement whose result is who is in; `when` then asks for that result
    refresh: str = ""


class GroupDef(msgspec.Struct, frozen=True):
    """A priority group: of the listed audiences a person is in, only the first is effective."""

    name: str
    priority: tuple[str, ...]


class SyncDef(msgspec.Struct, frozen=True):
    """One thing a destination receives: an audience (a boolean) or a trait (its value)."""

    field: str  # the name at the destination
    audience: str = ""
    trait: str = ""
    min_change: float | None = None  # least difference of a number worth sending
    mode: str = ""  # in which form, of those the connector offers; "" is its usual one
    changes: str = "net"  # "net": what changes came to; "every": each of them, as an event
    only: str = ""  # "entries" or "exits" of an audience; "" is both
    priority: str = ""  # "high": before everything else for the destination
    purposes: tuple[str, ...] = ()  # besides the destination's


class ProbeDef(msgspec.Struct, frozen=True):
    """A test of the whole way to a destination: an event of a reserved person, and the synced
    trait it changes."""

    every_ms: int
    user: str
    event: str
    trait: str


class ReconcileDef(msgspec.Struct, frozen=True):
    """How a destination is read back: every so often (0: only when somebody asks), everybody or
    (not 0) a sample of people, and whether what has drifted is sent again."""

    every_ms: int = 0
    sample: int = 0
    heal: bool = True


class DestinationDef(msgspec.Struct, frozen=True):
    """Where changes go. `settings` holds the connector's own keys as written (secrets stay
    references such as `env:NAME`)."""

    name: str
    type: str
    settings: dict[str, Any]
    sync: tuple[SyncDef, ...]
    purposes: tuple[str, ...] = ()
    reconcile: ReconcileDef = ReconcileDef()
    probe: ProbeDef | None = None  # off unless asked for


def consent_trait(purpose: str) -> str:
    """The computed trait that says whether somebody consented to a purpose; it is there for
    every purpose a sync has. No trait of a project can have this name."""
    return f"$consent.{purpose}"


class SourceDef(msgspec.Struct, frozen=True):
    """Where events come from."""

    name: str
    write_key: str


class PropertyRule(msgspec.Struct, frozen=True):
    """What the tracking plan says of one property or trait."""

    type: str = "any"  # string | number | integer | boolean | timestamp | array | object | any
    required: bool = False
    aliases: tuple[str, ...] = ()
    pii: bool = False
    schema: dict[str, Any] = {}  # further JSON Schema keywords: minimum, enum, pattern, ...


class EventRule(msgspec.Struct, frozen=True):
    """What the tracking plan says of one event."""

    name: str
    aliases: tuple[str, ...] = ()
    properties: dict[str, PropertyRule] = {}


class TrackingPlan(msgspec.Struct, frozen=True):
    """Events and traits that may come in; empty means everything may."""

    events: dict[str, EventRule] = {}
    traits: dict[str, PropertyRule] = {}
    unplanned: str = "allow"  # events that are not planned: allow | drop_field | quarantine
    on_violation: str = "allow"  # values that break the plan: allow | drop_field | quarantine


class AlertDef(msgspec.Struct, frozen=True):
    """Somebody who is told when an objective is missed: a webhook, or an address that is written
    to over an SMTP server. Secrets stay references."""

    webhook: str = ""
    secret: str = ""
    email: str = ""
    smtp: str = ""
    sender: str = ""
    password: str = ""


class SloDef(msgspec.Struct, frozen=True):
    """What is promised of delivery: this share of changes arrives, and within the objective, in
    any `window_ms`. Past `latency_alert_ms` somebody is told."""

    latency_alert_ms: int = LATENCY_ALERT_MS_DEFAULT
    latency_objective_ms: int = LATENCY_OBJECTIVE_MS_DEFAULT
    success: float = SUCCESS_DEFAULT
    window_ms: int = SLO_WINDOW_MS_DEFAULT
    alerts: tuple[AlertDef, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """A whole checked project. `audiences` stand in dependency order."""

    name: str
    identifiers: tuple[IdentifierRule, ...]
    traits: tuple[TraitDef, ...] = ()
    audiences: tuple[AudienceDef, ...] = ()
    groups: tuple[GroupDef, ...] = ()
    destinations: tuple[DestinationDef, ...] = ()
    sources: tuple[SourceDef, ...] = ()
    tracking: TrackingPlan = TrackingPlan()
    lists: dict[str, tuple[Any, ...]] = {}
    time_zone: str = "UTC"
    lateness_ms: int = LATENESS_MS_DEFAULT  # an event this long after its time counts as late
    memory_bytes: int = MEMORY_BYTES_DEFAULT  # what the engine may keep people in
    slo: SloDef = SloDef()


DEFAULT_IDENTIFIERS = (
    IdentifierRule("user_id", 1),
    IdentifierRule("email", 5, pii=True),
    IdentifierRule("phone", 5, pii=True),
    IdentifierRule("anonymous_id", 100),
)


def encode_plan(plan: Plan) -> bytes:
    """The plan as JSON with sorted keys: equal plans are equal bytes."""
    return msgspec.json.encode(plan, order="sorted")


def decode_plan(data: bytes) -> Plan:
    """The inverse of `encode_plan`."""
    return msgspec.json.decode(data, type=Plan)
