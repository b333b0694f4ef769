"""Short ways to write rules, events and plans by hand in tests."""

from __future__ import annotations

from typing import Any

from ebbline.definitions import tree
from ebbline.definitions.plan import (
    DEFAULT_IDENTIFIERS,
    AudienceDef,
    GroupDef,
    Plan,
    TraitDef,
)
from ebbline.definitions.tree import AnyNode
from ebbline.events.event import Event, EventType

S, M, H, D = 1_000, 60_000, 3_600_000, 86_400_000
T0 = 1_750_000_000_000  # 2025-06-15T15:06:40Z


def node(value: Any) -> AnyNode:
    """A literal of a plain value, a list of a tuple; a node stays itself."""
    if isinstance(value, tree.Node):
        return value  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tree.Items(tuple(map(node, value)))
    return tree.Literal(value)


def names(events: str | tree.Events) -> tree.Events:
    """Events by name; several are parted by a bar."""
    return events if isinstance(events, tree.Events) else tree.Events(tuple(events.split("|")))


def agg(
    name: Any,
    events: str,
    x: Any = None,
    *,
    where: AnyNode | None = None,
    within: int | None = None,
    before: int | None = None,
    since: AnyNode | None = None,
    n: int | None = None,
) -> AnyNode:
    """An event function."""
    found = tree.Events(tuple(events.split("|")), where)
    over = None if x is None else node(x)
    return tree.Aggregate(name, found, over, n, tree.Window(within, before, since))


def prop(path: str) -> AnyNode:
    """A property."""
    return tree.Property(path)


def trait(name: str) -> AnyNode:
    """A trait."""
    return tree.Trait(name)


def cmp(left: Any, op: Any, right: Any) -> AnyNode:
    """A comparison."""
    return tree.Compare(op, node(left), node(right))


def arith(left: Any, op: Any, right: Any) -> AnyNode:
    """Arithmetic."""
    return tree.Arith(op, node(left), node(right))


def call(name: str, *args: Any) -> AnyNode:
    """A plain function."""
    return tree.Call(name, tuple(map(node, args)))


def score(decay: Any, decay_ms: int, *points: tuple[str, Any], **clamp: float) -> AnyNode:
    """A score; points are (events, points)."""
    parts = tuple(tree.Points(names(events), node(worth)) for events, worth in points)
    return tree.Score(parts, decay, decay_ms, **clamp)


def event(
    name: str,
    at_ms: int,
    message_id: str = "",
    *,
    type_: EventType = "track",
    traits: dict[str, Any] | None = None,
    group_id: str | None = None,
    context: dict[str, Any] | None = None,
    **properties: Any,
) -> Event:
    """An event at `T0 + at_ms`; its messageId follows from its name and time unless given."""
    return Event(
        message_id=message_id or f"{name}{at_ms}",
        type=type_,
        name=name,
        time_ms=T0 + at_ms,
        received_ms=T0 + at_ms,
        user_id="p",
        anonymous_id=None,
        properties=properties,
        traits=traits or {},
        context=context or {},
        group_id=group_id,
    )


def identify(at_ms: int, message_id: str = "", **traits: Any) -> Event:
    """An identify call."""
    return event("$identify", at_ms, message_id, type_="identify", traits=traits)


def group(at_ms: int, group_id: str, **traits: Any) -> Event:
    """A group call."""
    return event("$group", at_ms, type_="group", traits=traits, group_id=group_id)


def plan(
    audiences: dict[str, AnyNode] | None = None,
    computed: dict[str, AnyNode] | None = None,
    groups: tuple[tuple[str, ...], ...] = (),
) -> Plan:
    """A plan of audiences, computed traits and priority groups."""
    return Plan(
        "built",
        DEFAULT_IDENTIFIERS,
        tuple(TraitDef(name, value, "any") for name, value in (computed or {}).items()),
        tuple(AudienceDef(name, when) for name, when in (audiences or {}).items()),
        tuple(GroupDef(f"g{place}", order) for place, order in enumerate(groups)),
    )
