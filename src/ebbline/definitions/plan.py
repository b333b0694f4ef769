"""The checked project as one serialisable value: what the engine and the hosts run."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.definitions.limits import LATENESS_MS_DEFAULT, MEMORY_BYTES_DEFAULT
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


class DestinationDef(msgspec.Struct, frozen=True):
    """Where changes go. `settings` holds the connector's own keys as written (secrets stay
    references such as `env:NAME`)."""

    name: str
    type: str
    settings: dict[str, Any]
    sync: tuple[SyncDef, ...]
    purposes: tuple[str, ...] = ()


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
