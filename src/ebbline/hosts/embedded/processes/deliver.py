"""The deliver process: follows the ledger and makes every request; see the deliver room."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from ebbline.hosts.embedded.clock import clock_from
from ebbline.hosts.embedded.deliver import run_deliver
from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.processes.metrics import MetricsFile
from ebbline.hosts.embedded.processes.settings import ChildSettings, metrics_file


def run(settings: ChildSettings) -> None:
    """Deliver until SIGTERM."""
    folder, registry = settings.data_folder(), CollectorRegistry()
    figures = MetricsFile(registry, metrics_file(folder, "deliver"))
    later: asyncio.TimerHandle | None = None

    def write_figures() -> None:
        nonlocal later
        if later is not None:
            later.cancel()
        early = figures.write()
        loop = asyncio.get_running_loop()
        later = None if early is None else loop.call_later(early, write_figures)

    def ready() -> None:
        say_ready()
        structlog.get_logger().info("ready")

    asyncio.run(
        run_deliver(
            folder.path, settings.plan(), settings.hear_fd,
            project=Path(settings.project), clock=clock_from(os.environ),
            registry=registry, ready=ready, after_round=write_figures, door=settings.door,
        )
    )  # fmt: skip
