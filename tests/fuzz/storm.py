"""Sends drawn requests to a collector in this process and measures what they do to it.

`python -m tests.fuzz.storm 200000` prints the figures.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry

from ebbline.definitions.project.settings import DEFAULT_IDENTIFIERS
from ebbline.events.declared import Declared
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.planned import Planned, Rules
from ebbline.hosts.embedded import quarantine
from ebbline.hosts.embedded.collect import CollectApp, GroupCommit, Limits, Meters, collect_app
from ebbline.hosts.embedded.collect.browser import site_from
from ebbline.hosts.embedded.payload import PayloadCodec
from ebbline.profiles.identifiers import IdentityRules
from tests.fuzz.bodies import KEY, Sent, request

START_MS = 1_767_268_800_000
PAGE_BYTES = 4_096
WARM_SHARE = 0.2  # of the requests, after which memory is measured for the first time


class Figures(NamedTuple):
    """What a storm did."""

    statuses: Counter[int]
    failures: list[Sent]
    slowest_seconds: float
    slowest: Sent | None
    grown_bytes: int
    events: int
    rejections: int
    seconds: float


class Packer:
    """A log that does all that the real one does but for the disk, and reads back what it packs."""

    def __init__(self) -> None:
        self._codec = PayloadCodec()
        self.events = self.rejections = 0

    def write(self, events: list[Event], rejections: list[Rejection]) -> None:
        """Pack, and read again as the engine will."""
        assert len(self._codec.decode(self._codec.encode(events))) == len(events)
        assert len(quarantine.pack(rejections)) == len(rejections)
        self.events += len(events)
        self.rejections += len(rejections)


def storm(count: int, seed: int) -> Figures:
    """So many requests, one after another."""
    return asyncio.run(_storm(count, random.Random(seed)))


async def _storm(count: int, draw: random.Random) -> Figures:
    packer, clock = Packer(), [START_MS]
    apps = [_app(packer, clock, parser) for parser in _parsers()]
    statuses: Counter[int] = Counter()
    failures: list[Sent] = []
    slowest, slowest_sent, warm_bytes = 0.0, None, 0
    began = time.perf_counter()
    for number in range(count):
        sent = request(draw)
        clock[0] = START_MS + number
        before = time.perf_counter()
        status = await _ask(draw.choice(apps), sent)
        took = time.perf_counter() - before
        if took > slowest:
            slowest, slowest_sent = took, sent
        statuses[status] += 1
        if status >= 500 or status == 0:
            failures.append(sent)
        if number == int(count * WARM_SHARE):
            warm_bytes = _resident_bytes()
    grown = _resident_bytes() - warm_bytes
    seconds = time.perf_counter() - began
    return Figures(
        statuses, failures, slowest, slowest_sent, grown, packer.events, packer.rejections, seconds
    )


def _parsers() -> list[Parser]:
    """Without a tracking plan, and with one of each kind of answer to what breaks it."""
    names = Names({"sale": "purchase"})
    order = {"value": Declared("number", schema={"maximum": 3}), "n": Declared("integer"),
             "t": Declared("timestamp"), "sum": Declared("number", required=True)}  # fmt: skip
    events, traits = {"purchase": order}, {"age": Declared("integer"), "group.plan": Declared()}
    rules = [Rules(events, traits, choice, choice) for choice in ("drop_field", "quarantine")]
    return [Parser(Names()), *[Parser(names, Planned(rule, names)) for rule in rules]]


def _app(packer: Packer, clock: list[int], parser: Parser) -> CollectApp:
    limits, meters = Limits(), Meters(CollectorRegistry())
    commit = GroupCommit(packer, limits, meters, inline=True)
    identities = IdentityRules(DEFAULT_IDENTIFIERS)
    return collect_app(
        parser, {KEY: "fuzz"}, commit, meters, lambda: clock[0], limits=limits,
        names_somebody=lambda event: bool(identities.identifiers(event)), site=site_from({}),
    )  # fmt: skip


async def _ask(app: CollectApp, sent: Sent) -> int:
    """The status of the answer; 0 when none came."""
    path, _, query = sent.target.partition("?")
    left = list(sent.chunks)
    told: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: Any) -> None:
        told.append(message)

    scope = {
        "type": "http", "method": sent.method, "path": path, "scheme": "http",
        "query_string": query.encode("latin-1", "replace"), "headers": sent.headers,
    }  # fmt: skip
    await app(scope, receive, send)
    return int(told[0]["status"]) if len(told) == 2 else 0


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * PAGE_BYTES


def main(words: list[str]) -> None:
    """The figures as JSON."""
    count, seed = int(words[0]), int(words[1]) if len(words) > 1 else 1
    found = storm(count, seed)
    told = found._asdict() | {"failures": len(found.failures), "slowest": repr(found.slowest)[:300]}
    print(json.dumps(told))  # noqa: T201 - that is what it is for


if __name__ == "__main__":
    main(sys.argv[1:])
