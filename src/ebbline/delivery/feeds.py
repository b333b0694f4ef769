"""Which definitions a destination receives, under which names, and in which form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ebbline.definitions.plan import DestinationDef, Plan, SyncDef, consent_trait

AUDIENCE = "audience"
CONSENT = "consent"
ERRAND = "errand"

ATTRIBUTE = "attribute"
LIST = "list"
SUBSCRIPTION = "subscription"
EVENT = "event"
TRIGGER = "trigger"
TELLING = frozenset([EVENT, TRIGGER])
"""Modes that tell a change rather than set a value: a repeat is a second event, and what
changed before the sync was there is not told."""

FOLLOW = "$follow"
"""The errand that joins an address to the one its person moved to; its value names that."""
ERASE = "$erase"
"""The errand that has a destination forget an address altogether."""

Only = Literal["", "entries", "exits"]


class Feed(msgspec.Struct, frozen=True, gc=False):
    """One field at a destination. `kind` is "audience" or the trait's type; `source` names what
    fills it, so that a field which comes to mean something else is noticed.

    `mode` is one the connector offers: "attribute" and "subscription" hold the newest value,
    "list" a membership; "event" tells a change, "trigger" starts something for the person. With
    `every` each change is told, otherwise what they came to.
    `only` leaves out entries or exits. An `urgent` field goes before the others'. A value is
    withheld from people who have not consented to all `purposes`.
    """

    field: str
    kind: str
    source: str  # "audience:high_intent" or "trait:lead_score"
    min_change: float | None = None
    mode: str = ATTRIBUTE
    every: bool = False
    only: Only = ""
    urgent: bool = False
    purposes: tuple[str, ...] = ()

    @property
    def tells(self) -> bool:
        """Whether it tells changes rather than sets values."""
        return self.mode in TELLING


ERRANDS = {field: Feed(field, ERRAND, f"errand:{field}", mode=field) for field in (FOLLOW, ERASE)}


def feeds_of(plan: Plan, destination: DestinationDef, usual: str = ATTRIBUTE) -> tuple[Feed, ...]:
    """The feeds of one destination, whose `usual` mode is that of syncs that name none; of two
    with the same field the later one counts."""
    types = {trait.name: trait.type for trait in plan.traits}
    found = {sync.field: _feed(sync, types, destination, usual) for sync in destination.sync}
    return tuple(found.values())


def _feed(sync: SyncDef, types: Mapping[str, str], destination: DestinationDef, usual: str) -> Feed:
    kind = AUDIENCE if sync.audience else types.get(sync.trait, "any")
    source = f"audience:{sync.audience}" if sync.audience else f"trait:{sync.trait}"
    purposes = tuple(sorted({*destination.purposes, *sync.purposes}))
    every = sync.changes == "every"
    mode = sync.mode or usual
    only: Any = sync.only or ("entries" if mode == TRIGGER and sync.audience else "")
    return Feed(sync.field, kind, source, sync.min_change, sync.mode or usual, every, only,
                sync.priority == "high", purposes)  # fmt: skip


def consent_fields(feeds: Mapping[str, Feed]) -> dict[str, str]:
    """The fields that hold people's consents, by the source that fills each."""
    purposes = {purpose for feed in feeds.values() for purpose in feed.purposes}
    return {f"trait:{consent_trait(p)}": consent_field(p) for p in sorted(purposes)}


def consent_field(purpose: str) -> str:
    """Where a person's consent to a purpose is kept; no destination receives it."""
    return consent_trait(purpose)


def feed_of(feeds: Mapping[str, Feed], field: str) -> Feed | None:
    """The feed of a cell's field; None for one whose sync was removed. Single changes are
    kept as `field#seq`."""
    found = feeds.get(field)
    if found is None and "#" in field:
        found = feeds.get(field.rpartition("#")[0])
        return found if found is not None and found.every else None
    return found
