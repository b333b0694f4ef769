"""Readings of the functions that tell values apart: unique, values, the most frequent one, how
often it came, and the days on which there was anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.engine.aggregates import keep_of, windowing
from ebbline.engine.limits import NEVER, VALUES_MAX
from ebbline.engine.scalars import equal_key
from ebbline.engine.tallies import Tally, count_value, in_order, most
from ebbline.engine.tracks import DISTINCT, IDS, SEEN, TALLY, TIMES, VALUES, Record, Track

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Result, Scope

NAMES = frozenset({"unique", "values", "most_frequent", "most_repeated", "days_active"})
_EMPTY: dict[str, Any] = {"most_frequent": None, "values": []}
DAYS_ZONE = "UTC"
"""Whose days `days_active` counts when the rule does not say."""


def distinct(scope: Scope, node: tree.Aggregate) -> Reading:
    """Any of them. A day is a value as well: that of the event's time."""
    if node.name == "days_active":
        track = scope.book.days(node.events, node.zone or DAYS_ZONE)
    else:
        track = scope.book.track(node.events, node.value, "plain")
    scope.tracks.add(track.id)
    if node.window == tree.Window():
        return _all_time(track, node.name)
    return _windowed(scope, track, node)


def _all_time(track: Track, name: str) -> Reading:
    need = track.needs
    read: Callable[[Record], Any]
    if name in ("unique", "days_active"):
        need.distinct = True
        read = lambda record: len(record[DISTINCT])  # noqa: E731
    elif name == "values":
        need.seen = True
        read = lambda record: in_order(record[SEEN])  # noqa: E731
    else:
        need.tally = True
        place = 3 if name == "most_frequent" else 0
        read = lambda record: most(record[TALLY])[place]  # noqa: E731
    empty = (_EMPTY.get(name, 0), NEVER)

    def reading(profile: Profile, now_ms: int) -> Result:
        del now_ms
        record = profile.tracks.get(track.id)
        return empty if record is None else (read(record), NEVER)

    return reading


def _windowed(scope: Scope, track: Track, node: tree.Aggregate) -> Reading:
    need, name, window = track.needs, node.name, node.window
    need.keep_ms = max(need.keep_ms, keep_of(window))
    need.values = True
    if name in ("values", "most_frequent"):
        need.ids = True
    inside = windowing(scope, window)
    read = _READERS[name]
    empty = _EMPTY.get(name, 0)
    # A number of values falls when the last event of one leaves, not before.
    lasting = window.within_ms if read is _number and window.before_ms is None else None

    def reading(profile: Profile, now_ms: int) -> Result:
        record = profile.tracks.get(track.id)
        if record is None:
            return empty, NEVER
        start, end, until = inside(profile, record[TIMES], now_ms)
        if start == end:
            return empty, until
        if lasting is not None:
            return _lasting(record, start, end, lasting)
        return read(record, start, end), until

    return reading


def _lasting(record: Record, start: int, end: int, within_ms: int) -> tuple[int, int]:
    pairs = zip(record[VALUES][start:end], record[TIMES][start:end], strict=True)
    latest = {equal_key(value): at for value, at in pairs}
    return len(latest), min(latest.values()) + within_ms


def _number(record: Record, start: int, end: int) -> int:
    return len({equal_key(value) for value in record[VALUES][start:end]})


def _values(record: Record, start: int, end: int) -> list[Any]:
    first: dict[str | None, Any] = {}
    for value in record[VALUES][start:end]:
        first.setdefault(equal_key(value), value)
    return list(first.values())[:VALUES_MAX]


def _tally(record: Record, start: int, end: int) -> Tally:
    tally: Tally = {}
    ids = record[IDS]
    for i in range(start, end):
        event_id = ids[i] if ids is not None else ""
        count_value(tally, record[TIMES][i], event_id, record[VALUES][i])
    return tally


def _most_frequent(record: Record, start: int, end: int) -> Any:
    return most(_tally(record, start, end))[3]


def _most_repeated(record: Record, start: int, end: int) -> int:
    return int(most(_tally(record, start, end))[0])


_READERS: dict[str, Callable[[Record, int, int], Any]] = {
    "unique": _number,
    "days_active": _number,
    "values": _values,
    "most_frequent": _most_frequent,
    "most_repeated": _most_repeated,
}
