"""A fading score over a stretch of time: a line with a corner where each entry ends.

Between two entries that end the score is straight, so its extremes over a stretch are among its
two ends and the corners between them. The corners from one instant on are worked out once and
then looked up, since the search for a flip asks for one stretch after the other.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

from ebbline.engine.limits import NANO, SCORE_DECIMALS
from ebbline.engine.tracks import COUNT, listed

Range = tuple[float, float]


class Corners:
    """The corners of the record that was asked for last. Values are billionths of points times
    milliseconds left, so they are whole numbers."""

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._whole = span_ms * NANO
        self._record: Any = None
        self._of = (0, 0)  # how many events the record held, and from when the corners are
        self._ends: list[int] = []
        self._values: list[int] = []  # at the start, then at each end
        self._slopes: list[int] = []  # from the start, then from each end on
        self._least: list[int] = []  # of the values so far
        self._most: list[int] = []

    def edges(self, record: Any, low_ms: int, high_ms: int) -> Range:
        """The least and the greatest reading from `low_ms` to `high_ms`."""
        if self._record is not record or self._of != (record[COUNT], low_ms):
            self._work_out(record, low_ms)
            self._record, self._of = record, (record[COUNT], low_ms)
        place = bisect_left(self._ends, high_ms)
        began_ms = self._ends[place - 1] if place else low_ms
        value = self._values[place] + self._slopes[place] * (high_ms - began_ms)
        least, most = min(self._least[place], value), max(self._most[place], value)
        return round(least / self._whole, SCORE_DECIMALS), round(most / self._whole, SCORE_DECIMALS)

    def _work_out(self, record: Any, low_ms: int) -> None:
        value, slope, at_ms = 0, 0, low_ms
        live: list[tuple[int, int]] = []
        for at, nano in zip(*listed(record), strict=True):
            left = at + self._span_ms - low_ms
            if left > 0:
                value, slope = value + nano * left, slope - nano
                live.append((at + self._span_ms, nano))
        self._ends = [end for end, _ in live]
        self._values, self._slopes = [value], [slope]
        self._least, self._most = [value], [value]
        for end_ms, nano in live:
            value, slope, at_ms = value + slope * (end_ms - at_ms), slope + nano, end_ms
            self._values.append(value)
            self._slopes.append(slope)
            self._least.append(min(self._least[-1], value))
            self._most.append(max(self._most[-1], value))
