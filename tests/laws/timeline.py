"""Every instant at which one person's memberships change, found by trying every candidate.

Between two candidate instants nothing but a decaying score can move, and it moves one way: a
half-life score keeps its sign and shrinks towards zero, a fading one is a straight line. So each
comparison with a score changes its sign at a place that bisection finds to the millisecond. This
holds for comparisons with one score, in a function that rises or falls with it (see `trees`).
"""

from __future__ import annotations

import itertools
from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from tests.laws import oracle, scalars, wallclock
from tests.laws.facts import PersonFacts, Timed
from tests.laws.paths import Paths

SAMPLES = 3
"""Extra looks inside each stretch between candidates, over what bisection needs."""


class Flip(msgspec.Struct, frozen=True, order=True):
    """One audience of the person after it changed, in its own rule or by its group."""

    at_ms: int
    by_event: bool  # the clock goes first: at one instant it fires before events apply
    audience: str
    raw: bool
    effective: bool


def structs(value: Any) -> Iterator[msgspec.Struct]:
    """Every struct of anything made of structs, itself included."""
    if isinstance(value, msgspec.Struct):
        yield value
        value = [getattr(value, name) for name in value.__struct_fields__]
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from structs(item)


def nodes(value: Any) -> Iterator[tree.Node]:
    """Every node of anything made of nodes, itself included."""
    return (found for found in structs(value) if isinstance(found, tree.Node))


def rules(plan: Plan) -> tuple[tree.Node, ...]:
    """The expressions of a plan."""
    leaves = tuple(a.exit_when for a in plan.audiences if a.exit_when is not None)
    return tuple(t.value for t in plan.traits) + tuple(a.when for a in plan.audiences) + leaves


def durations(plan: Plan) -> set[int]:
    """Every length of time that stands anywhere in the plan, and zero."""
    found: set[int | None] = {0}
    for node in nodes(rules(plan)):
        match node:
            case tree.Duration():
                found.add(node.ms)
            case tree.Aggregate() | tree.LastN() | tree.Matched():
                found |= {node.window.within_ms, node.window.before_ms}
            case tree.Missed():
                found.add(node.within_ms)
            case tree.Sequence():
                found |= {node.within_ms, node.gap_ms}
            case tree.Score():
                found.add(node.decay_ms)
            case _:
                pass
    return {ms for ms in found if ms is not None}


def anchors(plan: Plan, person: PersonFacts) -> set[int]:
    """Every timestamp an expression can take hold of."""
    found = {node.ms for node in nodes(rules(plan)) if isinstance(node, tree.Moment)}
    for event in person.events:
        found.add(event.time_ms)
        for text in (*event.traits.values(), *event.properties.values()):
            moment = scalars.stamp(text)
            if moment is not None:
                found.add(moment.ms)
    return found


def candidates(plan: Plan, person: PersonFacts, after_ms: int, until_ms: int) -> list[int]:
    """Instants in (after, until] at which something may flip, scores aside; `until` is one."""
    found = {after_ms + 1, until_ms}
    by_day = any(getattr(node, "name", "") == "days_since" for node in nodes(rules(plan)))
    for anchor in anchors(plan, person):
        for ms in durations(plan):
            found |= {anchor + ms, anchor + ms + 1, anchor - ms, anchor - ms + 1}
        if by_day:
            first = anchor + (after_ms - anchor) // scalars.DAY_MS * scalars.DAY_MS
            found |= set(range(first, until_ms + 1, scalars.DAY_MS))
    found.update(local_turns(plan, after_ms, until_ms))
    return sorted(at for at in found if after_ms < at <= until_ms)


def local_turns(plan: Plan, after_ms: int, until_ms: int) -> Iterator[int]:
    """Starts of the days, weeks and months, and the turns of the clocks, that rules go by."""
    for value in structs(rules(plan)):
        if isinstance(value, tree.Window) and value.calendar:
            zone = value.zone or plan.time_zone
            yield from wallclock.starts(zone, value.calendar, after_ms, until_ms)
        if isinstance(value, tree.Call) and value.name in oracle.WALL_CLOCKS:
            named = [str(zone.value) for zone in value.args if isinstance(zone, tree.Literal)]
            zone = named[0] if named else plan.time_zone
            yield from wallclock.turns(value.name, zone, after_ms, until_ms)


Sides = tuple[tree.AnyNode, tree.AnyNode]


def score_comparisons(plan: Plan) -> list[Sides]:
    """Both sides of each comparison that reads a decaying score, through traits as well."""
    computed = {trait.name: trait.value for trait in plan.traits}

    def reads_score(node: tree.Node) -> bool:
        return any(
            (isinstance(part, tree.Score) and part.decay != "within")
            or (isinstance(part, tree.Trait) and reads_score(computed.get(part.name, part_null)))
            for part in nodes(node)
        )

    part_null = tree.Literal(None)
    pairs: list[Sides] = []
    for node in nodes(rules(plan)):
        if isinstance(node, tree.Compare) and reads_score(node):
            rights: tuple[tree.AnyNode, ...] = (node.right,)
            if isinstance(node.right, tree.Items):
                rights = node.right.items
            elif isinstance(node.right, tree.ListRef):
                rights = tuple(tree.Literal(item) for item in plan.lists[node.right.name])
            pairs += [(node.left, right) for right in rights]
    return pairs


def crossings(look: Callable[[int], Any], first_ms: int, last_ms: int) -> Iterator[int]:
    """Instants in (first, last] at which `look` differs from the instant before."""
    step = max(1, (last_ms - first_ms) // (SAMPLES + 1))
    places = [*range(first_ms, last_ms, step), last_ms]
    seen = [look(place) for place in places]
    for low, high, before, after in zip(places, places[1:], seen, seen[1:], strict=False):
        if before != after:
            yield from _halve(look, (low, before), (high, after))


def _halve(
    look: Callable[[int], Any], low: tuple[int, Any], high: tuple[int, Any]
) -> Iterator[int]:
    if high[0] - low[0] == 1:
        yield high[0]
        return
    place = (low[0] + high[0]) // 2
    middle = place, look(place)
    if low[1] != middle[1]:
        yield from _halve(look, low, middle)
    if middle[1] != high[1]:
        yield from _halve(look, middle, high)


def instants(plan: Plan, person: PersonFacts, after_ms: int, until_ms: int) -> list[int]:
    """Instants in (after, until] at which any membership may change, scores included."""
    found = candidates(plan, person, after_ms, until_ms)
    extra: set[int] = set()
    for left, right in score_comparisons(plan):

        def look(at: int, left: tree.AnyNode = left, right: tree.AnyNode = right) -> int | None:
            sides = [oracle.value(side, person, plan, at) for side in (left, right)]
            return scalars.sign(*sides)

        for start, end in itertools.pairwise([after_ms, *found]):
            extra |= set(crossings(look, start, end - 1))
    return sorted({*found, *extra})


class Replay:
    """One person's memberships as last looked at, and the flips noticed so far."""

    def __init__(self, plan: Plan, profile_id: int = 1) -> None:
        self.plan = plan
        self.paths = Paths(plan)
        self.person = PersonFacts((), profile_id)
        self.seen = {audience.name: (False, False) for audience in plan.audiences}
        self.flips: list[Flip] = []

    def learn(self, events: Iterable[Event], at_ms: int) -> None:
        """Events become known together."""
        self.person = PersonFacts((*self.person.events, *events), self.person.id)
        self.look(at_ms, by_event=True)

    def force(self, audience: str, value: bool | None, until_ms: int | None, at_ms: int) -> None:
        """Somebody sets a membership by hand, or with None takes that back."""
        self.paths.forced.pop(audience, None)
        if value is not None:
            self.paths.forced[audience] = (value, until_ms)
        self.look(at_ms, by_event=True)

    def join(self, other: Replay, at_ms: int) -> None:
        """Another person turns out to be this one."""
        own = {
            audience: entry for audience, entry in self.paths.forced.items()
            if entry[1] is None or at_ms < entry[1]
        }  # fmt: skip
        self.paths.forced = other.paths.forced | own
        self.learn(other.person.events, at_ms)

    def look(self, at_ms: int, *, by_event: bool) -> None:
        """Look at an instant that is not before the last one."""
        raw = self.paths.look(self.person, at_ms)
        effective = oracle.effective(self.plan, raw)
        for name, before in self.seen.items():
            now = raw[name], effective[name]
            if now != before:
                self.seen[name] = now
                self.flips.append(Flip(at_ms, by_event, name, *now))

    def pass_time(self, after_ms: int, until_ms: int, *, and_at_the_end: bool = True) -> None:
        """Look at every instant in (after, until] at which time alone may change anything."""
        for at_ms in self._instants(after_ms, until_ms):
            if and_at_the_end or at_ms != until_ms:
                self.look(at_ms, by_event=False)

    def next_flip(self, now_ms: int, until_ms: int) -> int | None:
        """The first instant in (now, until] at which a membership changes if nothing happens."""
        ahead = Replay(self.plan, self.person.id)
        ahead.person, ahead.paths, ahead.seen = self.person, self.paths.copy(), dict(self.seen)
        for at_ms in ahead._instants(now_ms, until_ms):
            ahead.look(at_ms, by_event=False)
            if ahead.flips:
                return at_ms
        return None

    def _instants(self, after_ms: int, until_ms: int) -> Iterator[int]:
        """What a flip makes due comes to be known on the way."""
        waiting = instants(self.plan, self.person, after_ms, until_ms)
        known, at_ms = set(waiting), after_ms
        while True:
            for due in self.paths.due():
                if at_ms < due <= until_ms and due not in known:
                    known.add(due)
                    insort(waiting, due)
            if not waiting:
                return
            at_ms = waiting.pop(0)
            yield at_ms


def timeline(
    plan: Plan, arrivals: list[Timed], until_ms: int, *, clock_first: bool = True
) -> list[Flip]:
    """All flips of one person up to and including `until_ms`, in order.

    At an instant with arrivals all events count together; with `clock_first`, what the clock
    alone does at that instant, with what was known before, shows before that.
    """
    replay = Replay(plan)
    starts = sorted({now_ms for now_ms, _ in arrivals})
    for start, end in zip(starts, [*starts[1:], until_ms], strict=True):
        replay.learn([event for now_ms, event in arrivals if now_ms == start], start)
        replay.pass_time(start, end, and_at_the_end=clock_first or end == until_ms)
    return replay.flips


def next_flip(plan: Plan, person: PersonFacts, now_ms: int, until_ms: int) -> int | None:
    """The first flip after an instant for somebody of whom all became known at that instant."""
    replay = Replay(plan)
    replay.learn(person.events, now_ms)
    return replay.next_flip(now_ms, until_ms)


def differs(plan: Plan, name: str) -> bool:
    """Whether a computed trait may differ between people without events, or with time."""
    for node in nodes([trait.value for trait in plan.traits if trait.name == name]):
        if isinstance(node, tree.Trait) and differs(plan, node.name):
            return True
        if isinstance(node, tree.Call) and node.name in (*oracle.WALL_CLOCKS, "bucket"):
            return True
        dated = isinstance(node, tree.Call) and node.name in oracle.CLOCK_CALLS
        if dated and not isinstance(node.args[0], tree.Aggregate | tree.Trait):
            return True
    return False


def published(
    plan: Plan, names: list[str], arrivals: list[Timed], until_ms: int
) -> list[tuple[int, bool, str, Any]]:
    """Every change of some computed traits, as (instant, by event, name, value), from what holds
    for everybody without events on; where that is not one value for good, from nothing.

    None of them may be a number that moves all the time.
    """
    nobody = PersonFacts((), 0)
    seen: dict[str, Any] = {
        name: None if differs(plan, name) else oracle.trait(name, nobody, plan, 0) for name in names
    }
    told: list[tuple[int, bool, str, Any]] = []

    def look(person: PersonFacts, at_ms: int, *, by_event: bool) -> None:
        for name in names:
            now = oracle.trait(name, person, plan, at_ms)
            if not (now is seen[name] is None or scalars.same(now, seen[name])):
                seen[name] = now
                told.append((at_ms, by_event, name, oracle.plain(now)))

    starts = sorted({now_ms for now_ms, _ in arrivals})
    for start, end in zip(starts, [*starts[1:], until_ms], strict=True):
        known = PersonFacts(tuple(event for now_ms, event in arrivals if now_ms <= start))
        look(known, start, by_event=True)
        for at_ms in instants(plan, known, start, end):
            look(known, at_ms, by_event=False)
    return told
