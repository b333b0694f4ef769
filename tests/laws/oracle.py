"""The brute-force evaluator: any expression, at any instant, from the whole list of events.

It follows the language page and nothing else; it keeps no state, takes no shortcut and knows
nothing of tracks or wakes. What it says is right; the engine has to agree.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from tests.laws import scalars, wallclock
from tests.laws.aggregates import aggregate, decayed, summable
from tests.laws.facts import PersonFacts, Span, Stamp, in_order

EVERY_CALL = "*"
PRIME = 2_147_483_647
CLOCK_CALLS = ("elapsed", "until", "days_since")
WALL_CLOCKS = ("hour_of_day", "day_of_week")


class Scope(msgspec.Struct, frozen=True):
    """Where an expression is evaluated; `event` is set inside `where` and value expressions.
    `members` holds memberships that are known already, and need not be asked for by a rule."""

    person: PersonFacts
    plan: Plan
    now_ms: int
    event: Event | None = None
    members: dict[str, bool] = {}

    def at(self, event: Event) -> Scope:
        """The same place with an event at hand."""
        return Scope(self.person, self.plan, self.now_ms, event, self.members)

    def reader(self, expression: tree.AnyNode | None) -> Callable[[Event], Any]:
        """What reads a value expression off an event."""
        return lambda event: expression and evaluate(expression, self.at(event))


def value(
    node: tree.AnyNode, person: PersonFacts, plan: Plan, now_ms: int,
    members: dict[str, bool] | None = None,
) -> Any:  # fmt: skip
    """The value of an expression for a person at an instant."""
    return evaluate(node, Scope(person, plan, now_ms, None, members or {}))


def trait(name: str, person: PersonFacts, plan: Plan, now_ms: int) -> Any:
    """The value of a trait, computed or sent."""
    return value(tree.Trait(name), person, plan, now_ms)


def plain(result: Any) -> Any:
    """A value as the outside sees it: timestamps and durations are whole milliseconds."""
    return result.ms if isinstance(result, (Stamp, Span)) else result


def memberships(plan: Plan, person: PersonFacts, now_ms: int) -> dict[str, bool]:
    """Which audiences' own rules hold: the raw memberships. What depends on the past is in
    `paths`."""
    return {
        audience.name: value(audience.when, person, plan, now_ms) is True
        for audience in plan.audiences
    }


def effective(plan: Plan, raw: dict[str, bool]) -> dict[str, bool]:
    """Memberships after priority groups: of each group, only the first that holds."""
    result = dict(raw)
    for group in plan.groups:
        holding = [name for name in group.priority if raw[name]]
        for name in holding[1:]:
            result[name] = False
    return result


def evaluate(node: tree.AnyNode, scope: Scope) -> Any:
    """The value of any node."""
    match node:
        case tree.Literal():
            return node.value
        case tree.Duration():
            return Span(node.ms)
        case tree.Moment():
            return Stamp(node.ms)
        case tree.Items():
            return [evaluate(item, scope) for item in node.items]
        case tree.Property():
            return _property(node, scope)
        case tree.Trait():
            return _trait(node.name, scope)
        case tree.ListRef():
            return list(scope.plan.lists[node.name])
        case tree.AudienceRef() if node.name in scope.members:
            return scope.members[node.name]
        case tree.AudienceRef():
            (audience,) = [a for a in scope.plan.audiences if a.name == node.name]
            return evaluate(audience.when, scope) is True
        case tree.Not() | tree.And() | tree.Or() | tree.IsNull():
            return _logic(node, scope)
        case tree.Compare():
            dated = says_when(node.left, scope.plan) or says_when(node.right, scope.plan)
            read = moment if dated else evaluate
            return scalars.compare(node.op, read(node.left, scope), read(node.right, scope))
        case tree.Arith():
            sides = evaluate(node.left, scope), evaluate(node.right, scope)
            return scalars.arith(node.op, *sides)
        case tree.Call():
            if node.name in CLOCK_CALLS:
                return scalars.clock(node.name, moment(node.args[0], scope), scope.now_ms)
            if node.name in WALL_CLOCKS:
                zone = str(evaluate(node.args[0], scope)) if node.args else scope.plan.time_zone
                return wallclock.shown(node.name, zone, scope.now_ms)
            if node.name in PERSONAL:
                return PERSONAL[node.name](scope, *[evaluate(arg, scope) for arg in node.args])
            return scalars.call(node.name, [evaluate(arg, scope) for arg in node.args])
        case _:
            return _over_events(node, scope)


def says_when(node: tree.AnyNode, plan: Plan) -> bool:
    """Whether a node is a timestamp by itself: what is compared with it is read as one."""
    if isinstance(node, tree.Trait):
        return any(says_when(own.value, plan) for own in plan.traits if own.name == node.name)
    if isinstance(node, tree.Aggregate):
        return node.name in ("first_time", "last_time", "nth_time")
    return isinstance(node, tree.Moment)


def moment(node: tree.AnyNode, scope: Scope) -> Stamp | None:
    """A node where a timestamp is expected: text is read as one, or is null, before a default
    can take its place."""
    if isinstance(node, tree.Call) and node.name == "default":
        found = [moment(arg, scope) for arg in node.args]
        return found[1] if found[0] is None else found[0]
    if isinstance(node, tree.Call) and node.name == "if_":
        taken = evaluate(node.args[0], scope) is True
        return moment(node.args[1 if taken else 2], scope)
    return scalars.stamp(evaluate(node, scope))


def _logic(node: tree.Not | tree.And | tree.Or | tree.IsNull, scope: Scope) -> bool:
    """Always a boolean; whatever is not `true` counts as false."""
    if isinstance(node, tree.IsNull):
        return evaluate(node.item, scope) is None
    if isinstance(node, tree.Not):
        return evaluate(node.item, scope) is not True
    truths = [evaluate(item, scope) is True for item in node.items]
    return all(truths) if isinstance(node, tree.And) else any(truths)


def _property(node: tree.Property, scope: Scope) -> Any:
    assert scope.event is not None, "a property outside of `where` or a value expression"
    if node.path.startswith("context."):
        return scalars.reach(scope.event.context, node.path.removeprefix("context."))
    return scalars.reach(scope.event.properties, node.path)


def _trait(name: str, scope: Scope) -> Any:
    """A computed trait if there is one, else what was sent last."""
    for computed in scope.plan.traits:
        if computed.name == name:
            here = Scope(scope.person, scope.plan, scope.now_ms, None, scope.members)
            return evaluate(computed.value, here)
    sent = sent_traits(scope.person, scope.now_ms)
    if name in sent:
        return scalars.reach({"it": sent[name]}, "it")
    return scalars.reach(sent, name)


def sent_traits(person: PersonFacts, now_ms: int) -> dict[str, Any]:
    """Traits by last write: later calls overwrite earlier ones key by key, null included."""
    traits: dict[str, Any] = {}
    for event in in_order([e for e in person.events if e.time_ms <= now_ms]):
        if event.user_id is not None:
            traits["user_id"] = event.user_id
        traits |= {f"consent.{key}": said for key, said in preferences(event).items()}
        if event.type == "identify":
            traits.update(event.traits)
        elif event.type == "group":
            if event.group_id is not None:
                traits["group_id"] = event.group_id
            traits.update({f"group.{key}": item for key, item in event.traits.items()})
    return traits


def preferences(event: Event) -> dict[str, bool]:
    """What an event says about consent."""
    consent = event.context.get("consent")
    said = consent.get("categoryPreferences") if isinstance(consent, dict) else None
    pairs = said.items() if isinstance(said, dict) else ()
    return {key: item for key, item in pairs if isinstance(item, bool)}


def _consented(scope: Scope, purpose: str) -> bool:
    return sent_traits(scope.person, scope.now_ms).get(f"consent.{purpose}") is True


def _bucket(scope: Scope, salt: str, buckets: int) -> int | None:
    if scope.person.id == 0:
        return None  # nobody is in no bucket
    digest = hashlib.blake2b(salt.encode(), digest_size=16).hexdigest()
    a, b, c, d = (int(digest[at : at + 8], 16) % PRIME for at in range(0, 32, 8))
    x = ((a or 1) * scope.person.id + b) % PRIME
    x = (x**2 + c) % PRIME
    return (x**2 + d) % PRIME % buckets


PERSONAL: dict[str, Callable[..., Any]] = {"consented": _consented, "bucket": _bucket}
"""Functions of the person rather than of their arguments."""


def chosen(events: tree.Events, window: tree.Window, scope: Scope) -> list[Event]:
    """The person's events with one of the names, inside the window, for which `where` holds."""
    return [
        event
        for event in in_order(list(scope.person.events))
        if (EVERY_CALL in events.names or event.name in events.names)
        and _inside(event.time_ms, window, scope)
        and (events.where is None or evaluate(events.where, scope.at(event)) is True)
    ]


def _inside(time_ms: int, window: tree.Window, scope: Scope) -> bool:
    """Whether a time lies in (now - within, now - before] and not before `since`."""
    now_ms = scope.now_ms
    if window.calendar:
        zone = window.zone or scope.plan.time_zone
        if time_ms < wallclock.start(zone, window.calendar, now_ms):
            return False
    if window.within_ms is not None and time_ms <= now_ms - window.within_ms:
        return False
    if window.since is not None:
        start = moment(window.since, scope)
        if start is None or time_ms < start.ms:
            return False
    return time_ms <= now_ms - (window.before_ms or 0)


def _over_events(node: tree.AnyNode, scope: Scope) -> Any:
    match node:
        case tree.Aggregate():
            events = chosen(node.events, node.window, scope)
            return aggregate(node.name, events, scope.reader(node.value), node.n, node.zone)
        case tree.LastN():
            latest = chosen(node.events, node.window, scope)[-node.n :]
            held = [evaluate(node.holds, scope.at(event)) is True for event in latest]
            return len(held) == node.n and all(held)
        case tree.Matched():
            return _matched(node, scope)
        case tree.Missed():
            return _missed_on(node, scope) if node.on else _missed(node, scope)
        case tree.Sequence():
            return _sequence(node, scope)
        case tree.Score():
            return _score(node, scope)
        case _:
            raise AssertionError(node)


def _matched(node: tree.Matched, scope: Scope) -> int:
    wanted = chosen(node.a, node.window, scope)
    if node.last is not None:
        wanted = wanted[-node.last :]
    on = tree.Property(node.on)
    answers = [evaluate(on, scope.at(event)) for event in chosen(node.b, node.window, scope)]
    asked = [evaluate(on, scope.at(event)) for event in wanted]
    return sum(
        item is not None and any(scalars.same(item, answer) for answer in answers) for item in asked
    )


def _missed(node: tree.Missed, scope: Scope) -> bool:
    begun = chosen(node.after, tree.Window(), scope)
    if not begun:
        return False
    start = begun[-1].time_ms
    came = chosen(node.event, tree.Window(), scope)
    in_time = [event for event in came if start <= event.time_ms < start + node.within_ms]
    return scope.now_ms >= start + node.within_ms and not in_time


def _missed_on(node: tree.Missed, scope: Scope) -> bool:
    """Each event with a value waits for its own answer."""
    read = scope.reader(tree.Property(node.on))
    came = chosen(node.event, tree.Window(), scope)
    for event in chosen(node.after, tree.Window(), scope):
        wanted, start = read(event), event.time_ms
        in_time = [e for e in came if start <= e.time_ms < start + node.within_ms]
        answered = any(scalars.same(wanted, read(e)) for e in in_time)
        if wanted is not None and scope.now_ms >= start + node.within_ms and not answered:
            return True
    return False


def _sequence(node: tree.Sequence, scope: Scope) -> bool:
    """Any choice of one event a step, each after the one before."""
    window = tree.Window(since=node.since)
    steps = [{e.time_ms for e in chosen(step, window, scope)} for step in node.steps]

    def goes_on(times: list[int]) -> bool:
        if node.within_ms is not None and times[-1] - times[0] >= node.within_ms:
            return False
        if len(times) == len(steps):
            return True
        return any(
            goes_on([*times, at])
            for at in steps[len(times)]
            if at > times[-1] and (node.gap_ms is None or at - times[-1] <= node.gap_ms)
        )

    return any(goes_on([at]) for at in steps[0])


def _score(node: tree.Score, scope: Scope) -> float:
    parts = []
    for points in node.points:
        for event in chosen(points.events, tree.Window(), scope):
            worth = evaluate(points.points, scope.at(event))
            if summable(worth):
                age_ms = scope.now_ms - event.time_ms
                parts.append(worth * decayed(node.decay, node.decay_ms, age_ms))
    total = round(math.fsum(parts), 9)
    if node.floor is not None:
        total = max(total, node.floor)
    return total if node.ceiling is None else min(total, node.ceiling)
