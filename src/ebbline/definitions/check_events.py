"""Checks of event functions: event names, filters, windows, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ebbline.definitions.durations import format_duration
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.functions import FUNCTIONS, Kind
from ebbline.definitions.known import ALWAYS_EVENTS
from ebbline.definitions.limits import COUNT_MAX, DAY_MS, MATCH_LAST_MAX, WINDOW_MS_MAX
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
    Window,
)

if TYPE_CHECKING:
    from ebbline.definitions.check import Checker

EventNode = Aggregate | LastN | Matched | Missed | Score


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
    if node.n is not None:
        _at_most(checker, node, node.n, COUNT_MAX, "nth_time() looks at")
    if node.value is None:
        return FUNCTIONS[node.name].result
    kind = checker.kind(node.value, rules)
    if node.name in ("sum", "avg"):
        checker.expect(node.value, kind, ("number",), "a number")
        return "number"
    if node.name in ("min", "max"):
        checker.expect(node.value, kind, ("number", "text"), "a number or a text")
    return kind


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
    if window.since is None:
        return
    if window.within_ms is not None:
        message = "within= and since= cannot both be given"
        checker.problem(window, "bad_window", message, within=node)
    kind = checker.kind(window.since, None)
    checker.expect(window.since, kind, ("timestamp", "text"), "a timestamp")


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
