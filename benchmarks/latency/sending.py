"""A client that sends events at an even pace, in a process of its own.

`python -m benchmarks.latency.sending URL FILE REPORT PER_SECOND BATCH`: FILE holds one call a
line, without instants; REPORT gets, for each batch, when it was due, when it was sent and when
it was answered (seconds of the machine's clock), and the messageIds in it. A batch is sent when
it is due, whether the ones before were answered or not.
"""

from __future__ import annotations

import asyncio
import sys
import time
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from benchmarks.latency.project import WRITE_KEY

CONNECTIONS_MAX = 32


class Sent(msgspec.Struct, array_like=True):
    """One batch."""

    due: float
    sent: float
    answered: float
    status: int
    message_ids: list[str]


async def send_all(url: str, calls: list[dict[str, Any]], per_second: float,
                   batch: int) -> list[Sent]:  # fmt: skip
    """Send everything; returns when all is answered."""
    sent: list[Sent] = []
    connector = aiohttp.TCPConnector(limit=CONNECTIONS_MAX)
    login = b64encode(f"{WRITE_KEY}:".encode()).decode()
    headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        began, tasks = time.time() + 0.1, []
        for number, start in enumerate(range(0, len(calls), batch)):
            due = began + number * batch / per_second
            await asyncio.sleep(max(0.0, due - time.time()))
            some = calls[start : start + batch]
            tasks.append(asyncio.create_task(_send(session, url, some, due, sent)))
        await asyncio.gather(*tasks)
    return sent


async def _send(session: aiohttp.ClientSession, url: str, calls: list[dict[str, Any]], due: float,
                sent: list[Sent]) -> None:  # fmt: skip
    now = time.time()
    at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    for call in calls:
        call["timestamp"] = at
    body = msgspec.json.encode({"batch": calls, "sentAt": at})
    try:
        async with session.post(f"{url}/v1/batch", data=body) as answer:
            await answer.read()
            status = answer.status
    except aiohttp.ClientError:
        status = 0
    sent.append(Sent(due, now, time.time(), status, [call["messageId"] for call in calls]))


if __name__ == "__main__":
    door, file, report, pace, size = sys.argv[1:]
    told = [msgspec.json.decode(line) for line in Path(file).read_bytes().splitlines()]
    done = asyncio.run(send_all(door, told, float(pace), int(size)))
    Path(report).write_bytes(msgspec.json.encode(done))
