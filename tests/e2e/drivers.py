"""The two SDKs, each behind one coroutine that sends calls and returns when they are accepted."""

from __future__ import annotations

import asyncio
import fcntl
import json
import shutil
import subprocess
from pathlib import Path

from segment.analytics.client import Client

from tests.e2e.story import Call

NODE = Path(__file__).parent / "node"

_PYTHON_NAMES = {
    "userId": "user_id",
    "anonymousId": "anonymous_id",
    "previousId": "previous_id",
    "groupId": "group_id",
}


async def python_sdk(host: str, write_key: str, calls: list[Call]) -> None:
    """Segment's Python library; it posts from a thread of its own."""
    await asyncio.to_thread(_python, host, write_key, calls)


def _python(host: str, write_key: str, calls: list[Call]) -> None:
    errors: list[BaseException] = []
    client = Client(
        write_key,
        host=host,
        upload_interval=0.05,
        on_error=lambda error, _items: errors.append(error),
    )
    for call in calls:
        named = {_PYTHON_NAMES.get(name, name): value for name, value in call.items()}
        accepted, _ = getattr(client, named.pop("method"))(**named)
        assert accepted
    client.flush()
    client.join()
    assert errors == []


async def node_sdk(host: str, write_key: str, calls: list[Call]) -> None:
    """Segment's library for Node, in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        node_program(), "drive.mjs", write_key, host, cwd=NODE,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    said, complained = await process.communicate(json.dumps(calls).encode())
    assert process.returncode == 0, (said + complained).decode()


def node_program() -> str:
    """Where node is; these tests cannot do without it."""
    node = shutil.which("node")
    assert node is not None, "the Node SDK is driven too: install node and npm"
    return node


def install_node_sdk() -> None:
    """Let npm fetch the SDK, when that has not been done before; one test process at a time."""
    node_program()
    npm = shutil.which("npm")
    assert npm is not None, "the Node SDK is driven too: install node and npm"
    with (NODE / "package.json").open() as manifest:
        fcntl.flock(manifest, fcntl.LOCK_EX)
        if (NODE / "node_modules" / "@segment" / "analytics-node").is_dir():
            return
        options = ["--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
        done = subprocess.run(
            [npm, "install", *options, "--loglevel", "error"],
            cwd=NODE, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
