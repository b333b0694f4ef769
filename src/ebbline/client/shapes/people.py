"""Shapes of people: who they are, what they did, which audiences they are in and why."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from ebbline.client.shapes.words import Fields, Instant, Name, Person, Reason


class IdentifierHeld(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier of a person, and what brought it."""

    type: Annotated[str, Meta(examples=["email"])]
    value: Annotated[str, Meta(examples=["ana@example.com"])]
    first: Instant | None
    message_id: Annotated[str, Meta(examples=["m-1"])]


class TraitSent(msgspec.Struct, frozen=True, kw_only=True):
    """A trait as somebody sent it."""

    name: Annotated[str, Meta(examples=["plan"])]
    value: Annotated[Any, Meta(examples=["pro"])]
    at: Instant | None
    message_id: Annotated[str, Meta(examples=["m-1"])]


class AudienceHeld(msgspec.Struct, frozen=True, kw_only=True):
    """An audience that a person is in."""

    audience: Annotated[str, Meta(examples=["vip"])]
    since: Instant | None
    effective: Annotated[bool, Meta(examples=[True])]


class MembershipShown(AudienceHeld, frozen=True, kw_only=True):
    """The same, with the audience of a priority group that goes before it."""

    suppressed_by: str | None


class Memberships(msgspec.Struct, frozen=True, kw_only=True):
    """One person's audiences at this moment."""

    profile: Annotated[int, Meta(examples=[17])]
    audiences: list[AudienceHeld]


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """One person at an instant. `computed` are computed traits (timestamps as instants);
    `next_change` is when time alone may change something."""

    profile: Annotated[int, Meta(examples=[17])]
    at: Instant | None
    identifiers: list[IdentifierHeld]
    traits: list[TraitSent]
    computed: Annotated[dict[str, Any], Meta(examples=[{"orders": 3}])]
    audiences: list[MembershipShown]
    next_change: Instant | None


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a person: when it happened, and when it was known."""

    at: Instant | None
    known: Instant | None
    type: Annotated[str, Meta(examples=["track"])]
    name: Annotated[str, Meta(examples=["Order Completed"])]
    message_id: Annotated[str, Meta(examples=["m-1"])]
    source: Annotated[str, Meta(examples=["web"])]
    properties: Annotated[dict[str, Any], Meta(examples=[{"revenue": 20}])]
    traits: Fields
    context: Fields
    flags: Annotated[list[str], Meta(examples=[[]])]
    log_offset: Annotated[int, Meta(examples=[1_204])]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A person's events, newest first; `older` is where the next page begins."""

    profile: Annotated[int, Meta(examples=[17])]
    events: list[Happened]
    older: Annotated[str | None, Meta(examples=["1767225600000:7:3:m-1"])]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a rule: whether it holds, the evidence, and when that flips by time alone."""

    depth: Annotated[int, Meta(examples=[0])]
    truth: bool
    text: Annotated[str, Meta(examples=['did "Order Completed" at least 3 times'])]
    note: Annotated[str, Meta(examples=["2x in all"])]
    flips: Instant | None
    was: bool | None = None


class ChangeToCome(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger would get."""

    kind: Annotated[str, Meta(examples=["entered"])]
    definition: Annotated[str, Meta(examples=["vip"])]
    at: Instant | None


class Supposition(msgspec.Struct, frozen=True, kw_only=True):
    """What calls that never came would do: how it was before, and what else would change."""

    was_member: bool
    changes: list[ChangeToCome]
    merges: Annotated[int, Meta(examples=[0])]


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a person is in an audience or not. `until` is never later than the next change by time
    alone, and `until_is_the_change` says whether it is one; null: time changes nothing."""

    profile: Annotated[int, Meta(examples=[17])]
    audience: Annotated[str, Meta(examples=["vip"])]
    at: Instant | None
    member: bool
    effective: bool
    suppressed_by: str | None
    since: Instant | None
    cause: Annotated[str | None, Meta(examples=["m-1"])]
    cause_event: Annotated[str | None, Meta(examples=["Order Completed"])]
    until: Instant | None
    until_is_the_change: bool
    lines: list[Line]
    supposed: Supposition | None


class Suppose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Calls as an SDK would send them, without ids and times, as if they came now."""

    user: Person
    audience: Name
    calls: Annotated[
        list[dict[str, Any]],
        Meta(min_length=1, max_length=100, examples=[[{"type": "track", "event": "Demo"}]]),
    ]
    at: Instant | None = None


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody became part of somebody else; `undone_by` is the command that parted them."""

    at: Instant | None
    cause: Annotated[str, Meta(examples=["m-1"])]
    winner: Annotated[int, Meta(examples=[17])]
    winner_anchor: Annotated[str, Meta(examples=["user_id:ana"])]
    loser: Annotated[int, Meta(examples=[18])]
    loser_anchor: Annotated[str, Meta(examples=["anonymous_id:a-1"])]
    undone_by: str | None


class Apart(msgspec.Struct, frozen=True, kw_only=True):
    """Two identifiers that were parted by hand."""

    identifier: Annotated[str, Meta(examples=["user_id:ana"])]
    other: Annotated[str, Meta(examples=["anonymous_id:a-1"])]
    log_offset: Annotated[int, Meta(examples=[1_204])]


class KeptOut(msgspec.Struct, frozen=True, kw_only=True):
    """An identifier that protection kept out of a person."""

    type: Annotated[str, Meta(examples=["email"])]
    value: Annotated[str, Meta(examples=["info@example.com"])]
    reason: Annotated[str, Meta(examples=["limit"])]
    times: Annotated[int, Meta(examples=[2])]
    first: Instant | None
    last: Instant | None
    message_id: str


class Commanded(msgspec.Struct, frozen=True, kw_only=True):
    """A decision of people about a person, and what came of it."""

    at: Instant | None
    log_offset: Annotated[int, Meta(examples=[1_204])]
    outcome: Annotated[str, Meta(examples=["done"])]
    command: Annotated[dict[str, Any] | None, Meta(examples=[{"type": "merge", "id": "merge-1"}])]


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What made somebody one person: a graph with its reasons."""

    profile: Annotated[int, Meta(examples=[17])]
    identifiers: list[IdentifierHeld]
    merges: list[Merged]
    parted: list[Apart]
    kept_out: list[KeptOut]
    commands: list[Commanded]


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody in an audience, by their strongest identifier. `since` is null where a query over
    history answered, which knows no before."""

    profile: Annotated[int, Meta(examples=[17])]
    type: Annotated[str, Meta(examples=["user_id"])]
    identifier: Annotated[str, Meta(examples=["ana"])]
    since: Instant | None
    effective: Annotated[bool, Meta(examples=[True])]


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an audience; `next` is the cursor of the next one, null behind the last."""

    audience: Annotated[str, Meta(examples=["vip"])]
    at: Instant | None
    how: Annotated[Literal["state", "ledger", "sql", "refold", "clock"], Meta(examples=["state"])]
    members: list[Member]
    next: Annotated[str | None, Meta(examples=["17"])]


class Merge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two people who are one."""

    one: Person
    other: Person
    reason: Reason = ""


class Unmerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who was never one. Either `cause` names what merged (null: the latest merge), or
    `identifiers` part from those of `keep` (empty: from `user`)."""

    user: Person
    cause: Annotated[str, Meta(max_length=1_000, examples=["m-1"])] | None = None
    identifiers: Annotated[list[Person], Meta(max_length=100, examples=[[]])] = []
    keep: Annotated[list[Person], Meta(max_length=100, examples=[[]])] = []
    reason: Reason = ""


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A membership by hand, whatever the rule says; null `until`: until it is cleared."""

    user: Person
    audience: Name
    inside: bool
    until: Instant | None = None
    reason: Reason = ""


class ClearOverride(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The audience's rule counts again."""

    user: Person
    audience: Name
    reason: Reason = ""


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that is written down. `outcome` is "done", or null while the engine has not
    come to it."""

    id: Annotated[str, Meta(examples=["merge-18a"])]
    log_offset: Annotated[int, Meta(examples=[1_204])]
    outcome: Annotated[str | None, Meta(examples=["done"])]


class Evaluate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who is made up: calls with their own timestamps, in a world of their own. Exactly
    one of `audience` and `rule` is asked; `at` null: just after the last call."""

    calls: Annotated[
        list[dict[str, Any]],
        Meta(
            max_length=1_000,
            examples=[
                [{"type": "track", "event": "Demo", "timestamp": "2026-05-01T12:00:00.000Z"}]
            ],
        ),
    ] = []
    audience: Annotated[str, Meta(max_length=200, examples=["vip"])] | None = None
    rule: Annotated[str, Meta(max_length=20_000)] | None = None
    at: Instant | None = None


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """The truth about somebody made up, and why. `audiences` are all they would be in."""

    audience: Annotated[str | None, Meta(examples=["vip"])]
    at: Instant | None
    member: bool
    effective: bool
    suppressed_by: str | None
    until: Instant | None
    until_is_the_change: bool
    lines: list[Line]
    audiences: list[MembershipShown]
    computed: Annotated[dict[str, Any], Meta(examples=[{"orders": 3}])]


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the ledger. `cause` is a messageId, null when the clock alone was it."""

    seq: Annotated[int, Meta(examples=[88])]
    profile: Annotated[int, Meta(examples=[17])]
    person: Annotated[str | None, Meta(examples=["ana"])]
    number: Annotated[int, Meta(examples=[4])]
    kind: Annotated[str, Meta(examples=["entered"])]
    definition: Annotated[str, Meta(examples=["vip"])]
    at: Instant | None
    cause: Annotated[str | None, Meta(examples=["m-1"])]
    log_offset: Annotated[int, Meta(examples=[1_204])]
    value: Annotated[Any, Meta(examples=[True])]


class Ledger(msgspec.Struct, frozen=True, kw_only=True):
    """Entries in order, oldest first; `last` is the seq to go on from with `after`, `end` the
    ledger's last one."""

    entries: list[Told]
    last: Annotated[int | None, Meta(examples=[88])]
    end: Annotated[int, Meta(examples=[88])]
