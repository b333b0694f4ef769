"""Local days of events in a time zone, as arithmetic over the zone's own history of offsets.

The offsets are read from the time zone database here, and written into the query, so that every
database counts the same days.
"""

from __future__ import annotations

from functools import lru_cache

from ebbline.definitions import tree
from ebbline.engine.calendar import period_of, zone_of
from ebbline.engine.limits import DAY_MS
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.limits import OFFSETS_FROM_MS, ZONES_KEPT

UTC = "UTC"


def day_of_event(zone: str, window: tree.Window, now_ms: int) -> Expr:
    """The local day of an event that is inside a window, as a number."""
    earliest = OFFSETS_FROM_MS
    if window.within_ms is not None:
        earliest = now_ms - window.within_ms
    elif window.calendar:
        earliest = period_of(window.zone, window.calendar).around(now_ms)[0]
    return sql.call("FLOOR", sql.arith("/", sql.cast(_local(zone, earliest, now_ms), "DOUBLE"),
                                       sql.number(DAY_MS)))  # fmt: skip


def _local(zone: str, earliest_ms: int, now_ms: int) -> Expr:
    """An event's time as local clocks show it."""
    steps = [step for step in _offsets(zone, now_ms // DAY_MS + 1) if step[0] <= now_ms]
    before = [start for start, _ in steps if start <= earliest_ms]
    needed = [step for step in reversed(steps) if step[0] >= max(before, default=OFFSETS_FROM_MS)]
    *later, (_, first) = needed
    if not later:
        return sql.plus(TIME, sql.number(first)) if first else TIME
    branches = [
        (sql.compare(">=", TIME, sql.number(start)), sql.number(offset)) for start, offset in later
    ]
    return sql.plus(TIME, sql.case(*branches, otherwise=sql.number(first)))


@lru_cache(maxsize=ZONES_KEPT)
def _offsets(name: str, until_day: int) -> tuple[tuple[int, int], ...]:
    """When clocks were changed up to a day, and their offset from then on, in milliseconds."""
    zone = zone_of(name)
    found = [(OFFSETS_FROM_MS, zone.offset_ms(OFFSETS_FROM_MS))]
    for day in range(OFFSETS_FROM_MS // DAY_MS + 1, until_day + 1):
        offset = zone.offset_ms(day * DAY_MS)
        if offset != found[-1][1]:
            found.append((zone.change((day - 1) * DAY_MS, day * DAY_MS), offset))
    return tuple(found)
