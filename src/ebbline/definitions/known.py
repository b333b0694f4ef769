"""What a rule may refer to: the names and kinds a project knows."""

from __future__ import annotations

import msgspec

from ebbline.definitions.functions import Kind
from ebbline.definitions.plan import EventRule

ALWAYS_EVENTS = frozenset({"*", "Page Viewed", "Screen Viewed", "$identify", "$group", "$alias"})
# Set by calls that name their user, and by calls that tell preferences (`consent.<purpose>`).
ALWAYS_TRAITS: dict[str, Kind] = {"user_id": "text", "consent": "any"}

# A planned timestamp arrives as ISO text, so a rule may treat it as text or as a time.
PLANNED_KINDS: dict[str, Kind] = {
    "string": "text",
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "array": "list",
}


class Known(msgspec.Struct, frozen=True):
    """Names that exist. `traits` holds computed and planned ones with their kinds, `lists` the
    kinds of values that the project's lists hold; `closed` means that events outside `events`
    are not let in."""

    traits: dict[str, Kind] = {}
    computed: frozenset[str] = frozenset()
    audiences: frozenset[str] = frozenset()
    archived: frozenset[str] = frozenset()
    lists: dict[str, frozenset[Kind]] = {}
    events: dict[str, EventRule] = {}
    closed: bool = False


def planned_kind(type_: str) -> Kind:
    """The kind of a value whose tracking plan type is `type_`."""
    return PLANNED_KINDS.get(type_, "any")
