"""Random cases about one thing: few kinds of rules and events, so that they meet all the time."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ebbline.definitions import tree
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, GroupDef, Plan
from ebbline.definitions.tree import AnyNode
from ebbline.events.event import EventType
from tests.laws import persons, words
from tests.laws.cases import EVENT_BYTES, OPTION_BYTES, Case, optioned, spans, tapes
from tests.laws.facts import Timed
from tests.laws.histories import arrival
from tests.laws.trees import Rules

TRACKED: tuple[EventType, ...] = ("track",)
TOLD: tuple[EventType, ...] = ("identify", "track", "alias")


class Comings(Rules):
    """Conditions that come and go."""

    def boolean(self, depth: int) -> AnyNode:
        """Something happened lately, or not; or somebody is in another audience."""
        tape = self.tape
        found = tape.one_of((self.performed, self.counted, self.recent, self.referred))()
        return tree.Not(found) if tape.rarely(3) else found

    def events(self) -> tree.Events:
        """One of two names."""
        return tree.Events((self.tape.one_of(words.EVENT_NAMES[:2]),))

    def window(self) -> tree.Window:
        """The latest while."""
        return tree.Window(self.tape.one_of(self.spans))

    def moment(self) -> AnyNode:
        """When something happened last."""
        return tree.Aggregate("last_time", self.events())


class Tellings(Rules):
    """Conditions on what is said of a person."""

    def boolean(self, depth: int) -> AnyNode:
        """One of those, or two."""
        tape = self.tape
        found = tape.one_of((*persons.leaves(self), self.sent))()
        if depth and tape.rarely(3):
            return tree.And((found, self.boolean(0)))
        return tree.Not(found) if tape.rarely(4) else found


def _plan(draw: DrawFn, lengths: tuple[int, ...], rules: type[Rules], most: int) -> Plan:
    """A few audiences; of those that come and go, nearly all depend on the past."""
    known: dict[str, str] = {}
    found: list[AudienceDef] = []
    for place in range(draw(st.integers(1, most))):
        made = rules(draw(tapes(OPTION_BYTES)), lengths, known)
        audience = AudienceDef(f"a{place}", made.boolean(1))
        if rules is Comings and not made.tape.rarely(4):
            audience = optioned(made, audience)
        found.append(audience)
        known[audience.name] = "audience"
    groups: tuple[GroupDef, ...] = ()
    if len(found) > 1 and draw(st.booleans()):
        groups = (GroupDef("g", tuple(audience.name for audience in found)),)
    return Plan("laws", DEFAULT_IDENTIFIERS, (), tuple(found), groups, lists=words.LISTS)


@st.composite
def narrow(draw: DrawFn, rules: type[Rules], kinds: tuple[EventType, ...], people: int = 1) -> Case:
    """A case with rules of one kind and calls of few kinds."""
    lengths = draw(spans())
    plan = _plan(draw, lengths, rules, 3)
    found = []
    for person in range(people):
        arrivals: list[Timed] = [
            arrival(draw(tapes(EVENT_BYTES)), lengths, place, f"p{person}", kinds)
            for place in range(draw(st.integers(1, 14)))
        ]
        found.append(sorted(arrivals, key=lambda timed: timed[0]))
    last = max(now_ms for arrivals in found for now_ms, _ in arrivals)
    until_ms = last + 4 * max(lengths) + min(lengths) + 2
    return Case(plan, tuple(found), until_ms, draw(st.binary(min_size=16, max_size=16)))
