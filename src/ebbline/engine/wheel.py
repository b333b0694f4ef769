"""The timer wheel: which person is due next, over the whole population.

Minutes are buckets; only the opened minute is a heap, so a far wake costs one append. A person
has one pending wake; an older one that was overtaken finds nothing due and is dropped.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

from ebbline.engine.limits import NEVER

MINUTE_MS = 60_000


class Wheel:
    """Pending (due_ms, profile id) pairs in order of due time, then id."""

    def __init__(self) -> None:
        self._minutes: dict[int, list[tuple[int, int]]] = {}
        self._order: list[int] = []  # heap of minutes that have a bucket
        self._open: list[tuple[int, int]] = []  # heap of the minute that is open
        self._open_minute = -1
        self.earliest = NEVER  # nothing is pending before this instant

    def add(self, due_ms: int, profile: int) -> None:
        """Remember a wake; NEVER is none."""
        if due_ms >= NEVER:
            return
        if due_ms < self.earliest:
            self.earliest = due_ms
        minute = due_ms // MINUTE_MS
        if minute == self._open_minute:
            heappush(self._open, (due_ms, profile))
            return
        if minute < self._open_minute:
            self._close()
        bucket = self._minutes.get(minute)
        if bucket is None:
            self._minutes[minute] = [(due_ms, profile)]
            heappush(self._order, minute)
        else:
            bucket.append((due_ms, profile))

    def peek(self) -> tuple[int, int] | None:
        """The earliest pending pair, left where it is; it may be a stale one."""
        self._open_next()
        return self._open[0] if self._open else None

    def pop(self, until_ms: int) -> tuple[int, int] | None:
        """Take the earliest pair due at or before `until_ms`."""
        if until_ms < self.earliest:
            return None
        if not self._open and self._order and self._order[0] * MINUTE_MS > until_ms:
            self.earliest = self._order[0] * MINUTE_MS
            return None
        self._open_next()
        if not self._open or self._open[0][0] > until_ms:
            self.earliest = self._open[0][0] if self._open else NEVER
            return None
        return heappop(self._open)

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
