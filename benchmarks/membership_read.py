"""`python -m benchmarks.membership_read`: one person's audiences over HTTP, beside a bare server.

The api process as it runs (uvicorn, key, rate, memberships of a real state.db) answers keep-alive
connections; then uvicorn with a raw ASGI callable that always says the same bytes. Asked are all
people at random, most of whom have to be read, and a thousand who come again and again. Figures:
requests per CPU-second of the serving process, and the client's latencies at a few connections.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec
import uvicorn
import uvloop

from ebbline.console.api.app import ApiApp
from ebbline.console.api.context import Context
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, Plan, encode_plan
from ebbline.hosts.embedded.access import AccessStore
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.state.schema import SCHEMA

HOST = "127.0.0.1"
AUDIENCES = 20
HELD = 3  # audiences of each person
AGAIN = 1_000  # people who come again and again
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.profiles, options.seconds, options.connections)
    if options.json:
        print(msgspec.json.encode(found).decode())
        return
    for name, row in found["rows"].items():
        print(
            f"{name:10} {row['per_cpu_second']:10,.0f} requests per CPU-second,"
            f" p50 {row['p50_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms,"
            f" {row['ratio']:.2f} of the bare server"
        )


def measure(profiles: int, seconds: float, connections: int) -> dict[str, Any]:
    """Each kind of asking at so many profiles."""
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="ebbline-read-") as name:
        folder = open_folder(Path(name) / "data")
        key = fill(folder, profiles)
        again = min(AGAIN, profiles)
        for kind, people in (("bare", again), ("again", again), ("everybody", profiles)):
            with _Server("" if kind == "bare" else str(folder.path)) as server:
                requests = _requests(key, people, server.port)
                asyncio.run(_drive(server.port, requests, seconds / 4, connections))  # warm
                rows[kind] = asyncio.run(_timed(server, requests, seconds, connections))
    for row in rows.values():
        row["ratio"] = row["per_cpu_second"] / rows["bare"]["per_cpu_second"]
    return {"profiles": profiles, "connections": connections, "rows": rows}


def fill(folder: DataFolder, profiles: int) -> str:
    """A state of so many people, each in a few audiences; a key that may read them."""
    db = apsw.Connection(str(folder.state))
    db.execute("PRAGMA journal_mode = wal").fetchall()
    db.execute("PRAGMA synchronous = off")
    db.execute(SCHEMA)
    with db:
        plan = encode_plan(Plan("bench", DEFAULT_IDENTIFIERS))
        db.execute("INSERT INTO meta VALUES ('plan', ?)", (plan,))
        db.executemany(
            "INSERT INTO definitions VALUES (?, ?)",
            [(each, f"audience_{each}") for each in range(1, AUDIENCES + 1)],
        )
        people = range(1, profiles + 1)
        db.executemany(
            "INSERT INTO profiles VALUES (?, x'', 0, ?)",
            ((each, f'[{{"type":"user_id","value":"u{each:09}"}}]') for each in people),
        )
        db.executemany(
            "INSERT INTO identifiers VALUES ('user_id', ?, ?)",
            ((f"u{each:09}", each) for each in people),
        )
        db.executemany(
            "INSERT INTO memberships VALUES (?, ?, 1767225600000, 1)",
            (
                (definition, each)
                for definition in range(1, AUDIENCES + 1)
                for each in people
                if (definition - each) % AUDIENCES < HELD
            ),
        )
    db.execute("PRAGMA wal_checkpoint(truncate)").fetchall()
    db.close()
    with AccessStore(folder.path) as access:
        made = access.make("bench", "analyst", SystemClock().now_ms(), "bench", units=100_000_000)
    return made.text


class _Server:
    """The API (or, without a folder, the bare callable) in a process of its own."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        mine, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(theirs, self._folder))
        self._process.start()
        self.port: int = mine.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def cpu_seconds(self) -> float:
        """What the process has spent so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS


def _serve(pipe: Connection, folder: str) -> None:
    app: Any = _bare
    if folder:
        app = ApiApp(Context(Path(folder), SystemClock()))
    listening = socket.create_server((HOST, 0))
    server = uvicorn.Server(uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none",
        server_header=False, date_header=False,
    ))  # fmt: skip
    pipe.send(listening.getsockname()[1])
    uvloop.run(server.serve(sockets=[listening]))


async def _bare(scope: Any, receive: Any, send: Any) -> None:
    body = b'{"profile":1,"audiences":[]}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _requests(key: str, people: int, port: int) -> list[bytes]:
    """As many different requests as a measurement is likely to send."""
    draw = random.Random(1)
    chosen = [draw.randint(1, people) for _ in range(min(max(people, 10_000), 200_000))]
    return [
        f"GET /v1/memberships?user=u{each:09} HTTP/1.1\r\nhost: {HOST}:{port}\r\n"
        f"authorization: Bearer {key}\r\n\r\n".encode()
        for each in chosen
    ]


async def _timed(
    server: _Server, requests: list[bytes], seconds: float, connections: int
) -> dict[str, float]:
    before = server.cpu_seconds()
    took = await _drive(server.port, requests, seconds, connections)
    spent = server.cpu_seconds() - before
    cuts = statistics.quantiles(took, n=100)
    return {"requests": len(took), "per_cpu_second": len(took) / spent,
            "p50_ms": cuts[49] * 1000, "p99_ms": cuts[98] * 1000}  # fmt: skip


async def _drive(port: int, requests: list[bytes], seconds: float, connections: int) -> list[float]:
    """Ask one request after the other on each connection; how long each took, in seconds."""
    until = time.perf_counter() + seconds
    share = len(requests) // connections
    asked = [
        _ask(port, requests[place * share : (place + 1) * share], until)
        for place in range(connections)
    ]
    return [each for took in await asyncio.gather(*asked) for each in took]


async def _ask(port: int, requests: list[bytes], until: float) -> list[float]:
    reader, writer = await asyncio.open_connection(HOST, port)
    took, place = [], 0
    while (began := time.perf_counter()) < until:
        writer.write(requests[place % len(requests)])
        place += 1
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.perf_counter() - began)
    writer.close()
    return took


if __name__ == "__main__":
    main()
