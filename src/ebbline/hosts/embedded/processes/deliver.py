"""The deliver process: follows the ledger and makes every request; see the deliver room."""

from __future__ import annotations

import asyncio
import os

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

    def ready() -> None:
        say_ready()
        structlog.get_logger().info("ready")

    asyncio.run(
        run_deliver(
            folder.path, settings.plan(), settings.hear_fd, clock=clock_from(os.environ),
            registry=registry, ready=ready, after_round=figures.write,
        )
    )  # fmt: skip
