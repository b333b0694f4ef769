"""Checks of event functions: event names, filters, windows, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ebbline.definitions.durations import format_duration
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.functions import FUNCTIONS, Kind
from ebbline.definitions.known import ALWAYS_EVENTS
from ebbline.definitions.limits import (
    COUNT_MAX,
    DAY_MS,
    MATCH_LAST_MAX,
    STEPS_MAX,
    WINDOW_MS_MAX,
)
from ebbline.definitions.plan import EventRule
from ebbline.definitions.tree import (
    Aggregate,
    AnyNode,
    Compare,
    Events,
    LastN,
    Literal,
    Matched,
    Missed,
    Score,
    Sequence,
    Window,
)
from ebbline.definitions.zones import zone_problem

if TYPE_CHECKING:
    from ebbline.definitions.check import Checker

EventNode = Aggregate | LastN | Matched | Missed | Sequence | Score
_SCALARS: tuple[Kind, ...] = ("text", "number", "boolean")


def check(checker: Checker, node: EventNode) -> Kind:
    """The kind of an event function's value; checks everything inside it."""
    match node:
        case Aggregate():
            return _aggregate(checker, node)
        case LastN(events=events, holds=holds, n=n, window=window):
            rules = _events(checker, events, node)
            checker.expect(holds, checker.kind(holds, rules), ("boolean",), "a condition")
            _at_most(checker, node, n, MATCH_LAST_MAX, "last_n() looks at")
            _window(checker, window, node)
            return "boolean"
        case Matched(a=a, b=b, last=last, window=window):
            _events(checker, a, node)
            _events(checker, b, node)
            _at_most(checker, node, last or 1, MATCH_LAST_MAX, "matched() looks at")
            _window(checker, window, node)
            return "number"
        case Missed(event=event, after=after, within_ms=within_ms):
            _events(checker, event, node)
            _events(checker, after, node)
            _window(checker, Window(within_ms), node)
            return "boolean"
        case Sequence():
            return _sequence(checker, node)
        case Score():
            for points in node.points:
                rules = _events(checker, points.events, node)
                kind = checker.kind(points.points, rules)
                checker.expect(points.points, kind, ("number",), "a number")
            _window(checker, Window(node.decay_ms), node)
            return "number"


def _aggregate(checker: Checker, node: Aggregate) -> Kind:
    rules = _events(checker, node.events, node)
    _window(checker, node.window, node)
    if node.zone:
        zone(checker, node, node.zone)
    days = node.name == "days_active"
    if node.zone != (node.window.zone if node.window.calendar else node.zone) and days:
        checker.problem(node, "bad_window", "days and window go by different zones")
    if node.zone and not days:
        checker.problem(node, "bad_window", f"{node.name}() counts no days of a zone")
    if node.n is not None:
        _at_most(checker, node, node.n, COUNT_MAX, "nth_time() looks at")
    if node.value is None:
        return FUNCTIONS[node.name].result
    kind = checker.kind(node.value, rules)
    if node.name in ("unique", "values", "most_frequent", "most_repeated"):
        checker.expect(node.value, kind, _SCALARS, "a text, a number or a truth")
        result = FUNCTIONS[node.name].result
        return kind if result == "any" else result
    if node.name in ("sum", "avg"):
        checker.expect(node.value, kind, ("number",), "a number")
        return "number"
    if node.name in ("min", "max"):
        checker.expect(node.value, kind, ("number", "text"), "a number or a text")
    return kind


def _sequence(checker: Checker, node: Sequence) -> Kind:
    for step in node.steps:
        _events(checker, step, node)
    if len(node.steps) < 2:
        hint = 'write sequence("First Event", "Second Event")'
        checker.problem(node, "too_few", "sequence() takes at least two steps", hint)
    if len(node.steps) > STEPS_MAX:
        message = f"sequence() takes at most {STEPS_MAX} steps, not {len(node.steps)}"
        checker.problem(node, "too_many", message)
    for ms in (node.within_ms, node.gap_ms):
        _window(checker, Window(ms), node)
    _since(checker, node.since)
    return "boolean"


def zone(checker: Checker, at: EventNode | AnyNode, name: str) -> None:
    """Check the name of a time zone; rules from text were checked where it stands."""
    trouble = zone_problem(name)
    if trouble is not None:
        checker.problem(at, "unknown_time_zone", *trouble)


def _at_most(checker: Checker, node: EventNode, number: int, most: int, what: str) -> None:
    if number > most:
        checker.problem(node, "too_many", f"{what} at most {most:,} events, not {number:,}")


def _events(checker: Checker, events: Events, node: EventNode) -> tuple[EventRule, ...]:
    """Check names and filter; the planned events among them, none if any is unplanned."""
    known = checker.known.events
    for name in events.names:
        if known and name not in known and name not in ALWAYS_EVENTS:
            hint = did_you_mean(name, known)
            if checker.known.closed or hint:
                message = f'unknown event "{name}"'
                warning = not checker.known.closed
                checker.problem(
                    events, "unknown_event", message, hint, within=node, warning=warning
                )
    planned = all(name in known for name in events.names)
    rules = tuple(known[name] for name in events.names) if planned else ()
    if events.where is not None:
        kind = checker.kind(events.where, rules)
        checker.expect(events.where, kind, ("boolean",), "a condition")
    return rules


def _window(checker: Checker, window: Window, node: EventNode) -> None:
    for ms in (window.within_ms, window.before_ms):
        if ms is not None and not 0 < ms <= WINDOW_MS_MAX:
            message = (
                f"a window is at most {WINDOW_MS_MAX // DAY_MS} days long, "
                f"this is {format_duration(ms)}"
            )
            checker.problem(window, "window_too_long", message, within=node)
    within_ms, before_ms = window.within_ms, window.before_ms
    if within_ms is not None and before_ms is not None and before_ms >= within_ms:
        message = "no event is older than before= and younger than within="
        checker.problem(window, "empty_window", message, within=node)
    if window.calendar and before_ms is not None:
        message = f'before= does not go with within="{window.calendar}"'
        checker.problem(window, "bad_window", message, within=node)
    if window.zone and not window.calendar:
        message = 'zone= goes with within="today", "this_week" or "this_month"'
        checker.problem(window, "bad_window", message, within=node)
    elif window.zone:
        zone(checker, node, window.zone)
    if window.since is not None and (window.within_ms is not None or window.calendar):
        message = "within= and since= cannot both be given"
        checker.problem(window, "bad_window", message, within=node)
    _since(checker, window.since)


def _since(checker: Checker, since: AnyNode | None) -> None:
    if since is not None:
        kind = checker.kind(since, None)
        checker.expect(since, kind, ("timestamp", "text"), "a timestamp")


def threshold(checker: Checker, node: Compare) -> None:
    """Counts are compared with numbers small enough to keep that many events."""
    sides: tuple[tuple[AnyNode, AnyNode], ...] = ((node.left, node.right), (node.right, node.left))
    for counted, number in sides:
        is_count = isinstance(counted, Aggregate) and counted.name == "count"
        if not is_count or not isinstance(number, Literal):
            continue
        value = number.value
        if isinstance(value, int | float) and value > COUNT_MAX:
            message = f"counts are compared with at most {COUNT_MAX:,}"
            checker.problem(number, "too_many", message, within=node)
