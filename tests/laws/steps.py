"""How a law walks through a history: batches by instant, and lists of flips made comparable."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from ebbline.events.event import Event
from tests.laws.facts import Timed
from tests.laws.timeline import Flip


def batches(arrivals: Iterable[Timed]) -> Iterator[tuple[int, list[Event]]]:
    """Arrivals by instant, in order of time; those of one instant belong together."""
    ordered = sorted(arrivals, key=lambda timed: timed[0])
    for now_ms, group in itertools.groupby(ordered, key=lambda timed: timed[0]):
        yield now_ms, [event for _, event in group]


def collapsed(flips: list[Flip]) -> list[Flip]:
    """The net flips of each instant and cause: several steps at one instant become one."""
    state: dict[str, tuple[bool, bool]] = {}
    result: list[Flip] = []
    for _, group in itertools.groupby(sorted(flips, key=_moment), key=_moment):
        final = {flip.audience: flip for flip in group}
        for name, flip in sorted(final.items()):
            now = flip.raw, flip.effective
            if state.get(name, (False, False)) != now:
                state[name] = now
                result.append(flip)
    return result


def _moment(flip: Flip) -> tuple[int, bool]:
    return flip.at_ms, flip.by_event
