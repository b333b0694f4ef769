"""Readings of the event functions: counts, sums, ends, the latest n, matches and misses."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.engine import panes
from ebbline.engine.calendar import SPANS_MS, Period, period_of
from ebbline.engine.limits import ENTRIES_ASKED_MAX, NANO, NEVER
from ebbline.engine.scalars import equal_key
from ebbline.engine.tracks import (
    COUNT,
    DISTINCT,
    EDGE,
    FIRST,
    FOREVER,
    HEADS,
    HIGHS,
    LAST,
    LOWS,
    PANES,
    TIMES,
    TOTAL,
    VALUES,
    Record,
    Track,
    edge_of,
    span,
)

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Result, Scope

Slice = Callable[[list[int], list[Any] | None], Any]

EMPTY: dict[str, Any] = {"count": 0, "performed": False, "sum": 0.0}

SUMMING = frozenset({"count", "performed", "sum", "avg"})
"""The functions that panes are enough for."""

_MODES = {"sum": "number", "avg": "number", "min": "scalar", "max": "scalar",
          "first": "scalar", "last": "scalar"}  # fmt: skip


def aggregate(scope: Scope, node: tree.Aggregate) -> Reading:
    """Any of the counting, summing and picking functions over one track."""
    mode = _MODES.get(node.name, "events")
    track = scope.book.track(node.events, node.value if mode != "events" else None, mode)
    scope.tracks.add(track.id)
    if node.window == tree.Window():
        return _all_time(track, node)
    return _windowed(scope, track, node)


def _all_time(track: Track, node: tree.Aggregate) -> Reading:
    need, name, n = track.needs, node.name, node.n or 1
    read: Callable[[Record], Any]
    if name == "count":
        read = _count
    elif name == "performed":
        read = _performed
    elif name in ("sum", "avg"):
        need.total = True
        read = _sum if name == "sum" else _average
    elif name in ("min", "max"):
        need.extremes = True
        place = LOWS if name == "min" else HIGHS
        read = lambda record: _numbers_first(record[place])  # noqa: E731
    elif name in ("first", "last"):
        need.ends = True
        end = FIRST if name == "first" else LAST
        read = lambda record: record[end][2] if record[end] else None  # noqa: E731
    elif name == "last_time":
        need.latest = max(need.latest, 1)
        read = lambda record: record[TIMES][-1]  # noqa: E731
    else:
        need.heads = max(need.heads, n)
        read = lambda record: next(iter(record[HEADS][n - 1 :]), None)  # noqa: E731
    empty = (EMPTY.get(name), NEVER)

    def reading(profile: Profile, now_ms: int) -> Result:
        del now_ms
        record = profile.tracks.get(track.id)
        return empty if record is None else (read(record), NEVER)

    return reading


def _count(record: Record) -> int:
    return int(record[COUNT])


def _performed(record: Record) -> bool:
    return bool(record[COUNT])


def _sum(record: Record) -> float:
    return float(record[TOTAL] / NANO)


def _average(record: Record) -> float:
    return float(record[TOTAL] / (record[COUNT] * NANO))


def _numbers_first(pair: list[Any]) -> Any:
    return pair[0] if pair[0] is not None else pair[1]


def _extreme(pick: Callable[[list[Any]], Any]) -> Slice:
    def read(times: list[int], values: list[Any] | None) -> Any:
        del times
        found = values or []
        numbers = [v for v in found if isinstance(v, int | float) and not isinstance(v, bool)]
        texts = [v for v in found if isinstance(v, str)]
        kept = numbers or texts
        return pick(kept) if kept else None

    return read


def _sliced(name: str, n: int) -> Slice:
    """What a windowed function makes of the times and values inside the window."""
    slices: dict[str, Slice] = {
        "count": lambda times, values: len(times),
        "performed": lambda times, values: bool(times),
        "sum": lambda times, values: sum(values or ()) / NANO,
        "avg": lambda times, values: sum(values) / (len(values) * NANO) if values else None,
        "min": _extreme(min),
        "max": _extreme(max),
        "first": lambda times, values: values[0] if values else None,
        "last": lambda times, values: values[-1] if values else None,
        "first_time": lambda times, values: times[0] if times else None,
        "last_time": lambda times, values: times[-1] if times else None,
        "nth_time": lambda times, values: times[n - 1] if len(times) >= n else None,
    }
    return slices[name]


def keep_of(window: tree.Window) -> int:
    """How long a window needs every entry."""
    if window.calendar:
        return SPANS_MS[window.calendar]
    return window.within_ms if window.within_ms is not None else FOREVER


def compared(scope: Scope, node: tree.Compare) -> None:
    """A count that is compared with a number is exact up to that number."""
    for side, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(side, tree.Aggregate) and side.name == "count":
            number = other.value if isinstance(other, tree.Literal) else None
            if isinstance(number, int | float) and 0 < number < ENTRIES_ASKED_MAX:
                need = scope.book.track(side.events, None, "events").needs
                need.least = max(need.least, int(number) + 1)


def _windowed(scope: Scope, track: Track, node: tree.Aggregate) -> Reading:
    track.needs.keep_ms = max(track.needs.keep_ms, keep_of(node.window))
    if track.mode != "events":
        track.needs.values = True
    if node.name in ("first", "last"):
        track.needs.ids = True
    inside = windowing(scope, node.window)
    take = _sliced(node.name, node.n or 1)
    empty = EMPTY.get(node.name)
    summing = node.name in SUMMING
    if summing:
        track.needs.panes = True

    def reading(profile: Profile, now_ms: int) -> Result:
        record = profile.tracks.get(track.id)
        if record is None:
            return empty, NEVER
        start, end, until = inside(profile, record[TIMES], now_ms)
        values = record[VALUES]
        if summing and len(record) > EDGE:
            older, pane_until = _older(record, inside, profile, now_ms)
            newer = end - start, sum(values[start:end]) if values is not None else 0
            both = newer[0] + older[0], newer[1] + older[1]
            return _summed(node.name, *both), min(until, pane_until)
        return take(record[TIMES][start:end], values and values[start:end]), until

    return reading


def _older(
    record: Record, inside: Inside, profile: Profile, now_ms: int
) -> tuple[tuple[int, int], int]:
    """How many events the panes inside a window have, their sum, and when that changes."""
    older = record[PANES]
    start, end, until = inside(profile, [pane[panes.LATEST] for pane in older], now_ms)
    counted = sum(pane[panes.EVENTS] for pane in older[start:end])
    return (counted, sum(pane[panes.SUM] for pane in older[start:end])), until


def _summed(name: str, events: int, total: int) -> Any:
    """What these functions make of so many events with that sum."""
    if name == "count":
        return events
    if name == "performed":
        return events > 0
    if name == "avg":
        return total / (events * NANO) if events else None
    return total / NANO


Inside = Callable[["Profile", list[int], int], tuple[int, int, int]]


def windowing(scope: Scope, window: tree.Window) -> Inside:
    """The slice of a record inside a window, and when it changes by time alone."""
    within, before = window.within_ms, window.before_ms
    if within is not None or before is not None or window.calendar:
        scope.timed = True
    if window.calendar:
        return _by_calendar(period_of(window.zone, window.calendar))
    if window.since is None:
        return lambda profile, times, now_ms: span(times, now_ms, within, before, None)
    since = scope.moment(window.since)

    def inside(profile: Profile, times: list[int], now_ms: int) -> tuple[int, int, int]:
        start_ms, since_until = since(profile, now_ms)
        if start_ms is None:
            return 0, 0, since_until
        start, end, until = span(times, now_ms, within, before, start_ms)
        return start, end, min(until, since_until)

    return inside


def _by_calendar(period: Period) -> Inside:
    """What there is since the period began leaves when the next one begins."""

    def inside(profile: Profile, times: list[int], now_ms: int) -> tuple[int, int, int]:
        del profile
        start_ms, next_ms = period.around(now_ms)
        start, end = bisect_left(times, start_ms), len(times)
        return start, end, NEVER if start == end else next_ms

    return inside


def last_n(scope: Scope, node: tree.LastN) -> Reading:
    """Whether each of the latest n entries in the window holds."""
    track = scope.book.track(node.events, node.holds, "truth")
    scope.tracks.add(track.id)
    need, n = track.needs, node.n
    need.values = need.ids = True
    need.latest = max(need.latest, n)
    bounded = node.window != tree.Window()
    if bounded:
        need.keep_ms = max(need.keep_ms, keep_of(node.window))
    inside = windowing(scope, node.window)

    def reading(profile: Profile, now_ms: int) -> Result:
        record = profile.tracks.get(track.id)
        if record is None:
            return False, NEVER
        start, end, until = inside(profile, record[TIMES], now_ms) if bounded else (
            0, len(record[TIMES]), NEVER)  # fmt: skip
        if end - start < n:
            return False, until
        return all(record[VALUES][end - n : end]), until

    return reading


def matched(scope: Scope, node: tree.Matched) -> Reading:
    """How many of the latest `a` share their property with a `b`."""
    on = tree.Property(node.on)
    a = scope.book.track(node.a, on, "any")
    b = scope.book.track(node.b, on, "scalar")
    scope.tracks.update((a.id, b.id))
    a.needs.values = a.needs.ids = True
    bounded = node.window != tree.Window()
    last = node.last
    if last is not None:
        a.needs.latest = max(a.needs.latest, last)
    if bounded or last is None:
        a.needs.keep_ms = max(a.needs.keep_ms, keep_of(node.window))
    if bounded:
        b.needs.values = True
        b.needs.keep_ms = max(b.needs.keep_ms, keep_of(node.window))
    else:
        b.needs.distinct = True
    inside = windowing(scope, node.window)

    def reading(profile: Profile, now_ms: int) -> Result:
        left, right = profile.tracks.get(a.id), profile.tracks.get(b.id)
        if left is None or right is None:
            return 0, NEVER
        if not bounded:
            start, end, until, keys = 0, len(left[TIMES]), NEVER, right[DISTINCT]
        else:
            start, end, until = inside(profile, left[TIMES], now_ms)
            b_start, b_end, b_until = inside(profile, right[TIMES], now_ms)
            keys = {equal_key(v) for v in right[VALUES][b_start:b_end]} - {None}
            until = min(until, b_until)
        if last is not None:
            start = max(start, end - last)
        return sum(equal_key(v) in keys for v in left[VALUES][start:end]), until

    return reading


def missed(scope: Scope, node: tree.Missed) -> Reading:
    """Whether the time after the latest `after` ran out without the event. What lies before the
    edge of a record counts as answered."""
    awaited = scope.book.track(node.event, None, "events")
    began = scope.book.track(node.after, None, "events")
    scope.tracks.update((awaited.id, began.id))
    scope.timed = True
    awaited.needs.keep_ms = FOREVER
    began.needs.latest = max(began.needs.latest, 1)
    within = node.within_ms

    def reading(profile: Profile, now_ms: int) -> Result:
        record = profile.tracks.get(began.id)
        if record is None:
            return False, NEVER
        start = record[TIMES][-1]
        answers = profile.tracks.get(awaited.id)
        times = answers[TIMES] if answers is not None else ()
        edge = edge_of(answers) if answers is not None else None
        if edge is not None and edge >= start:
            return False, NEVER
        place = bisect_left(times, start)
        if place < len(times) and times[place] < start + within:
            return False, NEVER
        return now_ms >= start + within, NEVER if now_ms >= start + within else start + within

    return reading
