"""What reading a data folder gives: plain records, times in UTC milliseconds."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.profiles.graph import Identifier


class Membership(msgspec.Struct, frozen=True):
    """One audience a person satisfies; `effective` is False when a priority group lets another
    audience go before it, which `suppressed_by` then names."""

    audience: str
    since_ms: int
    effective: bool
    suppressed_by: str = ""


class Trait(msgspec.Struct, frozen=True):
    """A trait as somebody sent it, and when."""

    name: str
    value: Any
    at_ms: int
    message_id: str


class Person(msgspec.Struct, frozen=True):
    """Everything known about one person at one instant."""

    profile: int
    now_ms: int
    identifiers: tuple[Identifier, ...]
    sent: tuple[Trait, ...]
    computed: dict[str, Any]
    memberships: tuple[Membership, ...]
    wake_ms: int | None  # the next instant at which time alone may change something


class Member(msgspec.Struct, frozen=True):
    """Somebody in an audience; `identifier` is the one of highest priority. `since_ms` is None
    where only a query over history was asked, which knows no before."""

    profile: int
    type: str
    identifier: str
    since_ms: int | None
    effective: bool


class Count(msgspec.Struct, frozen=True):
    """How many people satisfy an audience, and for how many it is effective."""

    audience: str
    members: int
    effective: int


class Told(msgspec.Struct, frozen=True):
    """One entry of the ledger. `cause` is a messageId, None when the clock alone was it;
    `person` the best identifier of the profile, empty when it was merged away."""

    seq: int
    profile: int
    person: str
    number: int
    kind: str
    definition: str
    at_ms: int
    cause: str | None
    log_offset: int
    value: Any


class Status(msgspec.Struct, frozen=True):
    """How a data folder stands. `behind` counts log entries not yet in the state."""

    running: bool
    now_ms: int
    log_offset: int
    log_now_ms: int
    state_offset: int
    state_now_ms: int
    behind: int
    profiles: int
    identifiers: int
    members: int
    ledger: int
    quarantined: int
    quarantine_trimmed: int
    log_bytes: int
    state_bytes: int
    next_due_ms: int | None
    figures: dict[str, int] = {}  # of identity and lateness, since the folder began
