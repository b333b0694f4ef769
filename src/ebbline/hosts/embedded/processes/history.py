"""The history process: sleeps until something was folded, gathers for some seconds, writes.

The bell starts one timed sleep, whatever comes meanwhile; then everything that the engine has
folded is written. Nothing to write costs nothing.
"""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry

from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import Clock, clock_from, real_seconds
from ebbline.hosts.embedded.doorbell import Listener
from ebbline.hosts.embedded.history.historian import Historian
from ebbline.hosts.embedded.history.limits import LOOK_SECONDS_MAX, WRITE_SECONDS
from ebbline.hosts.embedded.history.meters import HistoryMeters
from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.processes.settings import ChildSettings, metrics_file
from ebbline.hosts.embedded.processes.stopping import Signals, Stop

if TYPE_CHECKING:
    from ebbline.hosts.embedded.listed import Lists


def run(settings: ChildSettings) -> None:
    """Write history until SIGTERM."""
    signals, folder = Signals(), settings.data_folder()
    bell, clock = Listener.inherited(settings.hear_fd), clock_from(os.environ)
    meters = HistoryMeters(CollectorRegistry(), metrics_file(folder, "history"))
    historian = Historian(folder, clock, settings.keep_days)
    lists = _Lists(settings, clock)
    say_ready()
    structlog.get_logger().info("ready", offset=historian.held.offset)
    try:
        while not signals.stopping:
            try:
                _write(historian, meters, signals)
            except SetupError as error:
                # The others need no history: this process alone waits for the operator.
                structlog.get_logger().critical("writes no history", reason=str(error))
                signals.sleep(signal.pause)
            wait = partial(bell.wait, lists.step())
            signals.sleep(wait)
            signals.sleep(lambda: time.sleep(WRITE_SECONDS))
            bell.drain()
    except Stop:
        pass
    historian.close()


class _Lists:
    """The SQL of audiences, which reads what is written here; loaded when there is any."""

    def __init__(self, settings: ChildSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._lists: Lists | None = None

    def step(self) -> float | None:
        """Run what is due; seconds until something is, None: after the next ring."""
        if self._lists is None:
            if not any(each.sql for each in self._settings.plan().audiences):
                return None
            from ebbline.hosts.embedded.listed import Lists  # noqa: PLC0415 - heavy

            self._lists = Lists(self._settings.data_folder(), self._clock)
        next_ms = self._lists.step()
        if next_ms is None:
            return None
        return min(LOOK_SECONDS_MAX, real_seconds(self._clock, next_ms))


def _write(historian: Historian, meters: HistoryMeters, signals: Signals) -> None:
    """All there is, step by step, so that an order to stop waits for one step only."""
    while not signals.stopping:
        began = time.perf_counter()
        if not historian.step():
            break
        meters.step_seconds.observe(time.perf_counter() - began)
        meters.write(historian)
    historian.rest()
    early = meters.write(historian)
    if early is not None:
        signals.sleep(lambda: time.sleep(early))
        meters.write(historian)
