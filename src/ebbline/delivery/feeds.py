"""Which definitions a destination receives, and under which names."""

from __future__ import annotations

import msgspec

from ebbline.definitions.plan import DestinationDef, Plan

AUDIENCE = "audience"


class Feed(msgspec.Struct, frozen=True, gc=False):
    """One field at a destination. `kind` is "audience" or the trait's type; `source` names what
    fills it, so that a field which comes to mean something else is noticed."""

    field: str
    kind: str
    source: str  # "audience:high_intent" or "trait:lead_score"
    min_change: float | None = None


def feeds_of(plan: Plan, destination: DestinationDef) -> tuple[Feed, ...]:
    """The feeds of one destination; of two with the same field the later one counts."""
    types = {trait.name: trait.type for trait in plan.traits}
    found: dict[str, Feed] = {}
    for sync in destination.sync:
        if sync.audience:
            feed = Feed(sync.field, AUDIENCE, f"audience:{sync.audience}")
        else:
            kind = types.get(sync.trait, "any")
            feed = Feed(sync.field, kind, f"trait:{sync.trait}", sync.min_change)
        found[sync.field] = feed
    return tuple(found.values())
