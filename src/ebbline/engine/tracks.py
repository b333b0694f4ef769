"""Tracks: what one person's state keeps about one set of events.

A record is an all-time summary and a time-sorted list of recent entries. Adding is insertion
in time order and merging is union, so the order of arrival changes nothing. Two entries of the
same instant are ordered by messageId where that order can be seen, by value where only that can.

Of a person with more events than anybody has, the record keeps the latest `Track.cap` entries and
the time of the latest one left out, its edge. For counts and sums the older ones are kept as panes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Sequence
from typing import Any

from ebbline.engine import panes
from ebbline.engine.limits import (
    DISTINCT_MAX,
    DROPPED_SHARE,
    ENTRIES_ASKED_MAX,
    ENTRIES_MAX,
    NANO,
    NEVER,
    NUMBER_MAX,
)
from ebbline.engine.scalars import equal_key
from ebbline.engine.tallies import count_value, merge_counts, see_value

# The places of a record. A list, not a class: it is packed and unpacked millions of times.
COUNT, TOTAL, LOWS, HIGHS, FIRST, LAST, HEADS, DISTINCT, TIMES, VALUES, IDS = range(11)
# Two more, only in the records of tracks that need either: how often each value came, and when
# each first came.
TALLY, SEEN = 11, 12
# Two that are there only once entries had to be left out: the time of the latest of them, and
# (for counts and sums) their panes.
EDGE, PANES = 13, 14
Record = list[Any]

FOREVER = NEVER  # keep_ms of a track whose every entry may be asked for


class Needs:
    """What the uses of one track ask its records to keep; grows while a plan is compiled."""

    __slots__ = ("distinct", "ends", "extremes", "heads", "ids", "keep_ms", "latest", "least",
                 "panes", "seen", "tally", "total", "values")  # fmt: skip

    def __init__(self) -> None:
        self.tally = self.seen = False
        self.total = self.extremes = self.ends = self.distinct = False
        self.values = self.ids = False
        self.panes = False  # counts and sums, of entries that are left out as well
        self.heads = 0  # how many of the earliest times
        self.latest = 0  # how many of the latest entries, however old
        self.least = 0  # how many entries a rule compares with, so that many are not too many
        self.keep_ms = 0  # how long every entry


def nano_of(value: Any) -> int | None:
    """A number as whole billionths, rounded half to even; null when it cannot be summed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not -NUMBER_MAX <= value <= NUMBER_MAX:
        return None
    return value * NANO if isinstance(value, int) else round(value * NANO)


class Track:
    """One set of events as the compiler sees it; `add`, `merge` and `trim` work on records.

    `mode` says what an entry's value must be: "events" keeps none, "number" takes what can be
    summed (as billionths), "scalar" takes any non-null value, "any" takes null as well.
    """

    __slots__ = ("cap", "first_groups", "groups", "id", "mode", "needs", "pane_ms")

    def __init__(self, track_id: int, mode: str) -> None:
        self.id = track_id
        self.mode = mode
        self.needs = Needs()
        self.cap = ENTRIES_MAX  # entries of one record
        self.pane_ms = NEVER  # length of the panes of older ones
        self.groups: tuple[int, ...] = ()
        self.first_groups: tuple[int, ...] = ()  # that only look at the first event

    def bound(self, entries: int = ENTRIES_MAX) -> None:
        """Set how many entries a record keeps, at least what the uses ask for, and how long
        the panes of older ones are."""
        need = self.needs
        self.cap = max(entries, need.latest, min(need.least, ENTRIES_ASKED_MAX))
        self.pane_ms = panes.pane_ms(need.keep_ms)

    def new_record(self) -> Record:
        """An empty record; unneeded places stay None."""
        need = self.needs
        listed = bool(need.keep_ms or need.latest)
        record: Record = [
            0,
            0,
            [None, None] if need.extremes else None,
            [None, None] if need.extremes else None,
            None,
            None,
            [] if need.heads else None,
            {} if need.distinct else None,
            [] if listed else None,
            [] if listed and need.values else None,
            [] if listed and need.ids else None,
        ]
        if need.tally or need.seen:
            record += [{} if need.tally else None, {} if need.seen else None]
        return record

    def add(self, record: Record | None, at_ms: int, event_id: str, value: Any, now_ms: int) -> Any:
        """Add one event to a record (a new one for None) and return it; None when the value
        keeps the event out of this track."""
        if self.mode == "number":
            value = nano_of(value)
        if value is None and self.mode in ("number", "scalar"):
            return record
        if record is None:
            record = self.new_record()
        record[COUNT] += 1
        need = self.needs
        if need.total:
            record[TOTAL] += value
        if need.extremes:
            _stretch(record, value)
        if need.ends:
            _mark_ends(record, at_ms, event_id, value)
        if need.heads:
            insort(record[HEADS], at_ms)
            del record[HEADS][need.heads :]
        if need.distinct and (key := equal_key(value)) is not None:
            _note_value(record[DISTINCT], key)
        if record[TIMES] is not None and (need.latest or at_ms > now_ms - need.keep_ms):
            _insert(record, at_ms, event_id, value)
            self.trim(record, now_ms)
        return record

    def _add_apart(
        self, record: Record | None, at_ms: int, event_id: str, value: Any, now_ms: int
    ) -> Any:
        """`add` for a track that tells values apart, kept out of the way of all others."""
        if value is None:
            return record
        added: Record = self.add(record, at_ms, event_id, value, now_ms)
        if self.needs.tally:
            count_value(added[TALLY], at_ms, event_id, value)
        if self.needs.seen:
            see_value(added[SEEN], at_ms, event_id, value)
        return added

    def adder(self) -> Callable[[Any, int, str, Any, int], Any]:
        """How a feed adds to this track: `add`, with more for a track that tells values apart, or
        for one that only counts and keeps a few times the same in fewer steps."""
        need = self.needs
        if need.tally or need.seen:
            return self._add_apart
        if self.mode != "events" or need.keep_ms or need.ids or need.values:
            return self.add
        new, heads, latest = self.new_record, need.heads, need.latest
        most = latest + latest // DROPPED_SHARE  # nobody looks at those beyond `latest`

        def count(record: Any, at_ms: int, event_id: str, value: Any, now_ms: int) -> Any:
            del event_id, value, now_ms
            if record is None:
                record = new()
            record[COUNT] += 1
            if latest:
                times = record[TIMES]
                if not times or at_ms >= times[-1]:
                    times.append(at_ms)
                else:
                    insort(times, at_ms)
                if len(times) > most:
                    del times[: len(times) - latest]
            if heads:
                first = record[HEADS]
                if len(first) < heads or at_ms < first[-1]:
                    insort(first, at_ms)
                    del first[heads:]
            return record

        return count

    def trim(self, record: Record, now_ms: int) -> None:
        """Drop the oldest entries: those that no use can ask for any more, and those beyond the
        cap."""
        times, need = record[TIMES], self.needs
        horizon = now_ms - need.keep_ms
        if len(record) > EDGE:
            _forget(record, horizon)
        size = len(times)
        spare = size - need.latest
        if spare <= 0 or (times[0] > horizon and size <= self.cap):
            return
        drop = min(spare, bisect_right(times, horizon))
        if size - drop > self.cap:
            drop = size - self.cap
            self._leave_out(record, drop, horizon)
        for place in (TIMES, VALUES, IDS):
            if record[place] is not None:
                del record[place][:drop]

    def _leave_out(self, record: Record, drop: int, horizon_ms: int) -> None:
        """Note of the oldest entries, which go, what is to be known of them."""
        times, values = record[TIMES], record[VALUES]
        if times[drop - 1] <= horizon_ms:
            return
        _mark_edge(record, times[drop - 1])
        if not self.needs.panes:
            return
        for i in range(bisect_right(times, horizon_ms, 0, drop), drop):
            at_ms = times[i]
            total = values[i] if self.mode == "number" and values is not None else 0
            panes.put(record[PANES], at_ms // self.pane_ms, at_ms, 1, total)
        panes.trim(record[PANES], horizon_ms)

    def merge(self, into: Record, other: Record, now_ms: int) -> None:
        """Make `into` the record of both people's events."""
        need = self.needs
        into[COUNT] += other[COUNT]
        into[TOTAL] += other[TOTAL]
        if need.extremes:
            for low, high in zip(other[LOWS], other[HIGHS], strict=True):
                for value in (low, high):
                    if value is not None:
                        _stretch(into, value)
        if need.ends:
            for entry in (other[FIRST], other[LAST]):
                if entry is not None:
                    _mark_ends(into, *entry)
        if need.heads:
            into[HEADS] = sorted(into[HEADS] + other[HEADS])[: need.heads]
        if need.distinct:
            for key in other[DISTINCT]:
                _note_value(into[DISTINCT], key)
        if need.tally:
            merge_counts(into[TALLY], other[TALLY])
        if need.seen:
            for at_ms, event_id, value in other[SEEN].values():
                see_value(into[SEEN], at_ms, event_id, value)
        if into[TIMES] is not None:
            _merge_entries(into, other)
            edge = edge_of(other)
            if edge is not None:
                _mark_edge(into, edge)
                for pane in other[PANES]:
                    panes.put(into[PANES], *pane)
            self.trim(into, now_ms)


def edge_of(record: Record) -> int | None:
    """The time of the latest entry that had to be left out, or None where every one is there."""
    if len(record) <= EDGE:
        return None
    edge: int = record[EDGE]
    return edge


def _mark_edge(record: Record, at_ms: int) -> None:
    edge = edge_of(record)
    if edge is None:
        record += [None] * (EDGE - len(record))
        record += [at_ms, []]
    elif at_ms > edge:
        record[EDGE] = at_ms


def _stretch(record: Record, value: Any) -> None:
    """Widen the extremes, kept apart for numbers and texts; other kinds have no order."""
    if isinstance(value, bool):
        return
    place = 0 if isinstance(value, int | float) else 1 if isinstance(value, str) else None
    if place is None:
        return
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1.0 and 1 are one extreme, whichever came first
    low, high = record[LOWS], record[HIGHS]
    if low[place] is None or value < low[place]:
        low[place] = value
    if high[place] is None or value > high[place]:
        high[place] = value


def _mark_ends(record: Record, at_ms: int, event_id: str, value: Any) -> None:
    first, last = record[FIRST], record[LAST]
    if first is None or (at_ms, event_id) < (first[0], first[1]):
        record[FIRST] = [at_ms, event_id, value]
    if last is None or (at_ms, event_id) > (last[0], last[1]):
        record[LAST] = [at_ms, event_id, value]


def _forget(record: Record, horizon_ms: int) -> None:
    """Of what had to be left out, that which nobody asks for any more."""
    if record[EDGE] <= horizon_ms:
        del record[EDGE:]
    else:
        panes.trim(record[PANES], horizon_ms)


def listed(record: Record) -> tuple[list[int], list[int]]:
    """Times and summed values, where entries had to be left out with those of their panes."""
    times, values = record[TIMES], record[VALUES]
    if len(record) <= EDGE:
        return times, values
    older = record[PANES]
    return (
        [pane[panes.LATEST] for pane in older] + times,
        [pane[panes.SUM] for pane in older] + values,
    )


def _note_value(known: dict[str, bool], key: str) -> None:
    if len(known) < DISTINCT_MAX:
        known[key] = True


def _insert(record: Record, at_ms: int, event_id: str, value: Any) -> None:
    times, values, ids = record[TIMES], record[VALUES], record[IDS]
    if not times or at_ms > times[-1]:
        place = len(times)
    else:
        place = bisect_right(times, at_ms)
        if place and times[place - 1] == at_ms:
            start = bisect_left(times, at_ms)
            if ids is not None:
                place = bisect_right(ids, event_id, start, place)
            elif values is not None:
                place = bisect_right(values, _tie(value), start, place, key=_tie)
    times.insert(place, at_ms)
    if values is not None:
        values.insert(place, value)
    if ids is not None:
        ids.insert(place, event_id)


def _tie(value: Any) -> str:
    """The order of values of one instant, which only what is left out at the cap can show."""
    return equal_key(value) or ""


def _merge_entries(into: Record, other: Record) -> None:
    if into[VALUES] is None:
        into[TIMES] = sorted(into[TIMES] + other[TIMES])
        return
    times, values = into[TIMES] + other[TIMES], into[VALUES] + other[VALUES]
    ids = None if into[IDS] is None else into[IDS] + other[IDS]
    ties = ids if ids is not None else [_tie(value) for value in values]
    order = sorted(range(len(times)), key=lambda i: (times[i], ties[i]))
    into[TIMES] = [times[i] for i in order]
    into[VALUES] = [values[i] for i in order]
    if ids is not None:
        into[IDS] = [ids[i] for i in order]


def span(times: Sequence[int], now_ms: int, within_ms: int | None, before_ms: int | None,
         since_ms: int | None) -> tuple[int, int, int]:  # fmt: skip
    """The slice of entries inside a window at `now_ms`, and the next instant at which the slice
    changes by time alone: an entry leaves `within_ms` after its time and enters `before_ms`
    after it."""
    start, end, until = 0, len(times), NEVER
    if before_ms is not None:
        end = bisect_right(times, now_ms - before_ms)
        if end < len(times):
            until = times[end] + before_ms
    if within_ms is not None:
        start = bisect_right(times, now_ms - within_ms)
        if start < end:
            until = min(until, times[start] + within_ms)
    if since_ms is not None:
        start = max(start, bisect_left(times, since_ms))
    return start, max(start, end), until
