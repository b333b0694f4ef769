"""`python -m benchmarks.outbound`: what a delivered change costs, beside a bare loop.

The real deliver loop (state.db in, delivery.db with its fsyncs, attempts kept) sends people's
changes to Braze in batches of 75; then a bare aiohttp loop sends the very same bodies. A server
in a process of its own answers both. The figure is CPU of the sending process.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import statistics
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Self

import aiohttp
import apsw
import msgspec
from prometheus_client import CollectorRegistry

from ebbline.connectors import Request, Result
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef
from ebbline.delivery import Limits
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.deliver import Deliver, HttpTransport
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.state.schema import KINDS
from ebbline.hosts.embedded.state.schema import SCHEMA as STATE_SCHEMA

HOST = "127.0.0.1"
BATCH = 75
AUDIENCES = ("high_intent", "cart_abandoned")
IN_FLIGHT = 8  # as many as the Braze connector has
ANSWER = b'{"message":"success","attributes_processed":75}'
REPLY = (
    b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    % (len(ANSWER), ANSWER)
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=30_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ours, bare = [], []
    for _ in range(options.runs):
        seconds, bodies = asyncio.run(_deliver(options.people))
        ours.append(seconds)
        bare.append(asyncio.run(_bare(bodies)))
    changes = options.people * len(AUDIENCES)
    mine, theirs = statistics.median(ours), statistics.median(bare)
    found = {
        "changes": changes,
        "requests": len(bodies),
        "deliver_us": round(mine / changes * 1e6, 2),
        "bare_us": round(theirs / changes * 1e6, 2),
        "deliver_per_cpu_second": round(changes / mine),
        "bare_per_cpu_second": round(changes / theirs),
        "ratio": round(mine / theirs, 2),
    }
    if options.json:
        print(msgspec.json.encode(found).decode())
        return
    print(
        f"{changes:,} changes of {options.people:,} people in {len(bodies):,} requests of {BATCH}"
    )
    for name, what in (("deliver", "deliver"), ("bare loop", "bare")):
        each, second = found[f"{what}_us"], found[f"{what}_per_cpu_second"]
        print(f"{name:<10} {each:7.2f} us a change  {second:>9,} changes a CPU second")
    print(f"deliver costs {found['ratio']} x the bare loop that sends the same bytes")


class Listening(HttpTransport):
    """Notes the bodies that leave."""

    def __init__(self) -> None:
        super().__init__(Guard((HOST,)))
        self.bodies: list[bytes] = []

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport`."""
        if request.body.startswith(b'{"attributes"'):
            self.bodies.append(request.body)
        return await super().send(request, limits)


async def _deliver(people: int) -> tuple[float, list[bytes]]:
    """CPU seconds from the start of deliver until everything is acknowledged; the bodies."""
    with tempfile.TemporaryDirectory(prefix="ebbline-outbound-") as name, _Server() as server:
        folder = Path(name)
        _write_state(folder / "state.db", people)
        transport = Listening()
        deliver = Deliver(
            folder, _plan(server.port), clock=SystemClock(), transport=transport,
            registry=CollectorRegistry(), jitter=lambda: 0.5, environ={"KEY": "secret"},
        )  # fmt: skip
        began = time.process_time()
        task = asyncio.create_task(deliver.run())
        wanted = -(-people // BATCH)
        while len(transport.bodies) < wanted or _is_busy(deliver):
            await asyncio.sleep(0.02)
            if task.done():
                task.result()
        seconds = time.process_time() - began
        deliver.stop()
        await task
        return seconds, transport.bodies


def _is_busy(deliver: Deliver) -> bool:
    return any(
        len(s.lane.ready) or s.lane.flights or not s.caught_up for s in deliver.stations.values()
    )


async def _bare(bodies: list[bytes]) -> float:
    """CPU seconds of a loop that posts these bodies, several at a time."""
    with _Server() as server:
        url = f"http://{HOST}:{server.port}/users/track"
        headers = {"Authorization": "Bearer secret", "Content-Type": "application/json"}
        left = iter(bodies)

        async def post(session: aiohttp.ClientSession) -> None:
            for body in left:
                async with session.post(url, data=body, headers=headers) as response:
                    msgspec.json.decode(await response.read())

        began = time.process_time()
        async with aiohttp.ClientSession() as session:
            await asyncio.gather(*(post(session) for _ in range(IN_FLIGHT)))
        return time.process_time() - began


def _plan(port: int) -> Plan:
    settings = {"endpoint": f"http://{HOST}:{port}", "key": "env:KEY", "batch_size": BATCH}
    syncs = tuple(SyncDef(name, audience=name) for name in AUDIENCES)
    return Plan("bench", (), destinations=(DestinationDef("braze", "braze", settings, syncs),))


def _write_state(path: Path, people: int) -> None:
    """People with a user id who entered every audience."""
    db = apsw.Connection(str(path))
    db.execute("PRAGMA journal_mode=WAL").fetchall()
    db.execute("PRAGMA synchronous=OFF").fetchall()
    db.execute(STATE_SCHEMA)
    with db:
        db.executemany(
            "INSERT INTO definitions (id, name) VALUES (?, ?)", list(enumerate(AUDIENCES, 1))
        )
        for person in range(1, people + 1):
            held = msgspec.json.encode([["user_id", f"user-{person}", "m", 0]]).decode()
            db.execute("INSERT INTO profiles VALUES (?, x'', 0, ?)", (person, held))
        rows = (
            (seq, 1 + (seq - 1) // len(AUDIENCES), seq, KINDS["entered"],
             1 + (seq - 1) % len(AUDIENCES), seq, None, 0, 1)
            for seq in range(1, people * len(AUDIENCES) + 1)
        )  # fmt: skip
        db.executemany("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    db.close(True)


class _Server:
    """A server in a process of its own that accepts everything."""

    def __enter__(self) -> Self:
        mine, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
        self._process.start()
        self.port: int = mine.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()


def _serve(pipe: Connection) -> None:
    asyncio.run(_answer_all(pipe))


async def _answer_all(pipe: Connection) -> None:
    listening = socket.create_server((HOST, 0))
    server = await asyncio.start_server(_answer, sock=listening)
    pipe.send(listening.getsockname()[1])
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
            await reader.readexactly(length)
            writer.write(REPLY)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


if __name__ == "__main__":
    main()
