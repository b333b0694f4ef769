"""Hypothesis strategies: whole random plans with the histories of a few people."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ebbline.definitions import tree
from ebbline.definitions.plan import (
    DEFAULT_IDENTIFIERS,
    AudienceDef,
    GroupDef,
    Plan,
    TraitDef,
)
from ebbline.definitions.tree import AnyNode
from ebbline.events.event import Event
from tests.laws import words
from tests.laws.facts import Timed
from tests.laws.histories import arrival
from tests.laws.show import show
from tests.laws.tape import Tape
from tests.laws.trees import Rules

RULE_BYTES = 56
EVENT_BYTES = 26
OPTION_BYTES = 40
TRAIT_TYPES = ("number", "score", "boolean", "timestamp", "any")


class Case(msgspec.Struct, frozen=True):
    """A plan, the arrivals of each person in order of arrival, and when to stop looking."""

    plan: Plan
    people: tuple[list[Timed], ...]
    until_ms: int
    spare: bytes  # for choices of a law: where to stop, what to repeat, when to wake

    def __repr__(self) -> str:
        people = (f"person {n}: {show(known)}" for n, known in enumerate(self.people))
        return "\n".join((show(self.plan), *people, f"until {show(self.until_ms)}"))


def tapes(size: int) -> SearchStrategy[Tape]:
    """Tapes of one size."""
    return st.binary(min_size=size, max_size=size).map(Tape)


@st.composite
def spans(draw: DrawFn) -> tuple[int, ...]:
    """Up to three lengths of time for one plan."""
    tape = draw(tapes(4))
    return tuple(sorted({tape.one_of(words.SCALES_MS) for _ in range(1 + tape.below(3))}))


def _computed(rules: Rules, name: str) -> tuple[TraitDef, str]:
    """A computed trait and what later rules may use it as."""
    tape = rules.tape
    type_ = tape.one_of(TRAIT_TYPES)
    made: AnyNode
    match type_:
        case "score":
            made = rules.score()
        case "boolean":
            made = rules.boolean(1)
        case "timestamp":
            made = rules.event_time()
        case _:
            made = rules.number()
    declared = {"score": "number"}.get(type_, type_)
    return TraitDef(name, made, declared), type_


def optioned(rules: Rules, audience: AudienceDef) -> AudienceDef:
    """The audience with a rule to leave, least times, or several of these."""
    tape = rules.tape
    lengths = (*rules.spans, *(ms + 1 for ms in rules.spans))
    choice = tape.below(6)
    exit_when = rules.boolean(1) if choice in (0, 3, 4) else None
    hold_ms = tape.one_of(lengths) if choice in (1, 3, 5) else 0
    cooldown_ms = tape.one_of(lengths) if choice in (2, 4, 5) else 0
    return msgspec.structs.replace(
        audience, exit_when=exit_when, hold_ms=hold_ms, cooldown_ms=cooldown_ms
    )


@st.composite
def plans(
    draw: DrawFn, lengths: tuple[int, ...], *, audiences: int = 4, by_path: bool = True
) -> Plan:
    """A plan with up to two computed traits, a few audiences and perhaps a priority group;
    with `by_path`, some of the audiences depend on how people came in."""
    known: dict[str, str] = {}
    traits = []
    for place in range(draw(st.integers(0, 2))):
        trait, type_ = _computed(Rules(draw(tapes(RULE_BYTES)), lengths, known), f"c{place}")
        traits.append(trait)
        known[trait.name] = type_
    found = []
    for place in range(draw(st.integers(1, audiences))):
        rules = Rules(draw(tapes(RULE_BYTES)), lengths, known)
        audience = AudienceDef(f"a{place}", rules.boolean(2))
        if by_path and draw(st.booleans()):
            audience = optioned(Rules(draw(tapes(OPTION_BYTES)), lengths, known), audience)
        found.append(audience)
        known[f"a{place}"] = "audience"
    names = tuple(audience.name for audience in found)
    groups: tuple[GroupDef, ...] = ()
    if len(names) > 1 and draw(st.booleans()):
        groups = (GroupDef("g", names[::-1][:2] if draw(st.booleans()) else names),)
    zone = draw(st.sampled_from(("UTC", *words.ZONES)))
    return Plan(
        "laws", DEFAULT_IDENTIFIERS, tuple(traits), tuple(found), groups, lists=words.LISTS,
        time_zone=zone,
    )  # fmt: skip


@st.composite
def histories(draw: DrawFn, lengths: tuple[int, ...], person: str, most: int) -> list[Timed]:
    """Arrivals of one person, at least one, in order of arrival."""
    count = draw(st.one_of(st.integers(1, 3), st.integers(most // 2, most)))
    found = [arrival(draw(tapes(EVENT_BYTES)), lengths, place, person) for place in range(count)]
    return sorted(found, key=lambda timed: timed[0])


def moved(value: Any, shift_ms: int) -> Any:
    """The same at another time: events, arrivals and the timestamps in rules."""
    if shift_ms == 0:
        return value
    if isinstance(value, Event):
        times = {"time_ms": value.time_ms + shift_ms, "received_ms": value.received_ms + shift_ms}
        return msgspec.structs.replace(value, **times)
    if isinstance(value, tree.Moment):
        return tree.Moment(value.ms + shift_ms)
    if isinstance(value, msgspec.Struct):
        fields = {name: moved(getattr(value, name), shift_ms) for name in value.__struct_fields__}
        return type(value)(**fields)
    if isinstance(value, list):
        return [(at + shift_ms, moved(event, shift_ms)) for at, event in value]
    return tuple(moved(x, shift_ms) for x in value) if isinstance(value, tuple) else value


@st.composite
def cases(
    draw: DrawFn, *, people: int = 1, events: int = 14, by_path: bool = True
) -> Case:  # fmt: skip
    """A plan and histories on its lattice; the end leaves time for every window to close."""
    lengths = draw(spans())
    shift_ms = draw(st.sampled_from(words.SHIFTS_MS))
    plan = moved(draw(plans(lengths, by_path=by_path)), shift_ms)
    found = tuple(moved(draw(histories(lengths, f"p{n}", events)), shift_ms) for n in range(people))
    last = max(now_ms for arrivals in found for now_ms, _ in arrivals)
    until_ms = last + 2 * max(lengths) + min(lengths) + 2
    return Case(plan, found, until_ms, draw(st.binary(min_size=16, max_size=16)))
