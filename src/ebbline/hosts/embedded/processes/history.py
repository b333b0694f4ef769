"""The history process: sleeps until something was folded, gathers for some seconds, writes.

The bell starts one timed sleep, whatever comes meanwhile; then everything that the engine has
folded is written. Nothing to write costs nothing.
"""

from __future__ import annotations

import os
import signal
import time

import structlog
from prometheus_client import CollectorRegistry

from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import clock_from
from ebbline.hosts.embedded.doorbell import Listener
from ebbline.hosts.embedded.history.historian import Historian
from ebbline.hosts.embedded.history.limits import WRITE_SECONDS
from ebbline.hosts.embedded.history.meters import HistoryMeters
from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.processes.settings import ChildSettings, metrics_file
from ebbline.hosts.embedded.processes.stopping import Signals, Stop


def run(settings: ChildSettings) -> None:
    """Write history until SIGTERM."""
    signals, folder = Signals(), settings.data_folder()
    bell, clock = Listener.inherited(settings.hear_fd), clock_from(os.environ)
    meters = HistoryMeters(CollectorRegistry(), metrics_file(folder, "history"))
    historian = Historian(folder, clock, settings.keep_days)
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
            signals.sleep(bell.wait)
            signals.sleep(lambda: time.sleep(WRITE_SECONDS))
            bell.drain()
    except Stop:
        pass
    historian.close()


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
