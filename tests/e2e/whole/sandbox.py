"""The vendors' sandboxes in a process of their own, which outlives every kill of the system.

Run as a script it serves Braze and a webhook receiver and writes each object it applies to a
file, in the order of application. It ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self, TextIO

from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.request import Request, Response
from ebbline.connectors.sandbox import SandboxApp
from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer

BRAZE_KEY = "sandbox-key"


class Recorder(Workspace):
    """A workspace that writes down what it applies, when it applies it."""

    def __init__(self, file: TextIO) -> None:
        super().__init__(BRAZE_KEY, objects_max=75, requests=3_000, window_ms=3_000)
        self._file = file

    def answer(self, request: Request, now_ms: int) -> Response:
        """As Braze."""
        response = super().answer(request, now_ms)
        if response.status == 201:
            for item in json.loads(request.body).get("attributes", ()):
                self._file.write(json.dumps([now_ms, item]) + "\n")
            self._file.flush()
        return response


class Sandboxes:
    """The process, from the side of a test; `with` starts and ends it."""

    def __init__(self, record: Path) -> None:
        self.record = record
        self.braze_port = self.webhook_port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; the ports are known afterwards."""
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__)), str(self.record)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.braze_port, self.webhook_port = json.loads(self._process.stdout.readline())
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        assert self._process is not None
        self._process.communicate(timeout=10)

    def applied(self) -> list[tuple[int, dict[str, Any]]]:
        """(instant, attributes object) of everything Braze has applied, in order."""
        with self.record.open(encoding="utf-8") as file:
            return [tuple(json.loads(line)) for line in file]


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def serve(record: Path) -> None:
    """Serve until stdin ends; the first line on stdout tells the ports."""
    with record.open("w", encoding="utf-8") as file:
        braze = SandboxServer(SandboxApp(Recorder(file), _now_ms, asyncio.sleep))
        webhook = SandboxServer(webhook_sandbox(_now_ms, asyncio.sleep))
        async with braze, webhook:
            ports = [int(server.url.rpartition(":")[2]) for server in (braze, webhook)]
            print(json.dumps(ports), flush=True)  # noqa: T201 - the parent reads it
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
