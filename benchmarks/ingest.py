"""`python -m benchmarks.ingest`: what a request of events costs the collect process.

The real process (its own log, fsync before each answer) beside a bare uvicorn that echoes bodies
from a raw ASGI callable, under the same load in the same run. The figure is requests per second
of the server's CPU, threads included; the load comes from this process. Then five times as much
as the collector can take: what it accepts, what it refuses, what memory it needs, and whether
everything it acknowledged is in its log.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import uvloop

from benchmarks.ingest_load import Load, flood, loaded
from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.doorbell import make_bell
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.processes.settings import ChildSettings, leave_plan

HOST = "127.0.0.1"
BATCH = 100
ROUNDS = 2
OVERLOAD = 5
START_SECONDS_MAX = 20.0
TICKS = os.sysconf("SC_CLK_TCK")
PROJECT = {"ebbline.yml": b"name: ingest\n"}
ECHO = """
import socket, sys, uvicorn
async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", loop="uvloop",
                        http="httptools", ws="none", server_header=False, date_header=False)
listening = socket.socket(fileno=int(sys.argv[1]))
listening.setblocking(False)
uvicorn.Server(config).run(sockets=[listening])
"""


class Server(NamedTuple):
    """A server process and where it listens."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """What it has used so far, with all its threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_bytes(self) -> int:
        """The most memory it had resident."""
        lines = Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


class Rate(NamedTuple):
    """What one kind of load got from one server."""

    per_cpu_second: float
    per_second: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each of eight loads")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--overload-seconds", type=float, default=6.0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = _measure(Path(folder), options)
    print(json.dumps(found, indent=None if options.json else 1))


def _measure(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    single, batch = _single(), _batch()
    with _collect(folder) as ours, _echo() as echo:
        found: dict[str, object] = {}
        for name, load in (("single", single), ("batch", batch)):
            rates: dict[Server, list[Rate]] = {ours: [], echo: []}
            for _ in range(ROUNDS):
                for server in (echo, ours):
                    rates[server].append(_rate(server, load, options))
            mine, bare = _best(rates[ours]), _best(rates[echo])
            found[name] = {
                "per_cpu_second": round(mine.per_cpu_second),
                "echo_per_cpu_second": round(bare.per_cpu_second),
                "ratio": round(mine.per_cpu_second / bare.per_cpu_second, 2),
            }
            capacity = mine
        for name, heeding in (("overload", True), ("overload_unheeded", False)):
            found[name] = _overload(folder, ours, batch, capacity, options, heeding=heeding)
    return found


def _rate(server: Server, load: Load, options: argparse.Namespace) -> Rate:
    """A closed loop: each connection asks again as soon as it is answered."""
    cpu, began = server.cpu_seconds(), time.perf_counter()
    statuses = uvloop.run(loaded(HOST, server.port, load, options.connections, options.seconds))
    wall, used = time.perf_counter() - began, server.cpu_seconds() - cpu
    assert set(statuses) == {200}, statuses
    return Rate(statuses[200] / used, statuses[200] / wall)


def _best(rates: list[Rate]) -> Rate:
    """The least disturbed round."""
    return max(rates)


def _overload(folder: Path, server: Server, load: Load, capacity: Rate,
              options: argparse.Namespace, *, heeding: bool) -> dict[str, object]:  # fmt: skip
    """An open loop: so many a second, whatever comes back, from senders that wait as they are
    told, or that do not."""
    before, cpu = server.peak_bytes(), server.cpu_seconds()
    wanted = capacity.per_second * OVERLOAD
    seconds = options.overload_seconds
    done = uvloop.run(flood(HOST, server.port, load, wanted, seconds, heeding=heeding))
    used = server.cpu_seconds() - cpu
    missing = _missing(folder, done.acknowledged)
    statuses: Counter[int] = done.statuses
    return {
        "capacity_per_second": round(capacity.per_second),
        "offered_per_second": round(done.offered / done.seconds),
        "accepted_per_second": round(done.accepted_in_time / done.seconds),
        "accepted_share": round(done.accepted_in_time / done.seconds / capacity.per_second, 2),
        "accepted_share_by_cpu": round(done.statuses[200] / used / capacity.per_cpu_second, 2),
        "statuses": dict(statuses),
        "without_retry_after": done.without_retry_after,
        "unanswered": done.unanswered,
        "peak_growth_mb": round((server.peak_bytes() - before) / 2**20, 1),
        "acknowledged_and_lost": missing,
    }


def _missing(folder: Path, acknowledged: set[bytes]) -> int:
    """How many acknowledged requests are not in the log."""
    log = Log(open_folder(folder).log, SystemClock(), read_only=True)
    try:
        ids = {event.message_id for entry in log.read(0) for event in log.events(entry)}
    finally:
        log.close()
    return sum(one.decode() not in ids for one in acknowledged)


def _single() -> Load:
    return Load("/v1/track", [json.dumps(_event(n)).encode() for n in range(200)])


def _batch() -> Load:
    events = [[_event(n * BATCH + m) for m in range(BATCH)] for n in range(20)]
    return Load("/v1/batch", [json.dumps({"batch": batch}).encode() for batch in events])


def _event(number: int) -> dict[str, object]:
    return {
        "type": "track", "event": "Product Viewed", "messageId": f"{number:012}",
        "userId": f"user-{number % 977}", "anonymousId": f"device-{number % 1231}",
        "timestamp": "2026-01-01T12:00:00.000Z",
        "properties": {"product_id": f"p{number % 50}", "price": 24.5, "category": "shoes"},
        "context": {"library": {"name": "bench", "version": "1"},
                    "page": {"path": "/products", "url": "https://shop.example/products"}},
    }  # fmt: skip


@contextmanager
def _collect(folder: Path) -> Iterator[Server]:
    """The collect process alone, on a folder of its own."""
    loaded_project = load_files(PROJECT)
    plan = loaded_project.plan
    assert isinstance(plan, Plan), loaded_project
    data = open_folder(folder)
    leave_plan(data, plan)
    ring, hear = make_bell()  # nobody listens to it here
    with _listening() as door, closing(ring), closing(hear):
        settings = ChildSettings(
            "collect", str(folder), door.fileno(), ring.fileno(), log_level="error"
        )
        argument = msgspec.json.encode(settings).decode()
        command = [sys.executable, "-m", "ebbline.hosts.embedded.processes", argument]
        with _running(command, door, ring.fileno()) as server:
            yield server


@contextmanager
def _echo() -> Iterator[Server]:
    with _listening() as door:
        command = [sys.executable, "-c", ECHO, str(door.fileno())]
        with _running(command, door) as server:
            yield server


@contextmanager
def _listening() -> Iterator[socket.socket]:
    with socket.create_server((HOST, 0), backlog=4_096) as door:
        yield door


@contextmanager
def _running(command: list[str], door: socket.socket, *fds: int) -> Iterator[Server]:
    """A server on an inherited socket; ended with SIGTERM."""
    process = subprocess.Popen(command, pass_fds=[door.fileno(), *fds])
    server = Server(process.pid, door.getsockname()[1])
    try:
        with socket.create_connection((HOST, server.port), START_SECONDS_MAX) as first:
            first.sendall(b"POST /v1/m HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}")
            first.settimeout(START_SECONDS_MAX)
            assert first.recv(100).startswith(b"HTTP/1.1 200")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS_MAX)


if __name__ == "__main__":
    main()
