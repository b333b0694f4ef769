"""Many waiting requests, one transaction: appends that arrive during a write share the next.

It adds no delay of its own: an idle log writes at once. It does not know the store.
"""

from __future__ import annotations

import asyncio
import errno
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from ebbline.hosts.embedded.collect.limits import Limits
from ebbline.hosts.embedded.collect.ports import DiskFull, NotStored, Overloaded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ebbline.events.event import Event, Rejection
    from ebbline.hosts.embedded.collect.meters import Meters
    from ebbline.hosts.embedded.collect.ports import LogWriter

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class _Entry:
    """One append that waits for its write."""

    __slots__ = ("count", "done", "events", "rejections", "size_bytes")

    def __init__(
        self,
        events: Sequence[Event],
        rejections: Sequence[Rejection],
        size_bytes: int,
        done: asyncio.Future[None],
    ) -> None:
        self.events = events
        self.rejections = rejections
        self.size_bytes = size_bytes
        self.done = done
        self.count = len(events) + len(rejections)


class GroupCommit:
    """An `Appender` over a `LogWriter`.

    The writer runs in one thread of its own, or on the loop itself with `inline=True` (tests
    and simulations, where a thread would make the order of things random).
    """

    def __init__(
        self, writer: LogWriter, limits: Limits, meters: Meters, *, inline: bool = False
    ) -> None:
        self._writer = writer
        self._limits = limits
        self._meters = meters
        self._waiting: deque[_Entry] = deque()
        self._events = 0
        self._bytes = 0
        self._drain: asyncio.Task[None] | None = None
        self._closed = False
        self._thread = None if inline else ThreadPoolExecutor(1, thread_name_prefix="log")
        self.trouble: str | None = None
        """Why the last write failed; None while writing works (for readiness)."""
        meters.queue(lambda: (self._events, self._bytes))

    def has_room(self) -> bool:
        """Whether another append would be let in, whatever its size."""
        return not self._closed and (
            self._events < self._limits.queue_events_max
            and self._bytes < self._limits.queue_bytes_max
        )

    async def append(
        self, events: Sequence[Event], rejections: Sequence[Rejection], size_bytes: int
    ) -> None:
        """Returns once all is durable; raises `Overloaded` or another `NotStored` otherwise."""
        if not events and not rejections:
            return
        loop = asyncio.get_running_loop()
        entry = _Entry(events, rejections, size_bytes, loop.create_future())
        self._admit(entry)
        self._waiting.append(entry)
        if self._drain is None:
            self._drain = loop.create_task(self._write_all())
        await entry.done

    async def close(self) -> None:
        """Refuses further appends, writes what waits, ends the thread."""
        self._closed = True
        if self._drain is not None:
            await self._drain
        if self._thread is not None:
            self._thread.shutdown()

    def _admit(self, entry: _Entry) -> None:
        if self._closed:
            message = "the collector is shutting down"
            raise Overloaded(message)
        # What is too big for the queue by itself is let through when nothing else waits:
        # otherwise it could never be stored.
        full = self._events > 0 and (
            self._events + entry.count > self._limits.queue_events_max
            or self._bytes + entry.size_bytes > self._limits.queue_bytes_max
        )
        if full:
            message = f"{self._events:,} events wait to be written; try again later"
            raise Overloaded(message)
        self._events += entry.count
        self._bytes += entry.size_bytes

    async def _write_all(self) -> None:
        if self._thread is None:
            await asyncio.sleep(0)  # lets the appends of this turn of the loop join in
        while self._waiting:
            group = self._take()
            problem = await self._write(group)
            self._judge(problem)
            for entry in group:
                self._events -= entry.count
                self._bytes -= entry.size_bytes
                if entry.done.done():
                    continue  # its request went away; what it brought is stored all the same
                if problem is None:
                    entry.done.set_result(None)
                else:
                    entry.done.set_exception(problem)
        self._drain = None

    def _judge(self, problem: NotStored | None) -> None:
        """Not ready after a failed write, until the next one works or its senders may try
        again: a balancer that sends nothing meanwhile would never hear of the recovery."""
        self.trouble = None if problem is None else str(problem)
        if problem is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(problem.retry_after_s, setattr, self, "trouble", None)

    def _take(self) -> list[_Entry]:
        group = [self._waiting.popleft()]
        room = self._limits.group_events_max - group[0].count
        while self._waiting and self._waiting[0].count <= room:
            group.append(self._waiting.popleft())
            room -= group[-1].count
        return group

    async def _write(self, group: list[_Entry]) -> NotStored | None:
        """Writes one group; the failure, if it failed, as its waiters shall see it."""
        events = [event for entry in group for event in entry.events]
        rejections = [rejection for entry in group for rejection in entry.rejections]
        try:
            with self._meters.commit(len(events) + len(rejections)):
                if self._thread is None:
                    self._writer.write(events, rejections)
                else:
                    loop = asyncio.get_running_loop()
                    await loop.run_in_executor(self._thread, self._writer.write, events, rejections)
        except NotStored as problem:
            return problem
        except Exception as error:  # noqa: BLE001 - whatever broke, the senders must be told
            return _as_problem(error)
        return None


def _as_problem(error: Exception) -> NotStored:
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return DiskFull("the disk of the log is full; nothing was stored")
    return NotStored(f"the log cannot be written ({type(error).__name__}); nothing was stored")
