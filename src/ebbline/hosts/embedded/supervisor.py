"""The parent of the embedded host's processes: starts them, restarts them, ends them.

It does none of their work and keeps none of their state. While all is well it sleeps: a dead
child, a signal and a child's "ready" each wake it; nothing polls.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from ebbline.hosts.embedded.lifeline import LIFELINE_VARIABLE, READY_VARIABLE
from ebbline.hosts.embedded.limits import (
    HEALTHY_SECONDS_MIN,
    RESTART_SECONDS_MAX,
    RESTART_SECONDS_MIN,
    TERM_SECONDS_MAX,
)

EXIT_SETUP = 78
"""A child that exits with this (EX_CONFIG of sysexits.h) says that starting it again is no use."""

EXIT_AGAIN = 75
"""A child that exits with this (EX_TEMPFAIL) has met something that passes, and has said what."""

EXIT_NOT_STARTED = 127
"""The exit code given to a child that could not be started at all, as shells do."""


class Child(msgspec.Struct, frozen=True):
    """A process to keep running."""

    name: str
    argv: tuple[str, ...]
    pass_fds: tuple[int, ...] = ()  # inherited under the same numbers, and again on restarts
    essential: bool = True  # not: it starts after all others, and the system is ready without it


class Happening(msgspec.Struct, frozen=True):
    """Something worth a log line. `detail` is a pid, an exit code or seconds to wait."""

    name: str
    what: Literal["started", "ready", "died", "waits", "stopped", "killed"]
    detail: float


class Supervisor:
    """Runs children until told to stop.

    `ready` is set while every essential child has said that it is ready; `restarts` counts by
    name.
    """

    def __init__(
        self, children: Sequence[Child], report: Callable[[Happening], None] = lambda _: None
    ) -> None:
        self.children = tuple(children)
        self.ready = asyncio.Event()
        self.restarts: dict[str, int] = dict.fromkeys((child.name for child in children), 0)
        self.pids: dict[str, int] = {}
        self._report = report
        self._stopping = asyncio.Event()
        self._ready_since: dict[str, float] = {}
        self._exit_code = 0
        self._lifeline = (-1, -1)

    def stop(self) -> None:
        """Have `run` end its children and return; a second call kills them at once."""
        if self._stopping.is_set():
            for pid in self.pids.values():
                _signal(pid, signal.SIGKILL)
        self._stopping.set()

    async def run(self) -> int:
        """Start the children and keep them running until `stop`, SIGTERM or SIGINT.

        Returns 0, or EXIT_SETUP when a child exited with that. Returns only after all have
        ended, at most 10 s after the order to stop.
        """
        loop = asyncio.get_running_loop()
        # The reading end goes to the children, the other is closed by our own end alone.
        self._lifeline = os.pipe()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        try:
            async with asyncio.TaskGroup() as group:
                for child in self.children:
                    group.create_task(self._keep(child))
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
            for fd in self._lifeline:
                os.close(fd)
        return self._exit_code

    async def _keep(self, child: Child) -> None:
        """One child's life: start, wait for its end, start again."""
        young_deaths = 0
        if not child.essential:
            await self._until_ready()
        while not self._stopping.is_set():
            code, healthy = await self._live(child)
            if self._stopping.is_set():
                return
            self._report(Happening(child.name, "died", code))
            if code == EXIT_SETUP and not child.essential:
                return
            if code == EXIT_SETUP:
                self._exit_code = EXIT_SETUP
                self.stop()
                return
            young_deaths = 0 if healthy else young_deaths + 1
            await self._pause(child, restart_seconds(young_deaths))
            self.restarts[child.name] += 1

    async def _until_ready(self) -> None:
        """Wait for the essential children, or for an order to stop."""
        ready = asyncio.ensure_future(self.ready.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({ready, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
            stopping.cancel()

    async def _live(self, child: Child) -> tuple[int, bool]:
        """Start the child and see it to its end.

        Its exit code (negative for a signal), and whether it had been at work for a while.
        """
        heard, told = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                pass_fds=(*child.pass_fds, self._lifeline[0], told),
                env=os.environ
                | {LIFELINE_VARIABLE: str(self._lifeline[0]), READY_VARIABLE: str(told)},
            )
        except OSError:
            os.close(heard)
            return EXIT_NOT_STARTED, False
        finally:
            os.close(told)
        self.pids[child.name] = process.pid
        self._report(Happening(child.name, "started", process.pid))
        loop = asyncio.get_running_loop()
        loop.add_reader(heard, self._hear, child, heard)
        try:
            code = await self._until_end(child, process)
            age = loop.time() - self._ready_since.get(child.name, loop.time())
            return code, age >= HEALTHY_SECONDS_MIN
        finally:
            del self.pids[child.name]
            self._ready_since.pop(child.name, None)
            if child.essential:
                self.ready.clear()
            loop.remove_reader(heard)
            os.close(heard)

    async def _until_end(self, child: Child, process: asyncio.subprocess.Process) -> int:
        """Wait for the end, which an order to stop brings about."""
        ended = asyncio.ensure_future(process.wait())
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                _signal(process.pid, signal.SIGTERM)
                await asyncio.wait({ended}, timeout=TERM_SECONDS_MAX)
                what: Literal["stopped", "killed"] = "stopped" if ended.done() else "killed"
                if not ended.done():
                    _signal(process.pid, signal.SIGKILL)
                self._report(Happening(child.name, what, await ended))
            return await ended
        finally:
            stopping.cancel()
            if not ended.done():  # We are being cancelled: leave nothing running behind.
                _signal(process.pid, signal.SIGKILL)
                await ended

    async def _pause(self, child: Child, seconds: float) -> None:
        """Wait before a restart; an order to stop cuts it short."""
        if seconds > 0:
            self._report(Happening(child.name, "waits", seconds))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), seconds)

    def _hear(self, child: Child, fd: int) -> None:
        """The child's ready pipe has something to say: readiness, or that it was closed."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(fd)
        if os.read(fd, 64):
            self._ready_since[child.name] = loop.time()
            self._report(Happening(child.name, "ready", self.pids[child.name]))
            if all(one.name in self._ready_since for one in self.children if one.essential):
                self.ready.set()


def restart_seconds(young_deaths: int) -> float:
    """How long to wait before a restart, after so many deaths in a row soon after a start.

    None at all for the first, then 0.1 s doubling to 5 s.

    >>> [restart_seconds(n) for n in range(5)], restart_seconds(50)
    ([0.0, 0.0, 0.1, 0.2, 0.4], 5.0)
    """
    if young_deaths <= 1:
        return 0.0
    doublings = min(young_deaths - 2, 32)
    return min(RESTART_SECONDS_MAX, RESTART_SECONDS_MIN * 2.0**doublings)


def _signal(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child that may have ended just now."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
