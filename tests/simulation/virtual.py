"""An event loop whose time passes only while everybody sleeps, and a clock that shows it.

Where nothing is ready the loop jumps to the next timer instead of waiting for it: a day of
sleeping costs nothing and every run of a seed is the same.
"""

from __future__ import annotations

import asyncio
import selectors

START_MS = 1_800_000_000_000


class _Jumping(selectors.DefaultSelector):
    """A selector that never blocks: what it would have waited is added to the time."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout=None):
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everybody waits for something that never comes"
            self.passed += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on virtual time, in seconds from 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.passed


class VirtualClock:
    """The product's clock on a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def now_ms(self) -> int:
        return START_MS + round(self._loop.time() * 1000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def run(main) -> None:
    """Run `main(clock)` to its end on a loop of its own."""
    loop = VirtualLoop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(main(VirtualClock(loop)))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
