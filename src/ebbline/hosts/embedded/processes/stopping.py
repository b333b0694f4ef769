"""SIGTERM for processes that sleep between steps: the sleep ends at once, a step is finished."""

from __future__ import annotations

import signal
from collections.abc import Callable


class Stop(Exception):
    """SIGTERM while the process sleeps."""


class Signals:
    """SIGTERM ends the sleep at once and the work after its present step."""

    def __init__(self) -> None:
        self.stopping = False
        self.asleep = False
        signal.signal(signal.SIGTERM, self._stop)
        # Ctrl-C reaches the whole group; the supervisor passes on what it means.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def sleep(self, nap: Callable[[], object]) -> None:
        """Call what sleeps, unless there was a signal already; raises Stop on one meanwhile."""
        self.asleep = True  # before the look at `stopping`: a signal in between still ends it
        if not self.stopping:
            nap()
        self.asleep = False

    def _stop(self, *_: object) -> None:
        self.stopping = True
        if self.asleep:
            self.asleep = False  # a second signal (systemd sends one to everybody) only ends
            raise Stop
