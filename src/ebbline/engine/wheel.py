"""The timer wheel: which person is due next, over the whole population.

Minutes are buckets; only the opened minute is a heap, so a far wake costs one append. A person
has one pending wake; an older one that was overtaken finds nothing due and is dropped. Within
its minute a pair is one whole number, milliseconds above the profile id: numbers are ordered as
the pairs are, several times as fast, and nothing for the garbage collector to look at.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from ebbline.engine.limits import NEVER

MINUTE_MS = 60_000

# Bits of a profile id in a number: ids are given one by one, and the 16 bits of a minute's
# milliseconds above them leave it within a machine word.
_ID_BITS = 44
_ID_MASK = (1 << _ID_BITS) - 1


class Wheel:
    """Pending (due_ms, profile id) pairs in order of due time, then id."""

    def __init__(self) -> None:
        self._minutes: dict[int, list[int]] = {}
        self._order: list[int] = []  # heap of minutes that have a bucket
        self._open: list[int] = []  # heap of the minute that is open
        self._open_minute = -1
        self.earliest = NEVER  # nothing is pending before this instant

    def add(self, due_ms: int, profile: int) -> None:
        """Remember a wake; NEVER is none."""
        if due_ms >= NEVER:
            return
        if due_ms < self.earliest:
            self.earliest = due_ms
        minute = due_ms // MINUTE_MS
        entry = (due_ms - minute * MINUTE_MS) << _ID_BITS | profile
        if minute == self._open_minute:
            heappush(self._open, entry)
            return
        if minute < self._open_minute:
            self._close()
        bucket = self._minutes.get(minute)
        if bucket is None:
            self._minutes[minute] = [entry]
            heappush(self._order, minute)
        else:
            bucket.append(entry)

    def peek(self) -> tuple[int, int] | None:
        """The earliest pending pair, left where it is; it may be a stale one."""
        self._open_next()
        if not self._open:
            return None
        return self._first_ms(), self._open[0] & _ID_MASK

    def pop(self, until_ms: int) -> tuple[int, int] | None:
        """Take the earliest pair due at or before `until_ms`."""
        if until_ms < self.earliest:
            return None
        if not self._open and self._order and self._order[0] * MINUTE_MS > until_ms:
            self.earliest = self._order[0] * MINUTE_MS
            return None
        self._open_next()
        due_ms = self._first_ms() if self._open else NEVER
        if due_ms > until_ms or not self._open:
            self.earliest = due_ms
            return None
        return due_ms, heappop(self._open) & _ID_MASK

    def _first_ms(self) -> int:
        """When the first entry of the open minute is due."""
        return self._open_minute * MINUTE_MS + (self._open[0] >> _ID_BITS)

    def _close(self) -> None:
        """Put the open minute back: something earlier has come up."""
        if self._open:
            self._minutes[self._open_minute] = self._open
            heappush(self._order, self._open_minute)
        self._open, self._open_minute = [], -1

    def _open_next(self) -> None:
        if not self._open and self._order:
            self._open_minute = heappop(self._order)
            self._open = self._minutes.pop(self._open_minute)
            heapify(self._open)
