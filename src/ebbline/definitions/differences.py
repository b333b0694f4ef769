"""Two plans side by side: what is new, changed or gone, and whether people's state follows.

It compares what is written. Who enters and leaves because of it is a question to the events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from ebbline.definitions.durations import format_duration
from ebbline.definitions.plan import (
    AudienceDef,
    DestinationDef,
    GroupDef,
    IdentifierRule,
    Plan,
    SloDef,
    SyncDef,
    TrackingPlan,
    TraitDef,
)
from ebbline.definitions.printer import print_rule
from ebbline.definitions.sizes import format_size

Change = Literal["new", "changed", "removed"]
Kind = Literal["audience", "trait", "group", "identifier", "list", "destination", "sync",
               "source", "tracking", "project"]  # fmt: skip


class Difference(msgspec.Struct, frozen=True):
    """One definition that differs. `old` and `new` are its rule or text, empty where it is
    not; `rule` says whether more than words about it changed."""

    kind: Kind
    name: str
    change: Change
    old: str = ""
    new: str = ""
    rule: bool = True


def differences(old: Plan | None, new: Plan) -> tuple[Difference, ...]:
    """Everything that differs, in the order a reader looks for it."""
    old = old or Plan("", ())
    found = [
        *_compare("audience", _named(old.audiences), _named(new.audiences), _audience),
        *_compare("trait", _named(old.traits), _named(new.traits), _trait),
        *_compare("group", _named(old.groups), _named(new.groups), _group),
        *_compare("identifier", _identifiers(old), _identifiers(new), _identifier),
        *_compare("list", old.lists, new.lists, _values),
        *_compare("destination", _destinations(old), _destinations(new), _destination),
        *_compare("sync", _syncs(old), _syncs(new), _sync),
        *_compare("source", _named(old.sources), _named(new.sources), lambda source: source.name),
    ]
    if old.tracking != new.tracking:
        found.append(Difference("tracking", "tracking plan", "changed"))
    if old.identifiers and old.time_zone != new.time_zone:
        found.append(
            Difference("project", "time zone", "changed", old.time_zone, new.time_zone)
        )  # fmt: skip
    if old.identifiers and old.lateness_ms != new.lateness_ms:
        lengths = (format_duration(old.lateness_ms), format_duration(new.lateness_ms))
        found.append(Difference("project", "lateness", "changed", *lengths, rule=False))
    if old.identifiers and old.memory_bytes != new.memory_bytes:
        sizes = (format_size(old.memory_bytes), format_size(new.memory_bytes))
        found.append(Difference("project", "memory", "changed", *sizes, rule=False))
    if old.identifiers and old.slo != new.slo:
        found.append(Difference("project", "service levels", "changed", rule=False))
    if old.identifiers and old.name != new.name:
        found.append(Difference("project", "name", "changed", old.name, new.name, rule=False))
    return tuple(found)


def same_state(old: Plan, new: Plan) -> bool:
    """Whether everybody's state is the same under both plans, so that nothing has to be built:
    they differ in words, in where events come from, or in what goes to which destination."""
    return same_identity(old, new) and _of_state(old) == _of_state(new)


def same_identity(old: Plan, new: Plan) -> bool:
    """Whether events belong to the same people under both plans."""
    return [(i.type, i.limit) for i in old.identifiers] == [
        (i.type, i.limit) for i in new.identifiers
    ]


def without_words(audience: AudienceDef) -> AudienceDef:
    """The audience without what is only said about it: its parent is part of its rule, and who
    is in by a statement comes by commands."""
    sql = "sql" if audience.sql else ""
    return replace(
        audience, description="", owner="", tags=(), review_by="", parent="", sql=sql, refresh=""
    )


def _of_state(plan: Plan) -> bytes:
    """What of a plan the engine's state depends on, as text. The order of definitions counts:
    it numbers them."""
    bare = replace(
        plan,
        name="",
        identifiers=(),
        traits=tuple(replace(trait, description="") for trait in plan.traits),
        audiences=tuple(without_words(each) for each in plan.audiences),
        destinations=(),
        sources=(),
        tracking=TrackingPlan(),
        lateness_ms=0,
        memory_bytes=0,
        slo=SloDef(),
    )
    # A synced trait is published, by the least change that any destination asks for.
    published = [
        (sync.trait, sync.min_change)
        for destination in plan.destinations
        for sync in destination.sync
        if sync.trait
    ]
    return msgspec.json.encode((bare, published), order="sorted")


def _compare(
    kind: Kind, old: Mapping[str, Any], new: Mapping[str, Any], text: Callable[[Any], str]
) -> Iterator[Difference]:
    for name, one in new.items():
        before = old.get(name)
        if before is None:
            yield Difference(kind, name, "new", "", text(one))
        elif before != one:
            was, now = text(before), text(one)
            rule = was != now or kind == "list"
            yield Difference(kind, name, "changed", was, now, rule)
    for name, one in old.items():
        if name not in new:
            yield Difference(kind, name, "removed", text(one), "")


def _named(items: tuple[Any, ...]) -> dict[str, Any]:
    return {item.name: item for item in items}


def _identifiers(plan: Plan) -> dict[str, tuple[int, IdentifierRule]]:
    """With their priorities, which are part of what they mean."""
    return {rule.type: (place, rule) for place, rule in enumerate(plan.identifiers, 1)}


def _destinations(plan: Plan) -> dict[str, DestinationDef]:
    """Without what they receive, which is compared by itself."""
    return {each.name: replace(each, sync=()) for each in plan.destinations}


def _syncs(plan: Plan) -> dict[str, SyncDef]:
    return {f"{d.name}.{sync.field}": sync for d in plan.destinations for sync in d.sync}


def _audience(audience: AudienceDef) -> str:
    if audience.sql:
        return f"{audience.sql.strip()}; refresh {audience.refresh}"
    text = print_rule(audience.when)
    if audience.exit_when is not None:
        text = f"enter when {text}; exit when {print_rule(audience.exit_when)}"
    if audience.hold_ms:
        text += f"; stays at least {audience.hold_ms} ms"
    if audience.cooldown_ms:
        text += f"; stays out at least {audience.cooldown_ms} ms"
    return text


def _trait(trait: TraitDef) -> str:
    return print_rule(trait.value)


def _group(group: GroupDef) -> str:
    return " > ".join(group.priority)


def _identifier(placed: tuple[int, IdentifierRule]) -> str:
    place, rule = placed
    return f"priority {place}, at most {rule.limit} for a person"


def _values(values: tuple[Any, ...]) -> str:
    return f"{len(values):,} values"


def _destination(destination: DestinationDef) -> str:
    settings = ", ".join(f"{key} {value}" for key, value in sorted(destination.settings.items()))
    purposes = f" for {', '.join(destination.purposes)}" if destination.purposes else ""
    return f"{destination.type}{purposes}" + (f" ({settings})" if settings else "")


def _sync(sync: SyncDef) -> str:
    step = "" if sync.min_change is None else f", by at least {sync.min_change:g}"
    return f"audience {sync.audience}" if sync.audience else f"trait {sync.trait}{step}"
