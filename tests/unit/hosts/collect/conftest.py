"""A collector in memory: a log that can be made to fail, and a client that speaks ASGI."""

from __future__ import annotations

import errno
import json
import threading
from types import SimpleNamespace

import pytest
from prometheus_client import CollectorRegistry

from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.collect import GroupCommit, Limits, Meters, collect_app

NOW_MS = 1_767_268_800_000
KEYS = {"web-key": "web", "server-key": "server"}


class MemoryLog:
    """A `LogWriter` that keeps what was committed; `gate` holds writes back when cleared."""

    def __init__(self):
        self.events = []
        self.rejections = []
        self.groups = []
        self.error = None
        self.gate = threading.Event()
        self.gate.set()

    def write(self, events, rejections):
        assert self.gate.wait(10)
        if self.error is not None:
            raise self.error
        self.events += events
        self.rejections += rejections
        self.groups.append(len(events) + len(rejections))

    def fill_disk(self):
        self.error = OSError(errno.ENOSPC, "No space left on device")


class Client:
    """Sends requests to an ASGI app without a server."""

    def __init__(self, app):
        self.app = app

    async def send(self, method, path, chunks=(b"",), headers=None, *, hang_up=False):
        messages = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
        if hang_up:
            messages.append({"type": "http.disconnect"})
        elif messages:
            messages[-1]["more_body"] = False
        sent = []

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        await self.app(scope(method, path, headers or {}), receive, send)
        if not sent:
            return None
        start, end = sent
        found = {name.decode(): value.decode() for name, value in start["headers"]}
        return SimpleNamespace(status=start["status"], headers=found, body=end["body"])

    async def post(self, path, value, key="web-key", **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        if key is not None:
            headers["authorization"] = basic(key)
        answer = await self.send("POST", path, (body,), headers)
        answer.json = json.loads(answer.body)
        return answer


def scope(method, path, headers):
    pairs = [
        (name.replace("_", "-").encode(), value.encode() if isinstance(value, str) else value)
        for name, value in headers.items()
    ]
    path, _, query = path.partition("?")
    return {
        "type": "http", "method": method, "path": path, "query_string": query.encode(),
        "headers": pairs, "scheme": "https",
    }  # fmt: skip


def basic(key):
    import base64

    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


class Collector:
    """Everything a test wants to look at."""

    def __init__(self, keys=KEYS, limits=None, *, inline=True, parser=None, **options):
        self.log = MemoryLog()
        self.limits = limits or Limits()
        self.meters = Meters(CollectorRegistry())
        self.commit = GroupCommit(self.log, self.limits, self.meters, inline=inline)
        self.app = collect_app(
            parser or Parser(Names()),
            keys,
            self.commit,
            self.meters,
            lambda: NOW_MS,
            limits=self.limits,
            trouble=lambda: self.commit.trouble,
            **options,
        )
        self.client = Client(self.app)

    def metric(self, name, **labels):
        return self.meters._registry.get_sample_value(name, labels)


@pytest.fixture
def make():
    return Collector


@pytest.fixture
def collector():
    return Collector()
