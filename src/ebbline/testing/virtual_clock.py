"""A clock that moves only when it is told to: days pass in no time, and always the same way.

It does not replace the event loop's own timers: what waits through the `Clock` seam is virtual,
a socket's timeout is not.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Generator
from heapq import heappop, heappush

from ebbline.definitions.durations import parse_duration
from ebbline.testing.limits import TURNS_PER_INSTANT

# 2026-01-01T00:00:00Z, where virtual time and the examples of audiences begin.
START_MS = 1_767_225_600_000


class VirtualClock:
    """A `Clock` (see `hosts.embedded.clock`) in UTC milliseconds.

    >>> clock = VirtualClock()
    >>> asyncio.run(clock.advance("1h30m"))
    >>> clock.now_ms() - START_MS
    5400000
    """

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []
        self._sleeps = 0

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        return self._now_ms

    async def sleep(self, seconds: float) -> None:
        """Return when the clock has been moved by `seconds`, rounded up to a millisecond."""
        due_ms = self._now_ms + math.ceil(seconds * 1000)
        if due_ms <= self._now_ms:
            await turn()
            return
        woken = asyncio.get_running_loop().create_future()
        self._sleeps += 1
        heappush(self._sleepers, (due_ms, self._sleeps, woken))
        await woken

    def next_ms(self) -> int | None:
        """When the first sleeper is due; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():
            heappop(self._sleepers)  # its task was cancelled
        return self._sleepers[0][0] if self._sleepers else None

    async def advance_to(self, ms: int) -> None:
        """Move to an instant, waking sleepers on the way: in order of their due times, and of
        those due together in the order in which they fell asleep. All that wake at one instant
        have run (see `TURNS_PER_INSTANT`) before the clock moves on. Raises ValueError for an
        instant that has passed."""
        if ms < self._now_ms:
            message = f"the clock stands at {self._now_ms} and cannot go back to {ms}"
            raise ValueError(message)
        await turns()  # who is about to fall asleep does so now
        while (due_ms := self.next_ms()) is not None and due_ms <= ms:
            self._now_ms = due_ms
            while self._sleepers and self._sleepers[0][0] <= due_ms:
                woken = heappop(self._sleepers)[2]
                if not woken.done():
                    woken.set_result(None)
            await turns()
        self._now_ms = ms

    async def advance(self, length: str | int) -> None:
        """Move on by a duration text (`"24h"`, `"1d12h"`) or by milliseconds."""
        await self.advance_to(self._now_ms + length_ms(length))


def length_ms(length: str | int) -> int:
    """Milliseconds of a duration text or of a number of them; ValueError for anything else."""
    ms = parse_duration(length) if isinstance(length, str) else length
    if ms is None or ms < 0:
        message = f"{length!r} is no length of time; write for example 24h or 1d12h"
        raise ValueError(message)
    return ms


class _Turn:
    """Awaiting it lets every other task that is ready run once."""

    def __await__(self) -> Generator[None, None, None]:
        yield


async def turn() -> None:
    """Let the event loop turn once."""
    await _Turn()


async def turns(count: int = TURNS_PER_INSTANT) -> None:
    """Let the event loop turn often enough for ready tasks to come to rest."""
    for _ in range(count):
        await _Turn()
