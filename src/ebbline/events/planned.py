"""A tracking plan at the door: aliases, types, required values, and what is not planned.

It changes properties and traits of events that the plan names, refuses those that the plan
does not allow, and touches no other event. It knows no project files; see `hosts` for where
the plan comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import msgspec

from ebbline.events.declared import Declared, Misfit, Reader
from ebbline.events.event import ALIAS_NAME, GROUP_NAME, IDENTIFY_NAME, Event
from ebbline.events.fault import Fault
from ebbline.events.names import Names
from ebbline.events.segment import PAGE_VIEWED, SCREEN_VIEWED

VIOLATION: Final = "violation"
UNPLANNED: Final = "unplanned"

Choice = Literal["allow", "drop_field", "quarantine"]
Properties = Mapping[str, Declared]

_GROUP_PREFIX: Final = "group."
_VIEWS: Final = (PAGE_VIEWED, SCREEN_VIEWED)
_CALLS: Final = (IDENTIFY_NAME, GROUP_NAME, ALIAS_NAME)
"""With the views, calls of a type of their own: no plan needs to list them as events."""
Where = Literal["properties", "traits"]
_Step = Callable[[Event], Event | Fault]


class Rules(msgspec.Struct, frozen=True):
    """A tracking plan as plain data. Of `events` (or `traits`) empty, everything may come in.

    `traits` with the prefix "group." are those of group calls. `identifiers` are trait names
    that stay even if no plan lists them, because the project says who is who by them.
    """

    events: Mapping[str, Properties] = {}
    traits: Properties = {}
    unplanned: Choice = "allow"
    on_violation: Choice = "allow"
    identifiers: frozenset[str] = frozenset()


class Planned:
    """The rules compiled: one step per event name, and one for all the others."""

    __slots__ = ("_others", "_steps")

    def __init__(self, rules: Rules, names: Names) -> None:
        together: dict[str, dict[str, Declared]] = {}
        for name, properties in rules.events.items():
            together.setdefault(names.canonical(name), {}).update(properties)
        self._others = _others(rules)
        unlisted = _strip if self._others is _strip else None
        self._steps = dict.fromkeys(_VIEWS, unlisted) | dict.fromkeys(_CALLS)
        for name, properties in together.items():
            self._steps[name] = _step(properties, "properties", rules)
        if rules.traits:
            for name, traits in _by_call(rules.traits).items():
                self._steps[name] = _step(traits, "traits", rules)

    def settle(self, event: Event) -> Event | Fault:
        """The event as the plan wants it, changed in place, or why it is refused."""
        step = self._steps.get(event.name, self._others)
        return event if step is None else step(event)


def _by_call(traits: Properties) -> dict[str, Properties]:
    """The traits of identify and of group calls."""
    cut = len(_GROUP_PREFIX)
    return {
        IDENTIFY_NAME: {k: v for k, v in traits.items() if not k.startswith(_GROUP_PREFIX)},
        GROUP_NAME: {k[cut:]: v for k, v in traits.items() if k.startswith(_GROUP_PREFIX)},
    }


def _step(properties: Properties, where: Where, rules: Rules) -> _Step | None:
    """What happens to an event with these declarations; None when nothing can."""
    lean = rules.unplanned == "drop_field"
    return _Fields(properties, where, rules, lean=lean).settle if properties or lean else None


def _others(rules: Rules) -> _Step | None:
    """What happens to events that are not planned."""
    if not rules.events or rules.unplanned == "allow":
        return None
    return _strip if rules.unplanned == "drop_field" else _refuse


def _strip(event: Event) -> Event:
    """Without properties: that it happened may be known, what it said is not kept."""
    if not event.properties:
        return event
    event.properties.clear()
    return _flagged(event, UNPLANNED)


def _refuse(event: Event) -> Fault:
    message = f'the tracking plan has no event "{event.name}"'
    return Fault("unplanned_event", message, "event")


def _flagged(event: Event, *flags: str) -> Event:
    return msgspec.structs.replace(event, flags=(*event.flags, *flags))


class _Field:
    """One declared name."""

    __slots__ = ("aliases", "name", "plain", "read", "required")

    def __init__(self, name: str, declared: Declared) -> None:
        reader = Reader(declared)
        self.name, self.aliases, self.required = name, declared.aliases, declared.required
        self.plain, self.read = reader.plain, reader.read


class _Fields:
    """The declared properties of one event, or the traits of one kind of call."""

    __slots__ = ("_fields", "_kept", "_on_violation", "_where")

    def __init__(self, properties: Properties, where: Where, rules: Rules, *, lean: bool) -> None:
        self._fields = [_Field(name, declared) for name, declared in properties.items()]
        self._where = where
        self._on_violation = rules.on_violation
        kept = frozenset(properties)
        self._kept = (kept | rules.identifiers if where == "traits" else kept) if lean else None

    def settle(self, event: Event) -> Event | Fault:
        """Convert in place; flag or refuse what cannot be."""
        values: dict[str, Any] = getattr(event, self._where)
        flags: tuple[str, ...] = ()
        for field in self._fields:
            value = values.get(field.name)
            if type(value) in field.plain:
                continue
            words = self._mend(field, values, value)
            if words is not None:
                if self._on_violation == "quarantine":
                    path = f"{self._where}.{field.name}"
                    return Fault("violation", f"{event.name}: {path} {words}", path)
                flags = (VIOLATION,)
        if self._kept is not None and not values.keys() <= self._kept:
            for name in values.keys() - self._kept:
                del values[name]
            flags = (*flags, UNPLANNED)
        return _flagged(event, *flags) if flags else event

    def _mend(self, field: _Field, values: dict[str, Any], value: Any) -> str | None:
        """Put right what can be; else say what is wrong, once it is as the plan wants it."""
        name = field.name
        if value is None and name not in values:
            value = next((v for a in field.aliases if (v := values.get(a)) is not None), None)
            if value is not None:
                values[name] = value
        if value is None:  # unset on purpose, or never there: to rules it is the same
            return "is required" if field.required else None
        read = field.read(value)
        if not isinstance(read, Misfit):
            values[name] = read
            return None
        if self._on_violation == "drop_field":
            del values[name]
            fitting = [
                other for alias in field.aliases
                if values.get(alias) is not None
                and not isinstance(other := field.read(values[alias]), Misfit)
            ]  # fmt: skip
            if fitting:
                values[name] = fitting[0]
        return read.words
