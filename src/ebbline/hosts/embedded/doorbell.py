"""Wake-ups between processes: a ring says "look", never what there is to see.

A bell is a pair of connected sockets made by the supervisor and inherited by number, so it
outlives restarts of either side. Rings that nobody has heard yet fold into one.
"""

from __future__ import annotations

import asyncio
import math
import select
import socket
from collections.abc import Callable
from typing import Self

from ebbline.hosts.embedded.limits import DOORBELL_BYTES_MAX


class _End:
    """One end of a bell; non-blocking."""

    def __init__(self, end: socket.socket) -> None:
        end.settimeout(0)
        self._socket = end

    @classmethod
    def inherited(cls, fd: int) -> Self:
        """The end a parent process passed on as file descriptor `fd`."""
        return cls(socket.socket(fileno=fd))

    def fileno(self) -> int:
        """Its file descriptor, for `pass_fds`."""
        return self._socket.fileno()

    def close(self) -> None:
        """Give the descriptor back."""
        self._socket.close()


class Bell(_End):
    """The end that rings."""

    def ring(self) -> None:
        """Wake the listener; it never waits and never fails.

        With a full socket, or nobody left to hear, there is nothing more to say.
        """
        try:
            self._socket.send(b"!")
        except OSError:
            return


class Listener(_End):
    """The end that hears. Once nobody is left to ring it stays silent instead of waking."""

    def __init__(self, end: socket.socket) -> None:
        super().__init__(end)
        self.deserted = False

    def drain(self) -> bool:
        """Take all rings so far; whether there were any.

        Look for work after this, not before: then a ring in between is kept for the next look.
        """
        heard = False
        while True:
            try:
                taken = self._socket.recv(DOORBELL_BYTES_MAX)
            except BlockingIOError:
                return heard
            except OSError:
                taken = b""
            if not taken:
                self.deserted = True
                return heard
            heard = True

    def wait(self, timeout_s: float | None = None, also: int | None = None) -> bool:
        """Sleep until a ring, until the descriptor `also` has something to say, or for
        `timeout_s` (None: for ever); whether it rang. Drains the bell, not `also`."""
        poller = select.poll()
        if also is not None:
            poller.register(also, select.POLLIN)
        if not self.deserted:
            poller.register(self._socket, select.POLLIN)
        # Rounded up to a whole millisecond: waking early would only mean sleeping again.
        timeout_ms = None if timeout_s is None else max(0, math.ceil(timeout_s * 1000))
        return bool(poller.poll(timeout_ms)) and self.drain()

    def attach(self, loop: asyncio.AbstractEventLoop, heard: Callable[[], object]) -> None:
        """Have `loop` call `heard()` after rings; all rings since the last call are one."""

        def answer() -> None:
            rang = self.drain()
            if self.deserted:
                self.detach(loop)
            if rang:
                heard()

        loop.add_reader(self._socket.fileno(), answer)

    def detach(self, loop: asyncio.AbstractEventLoop) -> None:
        """Undo `attach`."""
        loop.remove_reader(self._socket.fileno())


def make_bell() -> tuple[Bell, Listener]:
    """A new bell: the end to ring and the end to hear."""
    ringing, hearing = socket.socketpair()
    return Bell(ringing), Listener(hearing)
