"""The collect process: the HTTP door on uvicorn, a group commit to the log, a ring to the
engine. The listening socket is the supervisor's, so a restart refuses nobody."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import apsw
import structlog
import uvicorn
import uvloop
from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import Plan
from ebbline.events.event import Event, Rejection
from ebbline.hosts.embedded import log as log_file
from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.clock import Clock, clock_from
from ebbline.hosts.embedded.collect import (
    DiskFull,
    GroupCommit,
    Limits,
    LogClock,
    Meters,
    NotStored,
    collect_app,
    connection_type,
)
from ebbline.hosts.embedded.collect.limits import CONNECTIONS_MAX, FILES_RESERVED, GC_THRESHOLDS
from ebbline.hosts.embedded.doorbell import Bell
from ebbline.hosts.embedded.lifeline import say_ready
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.processes.settings import ChildSettings, metrics_file
from ebbline.profiles.identifiers import IdentityRules


class LogAppender:
    """A `LogWriter` on the log file; opened by the thread that writes."""

    def __init__(self, path: Path, clock: Clock, bell: Bell | None = None,
                 saw: Callable[[int], object] = lambda _: None) -> None:  # fmt: skip
        """`saw` hears the log's last stamp, after each write."""
        self._path = path
        self._clock = clock
        self._bell = bell
        self._saw = saw
        self._log: log_file.Log | None = None

    def look(self) -> None:
        """Tell of the log's last stamp before anything is written; trouble waits for `write`,
        which has somebody to tell of it."""
        with contextlib.suppress(log_file.LogUnavailable, apsw.Error):
            self._log = log_file.Log(self._path, self._clock)
            self._saw(self._log.tail().now_ms)

    def write(self, events: list[Event], rejections: list[Rejection]) -> None:
        """Commit all, or raise what the door answers with."""
        try:
            if self._log is None:
                self._log = log_file.Log(self._path, self._clock)
            position = self._log.append("events", events, rejections)
        except log_file.DiskFull as error:
            raise DiskFull(str(error)) from error
        except log_file.LogUnavailable as error:
            raise NotStored(str(error)) from error
        if self._bell is not None and events:
            self._bell.ring()
        self._saw(position.now_ms)

    def close(self) -> None:
        """Close the file, once nobody writes any more: whoever closes it last folds its WAL in,
        so that after a clean end log.db alone is the whole log."""
        if self._log is not None:
            self._log.close()


def run(settings: ChildSettings) -> None:
    """Serve until SIGTERM."""
    uvloop.run(_serve(settings))


async def _serve(settings: ChildSettings) -> None:
    # Parsed events are many and short-lived: the collector would look at them far too often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    clock, folder, plan = clock_from(os.environ), settings.data_folder(), settings.plan()
    meters, limits = Meters(CollectorRegistry()), Limits(connections_max=_connections_max())
    log_clock = LogClock(clock.now_ms)
    meters.log_ahead(log_clock.ahead_seconds)
    appender = LogAppender(folder.log, clock, Bell.inherited(settings.ring_fd), log_clock.saw)
    appender.look()
    commit = GroupCommit(appender, limits, meters)
    app = collect_app(
        parser_for(plan),
        _keys(plan),
        commit, meters, clock.now_ms, limits=limits,
        trouble=lambda: commit.trouble or log_clock.trouble(),
        names_somebody=_naming(plan),
        more_metrics=lambda: b"".join(
            file.read_bytes()
            for role in ("engine", "deliver", "history", "builder")
            if (file := metrics_file(folder, role)).exists()
        ),
    )  # fmt: skip
    bell = named_bell.listen(folder.collect_bell)

    def read_anew() -> None:
        """Another version of the definitions is live."""
        named_bell.drain(bell)
        plan = settings.plan()
        app.read_as(parser_for(plan), _keys(plan), _naming(plan))

    asyncio.get_running_loop().add_reader(bell, read_anew)
    server = Server(uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", http=connection_type(limits),
        ws="none", timeout_graceful_shutdown=5, server_header=False, date_header=False,
        proxy_headers=False,
    ))  # fmt: skip
    listening = socket.socket(fileno=settings.socket_fd)
    listening.setblocking(False)
    # uvicorn raises a SIGTERM that it has obeyed once more, for whoever had it before; without
    # anybody there it would end the process before the log is closed.
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    await server.serve(sockets=[listening])
    await commit.close()
    appender.close()


def _keys(plan: Plan) -> dict[str, str]:
    """Write keys to the names of their sources."""
    return {source.write_key: source.name for source in plan.sources}


def _naming(plan: Plan) -> Callable[[Event], bool]:
    """Whether an event names anybody, by the identifiers that a plan knows."""
    identities = IdentityRules(plan.identifiers)
    return identities.names


class Server(uvicorn.Server):
    """uvicorn that tells the supervisor when it serves, and sleeps until it is told to end
    where uvicorn looks ten times a second (also to keep a Date header fresh, so there is none).
    """

    def __init__(self, config: uvicorn.Config) -> None:
        """As uvicorn's; inside a running loop."""
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, then the word to the supervisor."""
        await super().startup(sockets)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor passes on what it means
        say_ready()
        structlog.get_logger().info("ready", port=_port(sockets))

    async def main_loop(self) -> None:
        """Serve until a signal."""
        await self.on_tick(0)
        await self._told.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to end: as uvicorn's, and the word to `main_loop`."""
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self._told.set)


def _connections_max() -> int:
    """As many connections as leave some open files to the rest of the process."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if files == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return max(1, min(CONNECTIONS_MAX, files - FILES_RESERVED))


def _port(sockets: Any) -> int:
    return int(sockets[0].getsockname()[1]) if sockets else 0
