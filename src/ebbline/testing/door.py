"""The collector's door inside one event loop: the real ASGI app, asked directly or over a socket.

Every write commits on the loop itself, so that the order of things is the order of the calls.
"""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import msgspec
import uvicorn
from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import Plan
from ebbline.errors import SetupError
from ebbline.events.event import Event, Rejection
from ebbline.hosts.embedded import log as log_file
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.collect import (
    DiskFull,
    GroupCommit,
    Limits,
    Meters,
    NotStored,
    collect_app,
)
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.testing.limits import REAL_SECONDS_MAX


class Answer(msgspec.Struct, frozen=True):
    """What the door said to one request."""

    status: int
    body: bytes
    headers: dict[str, str]


class Door:
    """The collector of a system under test."""

    def __init__(self, folder: DataFolder, plan: Plan, clock: Clock) -> None:
        meters, limits = Meters(CollectorRegistry()), Limits()
        self._log = Log(folder.log, clock)
        self._commit = GroupCommit(_Writer(self._log), limits, meters, inline=True)
        self.app = collect_app(
            parser_for(plan), _keys(plan), self._commit, meters, clock.now_ms, limits=limits,
            trouble=lambda: self._commit.trouble,
        )  # fmt: skip

    def follow(self, plan: Plan) -> None:
        """Read by another version of the definitions from now on."""
        self.app.read_as(parser_for(plan), _keys(plan), lambda _: True)

    async def ask(self, path: str, body: bytes, write_key: str) -> Answer:
        """POST a body as an SDK would, without a socket; waits until it is on disk."""
        basic = base64.b64encode(f"{write_key}:".encode())
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "headers": [(b"authorization", b"Basic " + basic)],
        }
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        start, end = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], end["body"], headers)

    async def close(self) -> None:
        """Write what waits and refuse the rest."""
        await self._commit.close()
        self._log.close()


def _keys(plan: Plan) -> dict[str, str]:
    return {source.write_key: source.name for source in plan.sources}


class _Writer:
    """A `LogWriter` on an open log."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def write(self, events: list[Event], rejections: list[Rejection]) -> None:
        """Commit all, or raise what the door answers with."""
        try:
            self._log.append("events", events, rejections)
        except log_file.DiskFull as error:
            raise DiskFull(str(error)) from error
        except log_file.LogUnavailable as error:
            raise NotStored(str(error)) from error


class Served:
    """An ASGI app on a free port of this machine, in the running loop."""

    def __init__(self, app: Any) -> None:
        config = uvicorn.Config(
            app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        self._server = _Server(config)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens, as `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def start(self) -> None:
        """Listen; returns when requests are served."""
        self._socket.bind(("127.0.0.1", 0))
        self._task = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        try:
            await asyncio.wait_for(self._server.ready.wait(), REAL_SECONDS_MAX)
        except TimeoutError as error:
            message = f"the server on {self.url} did not start in {REAL_SECONDS_MAX:.0f} s"
            raise SetupError(message) from error

    async def close(self) -> None:
        """Finish the requests under way and let the port go."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn that says when it serves and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to whoever runs the tests."""
        yield
