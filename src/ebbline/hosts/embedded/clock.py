"""The clock as the hosts see it: a seam, so that tests run days in no time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits. Everything outside this module asks a `Clock`."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        ...


class SystemClock:
    """The machine's clock. It may jump: what must never go back is stamped by the log."""

    def now_ms(self) -> int:
        """UTC milliseconds since 1970."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds`."""
        await asyncio.sleep(seconds)


class FastClock:
    """A clock that runs `speed` times as fast as the machine's from `start_ms` on: for demos,
    in which windows of a day should end while somebody watches."""

    def __init__(self, start_ms: int, speed: float) -> None:
        self._start_ms = start_ms
        self.speed = speed

    def now_ms(self) -> int:
        """UTC milliseconds since 1970, as this clock has them."""
        return self._start_ms + int((time.time_ns() / 1e6 - self._start_ms) * self.speed)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of this clock."""
        await asyncio.sleep(seconds / self.speed)


CLOCK_VARIABLE = "EBBLINE_CLOCK"


def clock_setting(start_ms: int, speed: float) -> str:
    """The value of EBBLINE_CLOCK that gives every process of a system the same fast clock."""
    return f"{start_ms}:{speed}"


def clock_from(environ: Mapping[str, str]) -> Clock:
    """The clock a process should use: the machine's, unless EBBLINE_CLOCK says otherwise."""
    text = environ.get(CLOCK_VARIABLE, "")
    if not text:
        return SystemClock()
    start, _, speed = text.partition(":")
    return FastClock(int(start), float(speed))


def real_seconds(clock: Clock, until_ms: int) -> float:
    """Seconds of the machine's time until a clock shows an instant, never negative."""
    speed = clock.speed if isinstance(clock, FastClock) else 1.0
    return max(0.0, (until_ms - clock.now_ms()) / 1000 / speed)
