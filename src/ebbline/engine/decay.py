"""Scores that halve: an exact, order-free sum of points, each fading by powers of two.

An event's points are scaled to the start of a block of 64 half-lives and added there as a
whole number of 2**-40 points, so the sum is the same in whatever order events arrive, and
merging two people is adding their blocks. Reading scales the blocks to the asked instant.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ebbline.engine.limits import (
    BLOCK_HALF_LIVES,
    BLOCK_SCALE_BITS,
    BLOCKS_BEHIND,
    EARLY_MS,
    FAR_FLIP_MS,
    NEVER,
    NUMBER_MAX,
    SCORE_DECIMALS,
)

Blocks = dict[int, int]


class DecayTrack:
    """The record keeper of one exponential score; a record is {block number: points}."""

    __slots__ = ("block_ms", "first_groups", "groups", "half_life_ms", "id")

    def __init__(self, track_id: int, half_life_ms: int) -> None:
        self.id = track_id
        self.half_life_ms = half_life_ms
        self.block_ms = half_life_ms * BLOCK_HALF_LIVES
        self.groups: tuple[int, ...] = ()
        self.first_groups: tuple[int, ...] = ()

    def add(self, record: Any, at_ms: int, event_id: str, value: Any, now_ms: int) -> Any:
        """Add one event's points; anything but a sensible number leaves the record alone."""
        del event_id
        if isinstance(value, bool) or not isinstance(value, int | float):
            return record
        if not -NUMBER_MAX <= value <= NUMBER_MAX:
            return record
        if record is None:
            record = {}
        block, offset_ms = divmod(at_ms, self.block_ms)
        scaled = math.ldexp(value * 2.0 ** (offset_ms / self.half_life_ms), BLOCK_SCALE_BITS)
        record[block] = record.get(block, 0) + round(scaled)
        if len(record) > BLOCKS_BEHIND + 1:
            self.trim(record, now_ms)
        return record

    def adder(self) -> Callable[[Any, int, str, Any, int], Any]:
        """How a feed adds to this track."""
        return self.add

    def trim(self, record: Blocks, now_ms: int) -> None:
        """Drop blocks that no reading from now on looks at."""
        oldest = now_ms // self.block_ms - BLOCKS_BEHIND
        for block in [b for b in record if b < oldest]:
            del record[block]

    def merge(self, into: Blocks, other: Blocks, now_ms: int) -> None:
        """Make `into` the record of both people's events."""
        for block, points in other.items():
            into[block] = into.get(block, 0) + points
        self.trim(into, now_ms)

    def read(self, record: Blocks, now_ms: int) -> float:
        """The score at `now_ms`, rounded to 1e-9."""
        return round(self.sum_at(record, now_ms), SCORE_DECIMALS)

    def sum_at(self, record: Blocks, now_ms: int) -> float:
        """The score at `now_ms` before it is rounded."""
        oldest = now_ms // self.block_ms - BLOCKS_BEHIND
        total = 0.0
        for block, points in record.items():
            if block >= oldest:
                age = (now_ms - block * self.block_ms) / self.half_life_ms
                total += math.ldexp(points * 2.0**-age, -BLOCK_SCALE_BITS)
        return total

    def next_crossing(self, record: Blocks, now_ms: int, bar: float, value: float,
                      *, exact: bool) -> int:  # fmt: skip
        """The first instant after `now_ms` at which the score, which reads `value` now, leaves
        the side of `bar` it is on (or leaves `bar`); NEVER when it moves away. Unless `exact`,
        a far one may be announced up to `EARLY_MS` early.

        Source: s(t) = s(now) * 2**(-(t - now)/H), so t = now + H * log2(s(now)/bar). A reading
        is rounded, so it arrives half a step before the score does, and the estimate is taken
        from the score before rounding.
        """
        if value == bar:
            return first_true(lambda at: self.read(record, at) != bar, now_ms + 1, now_ms + 1)
        if abs(value) < abs(bar) or value * bar < 0:
            return NEVER
        ratio = abs(self.sum_at(record, now_ms)) / (abs(bar) + _HALF_STEP)
        estimate = now_ms + int(self.half_life_ms * math.log2(max(ratio, 1.0)))
        if not exact and estimate - now_ms > FAR_FLIP_MS:
            return estimate - EARLY_MS
        if value > bar:
            return first_true(lambda at: self.read(record, at) <= bar, now_ms + 1, estimate)
        return first_true(lambda at: self.read(record, at) >= bar, now_ms + 1, estimate)


_HALF_STEP = 0.5 * 10.0**-SCORE_DECIMALS


def first_true(test: Callable[[int], bool], low: int, guess: int) -> int:
    """The smallest instant >= `low` at which a test that stays true from then on is true.

    Gallops away from `guess` and then bisects; NEVER when it is not true before NEVER.
    """
    high, step = max(guess, low), 1
    while not test(high):
        low = high + 1
        high, step = high + step, step * 4
        if high >= NEVER:
            return NEVER
    step = 1
    while high - step > low and test(high - step):
        high, step = high - step, step * 4
    low = max(low, high - step)
    while low < high:
        middle = (low + high) // 2
        if test(middle):
            high = middle
        else:
            low = middle + 1
    return high
