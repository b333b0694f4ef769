"""Shapes of definitions: audiences, traits, versions and what a change would do."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ebbline.client.shapes.words import Instant, Reason

_RULE = 'count("Order Completed", within="30d") >= 3'


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """People in an audience, and those of them for whom it is effective."""

    members: Annotated[int, Meta(examples=[120])]
    effective: Annotated[int, Meta(examples=[118])]


class AudienceListed(msgspec.Struct, frozen=True, kw_only=True):
    """An audience in the catalogue."""

    name: Annotated[str, Meta(examples=["vip"])]
    description: str
    owner: Annotated[str, Meta(examples=["crm"])]
    tags: Annotated[list[str], Meta(examples=[["retention"]])]
    purposes: Annotated[list[str], Meta(examples=[["marketing"]])]
    review_by: Annotated[str | None, Meta(examples=["2026-12-01"])]
    parent: str | None
    size: Size
    destinations: Annotated[list[str], Meta(examples=[["braze"]])]


class Audiences(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue, as of an instant."""

    audiences: list[AudienceListed]
    at: Instant | None


class Sql(msgspec.Struct, frozen=True, kw_only=True):
    """An audience as a query over a table of events, in a warehouse's SQL."""

    audience: Annotated[str, Meta(examples=["vip"])]
    dialect: Annotated[str, Meta(examples=["duckdb"])]
    at: Instant | None
    sql: Annotated[str, Meta(examples=["SELECT ..."])]


class AudienceShown(AudienceListed, frozen=True, kw_only=True):
    """An audience whole. `rule` is the text that is live, parents and-ed in front; `english` the
    same in words. `refresh` is of one with SQL of its own, which stands in `sql`."""

    rule: Annotated[str, Meta(examples=[_RULE])]
    english: Annotated[str, Meta(examples=['did "Order Completed" at least 3 times'])]
    exit_rule: str | None
    exit_english: str | None
    hold_ms: Annotated[int, Meta(examples=[0])]
    cooldown_ms: Annotated[int, Meta(examples=[0])]
    sql: str | None
    refresh: str | None
    parents: Annotated[list[str], Meta(examples=[[]])]
    uses_audiences: Annotated[list[str], Meta(examples=[[]])]
    uses_traits: Annotated[list[str], Meta(examples=[["plan"]])]
    used_by: Annotated[list[str], Meta(examples=[[]])]
    groups: Annotated[list[str], Meta(examples=[[]])]


class TraitShown(msgspec.Struct, frozen=True, kw_only=True):
    """A computed trait."""

    name: Annotated[str, Meta(examples=["orders"])]
    type: Annotated[str, Meta(examples=["number"])]
    description: str
    rule: Annotated[str, Meta(examples=['count("Order Completed")'])]
    english: Annotated[str, Meta(examples=['the number of "Order Completed"'])]
    destinations: Annotated[list[str], Meta(examples=[[]])]


class Traits(msgspec.Struct, frozen=True, kw_only=True):
    """Every computed trait of the live definitions."""

    traits: list[TraitShown]


class Project(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project to look at. `files` are texts by path inside its folder; null means the folder
    that the system was started with. `counts`: foretell who would enter and leave."""

    files: Annotated[dict[str, str] | None, Meta(examples=[{"ebbline.yml": "name: shop\n"}])] = None
    counts: bool = True


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something wrong in a project file; line and column count from 1, 0: the whole file."""

    file: Annotated[str, Meta(examples=["audiences/vip.yml"])]
    line: Annotated[int, Meta(examples=[3])]
    column: Annotated[int, Meta(examples=[9])]
    length: Annotated[int, Meta(examples=[5])]
    severity: Literal["error", "warning"]
    code: Annotated[str, Meta(examples=["unknown_trait"])]
    message: Annotated[str, Meta(examples=["there is no trait ordrs"])]
    text: str
    hint: str


class Validated(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a project could run, and everything found in it."""

    valid: bool
    findings: list[Found]


class Differing(msgspec.Struct, frozen=True, kw_only=True):
    """A definition that differs from what is live; `rule`: more than words about it."""

    kind: Annotated[str, Meta(examples=["audience"])]
    name: Annotated[str, Meta(examples=["vip"])]
    change: Literal["new", "changed", "removed"]
    old: str
    new: Annotated[str, Meta(examples=[_RULE])]
    rule: bool


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of an audience, with some of the people who would enter and leave."""

    audience: Annotated[str, Meta(examples=["vip"])]
    before: Annotated[int, Meta(examples=[100])]
    after: Annotated[int, Meta(examples=[120])]
    enters: Annotated[int, Meta(examples=[20])]
    leaves: Annotated[int, Meta(examples=[0])]
    suppressed: Annotated[int, Meta(examples=[0])]
    restored: Annotated[int, Meta(examples=[0])]
    entering: Annotated[list[str], Meta(examples=[["ana"]])]
    leaving: Annotated[list[str], Meta(examples=[[]])]


class TraitEffect(msgspec.Struct, frozen=True, kw_only=True):
    """For how many people a published trait changes."""

    trait: Annotated[str, Meta(examples=["orders"])]
    people: Annotated[int, Meta(examples=[12])]


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """What a destination would be sent, and how long its documented rate makes that take."""

    destination: Annotated[str, Meta(examples=["braze"])]
    people: Annotated[int, Meta(examples=[20])]
    calls: Annotated[int, Meta(examples=[1])]
    minutes: Annotated[float, Meta(examples=[0.1])]
    fields: Annotated[dict[str, int], Meta(examples=[{"vip": 20}])]
    note: str


class Foretold(msgspec.Struct, frozen=True, kw_only=True):
    """What making it live would do, as of an instant. `how` says what answered."""

    at: Instant | None
    people: Annotated[int, Meta(examples=[12_000])]
    effects: list[Effect]
    traits: list[TraitEffect]
    costs: list[Cost]
    how: Annotated[str, Meta(examples=["sql"])]
    seconds: Annotated[float, Meta(examples=[0.2])]


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """A project beside what is live. Without `valid` there are findings and nothing else."""

    valid: bool
    findings: list[Found]
    changes: list[Differing]
    preview: Foretold | None


class Apply(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project to make live; `files` as in a plan."""

    files: Annotated[dict[str, str] | None, Meta(examples=[{"ebbline.yml": "name: shop\n"}])] = None
    note: Reason = ""


class Rollback(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An older version to make live again; null: the one that was live before."""

    version: Annotated[int | None, Meta(examples=[2])] = None
    note: Reason = ""


class Build(msgspec.Struct, frozen=True, kw_only=True):
    """How the build of a version does. `left_ms` is null while nobody can say."""

    version: Annotated[int, Meta(examples=[4])]
    state: Literal["waiting", "building", "ready", "failed"]
    events: Annotated[int, Meta(examples=[1_000])]
    events_all: Annotated[int | None, Meta(examples=[2_000])]
    left_ms: Annotated[int | None, Meta(examples=[1_500])]
    error: str


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the definitions. `changes` counts what differs from the one before."""

    version: Annotated[int, Meta(examples=[3])]
    state: Literal["open", "live", "replaced", "superseded", "withdrawn"]
    proposed: Instant | None
    live: Instant | None
    by: Annotated[str, Meta(examples=["ana"])]
    note: str
    rollback_to: Annotated[int | None, Meta(examples=[None])]
    changes: Annotated[int, Meta(examples=[2])]


class Versions(msgspec.Struct, frozen=True, kw_only=True):
    """Every version there has been, and the build that is on its way."""

    versions: list[Version]
    build: Build | None


class VersionShown(msgspec.Struct, frozen=True, kw_only=True):
    """One version with what it changed."""

    version: Version
    differences: list[Differing]


class Proposed(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an order to make something live: the version that is built now, or null
    where that is live already. `running`: a system is there to build it."""

    version: Version | None
    changes: list[Differing]
    running: bool


class PropertyPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """What the tracking plan says of a property or trait."""

    type: Annotated[str, Meta(examples=["number"])]
    required: bool
    aliases: Annotated[list[str], Meta(examples=[[]])]
    pii: bool
    schema: Annotated[dict[str, Any], Meta(examples=[{"minimum": 0}])]


class EventPlanned(msgspec.Struct, frozen=True, kw_only=True):
    """What the tracking plan says of an event."""

    name: Annotated[str, Meta(examples=["Order Completed"])]
    aliases: Annotated[list[str], Meta(examples=[["order_completed"]])]
    properties: dict[str, PropertyPlanned]


class TrackingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Events and traits that may come in, and what happens to others."""

    events: list[EventPlanned]
    traits: dict[str, PropertyPlanned]
    unplanned: Literal["allow", "drop_field", "quarantine"]
    on_violation: Literal["allow", "drop_field", "quarantine"]
