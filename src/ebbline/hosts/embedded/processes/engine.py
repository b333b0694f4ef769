"""The engine process: sleeps until the log has something new or somebody is due."""

from __future__ import annotations

import gc
import os
import time

import structlog
from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import Plan
from ebbline.engine.limits import NEVER
from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.clock import Clock, clock_from, real_seconds
from ebbline.hosts.embedded.doorbell import Bell, Listener
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.limits import WAIT_SECONDS_MAX
from ebbline.hosts.embedded.processes.metrics import EngineMeters
from ebbline.hosts.embedded.processes.settings import ChildSettings, leave_plan, metrics_file
from ebbline.hosts.embedded.processes.stopping import Signals, Stop


def run(settings: ChildSettings) -> None:
    """Fold the log until SIGTERM."""
    signals = Signals()
    outside = named_bell.listen(settings.data_folder().engine_bell)
    hear, ring = Listener.inherited(settings.hear_fd), Bell.inherited(settings.ring_fd)
    to_history = Bell.inherited(settings.ring_history_fd)
    clock = clock_from(os.environ)
    folder = settings.data_folder()

    def committed(rows: int) -> None:
        if rows:
            ring.ring()
        to_history.ring()

    def in_force(plan: Plan) -> None:
        leave_plan(folder, plan)
        for bell in (folder.collect_bell, folder.builder_bell):
            named_bell.ring(bell)

    loop = EngineLoop(
        folder, settings.plan(), clock, committed, on_plan=in_force, take_up=False
    )  # fmt: skip
    meters = EngineMeters(CollectorRegistry(), metrics_file(folder, "engine"))
    due_ms = loop.step(to_rest=False)
    ring.ring()
    # Millions of long-lived objects: a full collection would stop the world for seconds.
    gc.collect()
    gc.freeze()
    gc.disable()
    say_ready()
    structlog.get_logger().info("ready", offset=loop.fold.offset)
    try:
        while not signals.stopping:
            unwritten = meters.write(loop.fold)
            _sleep(hear, outside, signals, _least(unwritten, _seconds(clock, due_ms)))
            began = time.perf_counter()
            due_ms = loop.step(to_rest=False)
            meters.step_seconds.observe(time.perf_counter() - began)
    except Stop:
        pass
    loop.close()


def _seconds(clock: Clock, due_ms: int) -> float | None:
    return None if due_ms >= NEVER else min(real_seconds(clock, due_ms), WAIT_SECONDS_MAX)


def _least(*seconds: float | None) -> float | None:
    return min((s for s in seconds if s is not None), default=None)


def _sleep(hear: Listener, outside: int, signals: Signals, seconds: float | None) -> None:
    def nap() -> None:
        hear.wait(seconds, also=outside)
        named_bell.drain(outside)

    signals.sleep(nap)
