"""Panes: events that are no longer kept one by one, counted and summed by stretches of time.

A pane stands for one entry at the time of its latest event. So whatever counts or sums entries in
a window may keep some of them for at most a pane's length too long, and errs by no more. Panes lie
on a fixed grid, so what they hold does not depend on the order of arrival.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import Any

from ebbline.engine.limits import DAY_MS, NEVER, PANE_MS_MIN, PANES_MAX

# Number of the pane on the grid, time of its latest event, how many, their sum.
NUMBER, LATEST, EVENTS, SUM = range(4)
Panes = list[Any]

_number: Callable[[Any], Any] = itemgetter(NUMBER)


def pane_ms(keep_ms: int) -> int:
    """The length of panes for what is kept so long: whole minutes, about a thousandth."""
    if keep_ms >= NEVER:
        return DAY_MS
    return -(-keep_ms // (PANES_MAX * PANE_MS_MIN)) * PANE_MS_MIN


def put(panes: Panes, number: int, latest_ms: int, events: int, total: int) -> None:
    """Add events to the pane of that number."""
    place = len(panes)
    if place and panes[-1][NUMBER] >= number:
        place = bisect_left(panes, number, key=_number)
    if place == len(panes) or panes[place][NUMBER] != number:
        panes.insert(place, [number, latest_ms, events, total])
        return
    pane = panes[place]
    pane[LATEST] = max(pane[LATEST], latest_ms)
    pane[EVENTS] += events
    pane[SUM] += total


def trim(panes: Panes, horizon_ms: int) -> None:
    """Drop what nobody can ask for any more, and the oldest of too many."""
    gone = bisect_right(panes, horizon_ms, key=itemgetter(LATEST))
    del panes[: max(gone, len(panes) - PANES_MAX)]
