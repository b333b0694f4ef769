"""Serving a connector's sandbox on a local port, for demos and tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Self

import uvicorn

from ebbline.connectors.sandbox import SandboxApp


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing to capture: who started the sandbox stops it."""
        yield


class SandboxServer:
    """A sandbox on 127.0.0.1; `async with` starts and stops it. Port 0 takes any free one."""

    def __init__(self, app: SandboxApp, port: int = 0) -> None:
        self.app = app
        self._socket = socket.create_server(("127.0.0.1", port))
        config = uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            date_header=False,  # the sandbox may live in another time
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        """Serve from here on; the socket listens already, so nobody has to wait."""
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._socket.close()
