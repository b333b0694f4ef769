"""The destination: a sandbox that takes webhooks, in a process of its own.

It says its URL on stdout and ends when its stdin does.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer


@contextlib.contextmanager
def receiver() -> Iterator[str]:
    """The URL of a receiver that is there as long as the block."""
    command = [sys.executable, "-m", __spec__.name]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.communicate(timeout=10)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _serve() -> None:
    async with SandboxServer(webhook_sandbox(_now_ms, asyncio.sleep)) as server:
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
