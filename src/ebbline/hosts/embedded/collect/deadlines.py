"""One timer for many waits of the same length: a request that does not wait costs no timer.

Waits end in the order in which they begin, so a dict is the whole queue.
"""

from __future__ import annotations

import asyncio


class Deadlines:
    """Cancels tasks that have waited for longer than `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends: dict[asyncio.Task[object], float] = {}
        self._missed: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> asyncio.Task[object]:
        """The current task waits from now on; give it back to `end`, whatever happens."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None
        self._ends[task] = loop.time() + self._seconds
        if self._timer is None:
            self._timer = loop.call_later(self._seconds, self._look)
        return task

    def end(self, task: asyncio.Task[object]) -> bool:
        """The wait is over; whether it was too long, and the task was cancelled for that."""
        self._ends.pop(task, None)
        if task in self._missed:
            self._missed.discard(task)
            task.uncancel()
            return True
        return False

    def _look(self) -> None:
        """End what is due, and come back when the next is."""
        loop = asyncio.get_running_loop()
        self._timer = None
        now = loop.time()
        for task, end in list(self._ends.items()):
            if end > now:
                self._timer = loop.call_at(end, self._look)
                return
            del self._ends[task]
            self._missed.add(task)
            task.cancel()
