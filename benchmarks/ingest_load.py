"""Load for `benchmarks.ingest`: prebuilt requests over plain sockets, closed loop or open loop.

It costs the sending process little: nothing is parsed but the status line.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

TICK_SECONDS = 0.01
CONNECTIONS = 3_000
DRAIN_SECONDS = 5.0
_MARK = b'"messageId": "'
_ID_LENGTH = 12


class Load:
    """Requests to one path; `numbered` gives each its own first messageId."""

    def __init__(self, path: str, bodies: list[bytes]) -> None:
        login = base64.b64encode(b"dev:").decode()
        self.requests = [
            f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"authorization: Basic {login}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
            + body
            for body in bodies
        ]
        cuts = [request.index(_MARK) + len(_MARK) for request in self.requests]
        self._parts = [
            (request[:cut], request[cut + _ID_LENGTH :])
            for request, cut in zip(self.requests, cuts, strict=True)
        ]

    def numbered(self, number: int) -> tuple[bytes, list[bytes]]:
        """The id of a request's first event, and the request in pieces."""
        start, end = self._parts[number % len(self._parts)]
        name = b"x%011d" % number
        return name, [start, name, end]


class _Connection(asyncio.Protocol):
    """One request at a time; `answered` hears its status and head."""

    def __init__(self, answered: Callable[[_Connection, int, bytes], None]) -> None:
        self._answered = answered
        self._head = b""
        self._left = -1  # bytes of the body still to come; -1: the head is not complete
        self.name = b""
        self.transport: asyncio.Transport | None = None
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is not of its class

    def connection_lost(self, _exc: Exception | None) -> None:
        self.open = False

    def ask(self, pieces: list[bytes], name: bytes = b"") -> None:
        """Send one."""
        self.name = name
        assert self.transport is not None
        self.transport.writelines(pieces)

    def data_received(self, data: bytes) -> None:
        if self._left < 0:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head, data = self._head[:end].lower(), self._head[end + 4 :]
            start = head.index(b"content-length: ") + 16
            self._left = int(head[start:].split(b"\r\n", 1)[0])
            self._head = head
        self._left -= len(data)
        if self._left <= 0:
            head, self._head, self._left = self._head, b"", -1
            self._answered(self, int(head[9:12]), head)


async def loaded(
    host: str, port: int, load: Load, connections: int, seconds: float
) -> Counter[int]:
    """Statuses of what a closed loop got in so many seconds."""
    statuses: Counter[int] = Counter()
    ends = time.perf_counter() + seconds
    number = 0
    done = asyncio.Event()
    busy = connections

    def answered(connection: _Connection, status: int, _head: bytes) -> None:
        nonlocal number, busy
        statuses[status] += 1
        if time.perf_counter() < ends:
            number += 1
            connection.ask([load.requests[number % len(load.requests)]])
            return
        busy -= 1
        if busy == 0:
            done.set()

    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(answered), host, port))[1]
        for _ in range(connections)
    ]
    for connection in opened:
        number += 1
        connection.ask([load.requests[number % len(load.requests)]])
    await done.wait()
    for connection in opened:
        assert connection.transport is not None
        connection.transport.close()
    return statuses


@dataclass
class Flooded:
    """What an open loop offered and got."""

    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: set[bytes] = field(default_factory=set)
    offered: int = 0
    accepted_in_time: int = 0
    without_retry_after: int = 0
    unanswered: int = 0
    seconds: float = 0.0


async def flood(
    host: str, port: int, load: Load, per_second: float, seconds: float, *, heeding: bool
) -> Flooded:
    """So many requests a second from many senders, however soon others are answered. A sender
    that is `heeding`, as SDKs are, waits as long as a refusal says before it sends again."""
    done = Flooded()
    idle: list[_Connection] = []
    everybody: list[_Connection] = []
    began = 0.0
    loop = asyncio.get_running_loop()

    def answered(connection: _Connection, status: int, head: bytes) -> None:
        done.statuses[status] += 1
        if status == 200:
            done.acknowledged.add(connection.name)
            done.accepted_in_time += time.perf_counter() - began <= seconds
        elif b"retry-after: " not in head:
            done.without_retry_after += 1
        connection.name = b""
        if b"connection: close" in head:
            return
        if heeding and b"retry-after: " in head:
            start = head.index(b"retry-after: ") + 13
            wait = int(head[start:].split(b"\r\n", 1)[0])
            loop.call_later(wait, idle.append, connection)
        else:
            idle.append(connection)

    for _ in range(CONNECTIONS):
        _, connection = await loop.create_connection(lambda: _Connection(answered), host, port)
        everybody.append(connection)
    idle += everybody
    due, began = 0.0, time.perf_counter()
    last = began
    while (now := time.perf_counter()) - began < seconds:
        due, last = min(due + (now - last) * per_second, CONNECTIONS), now
        while due >= 1 and (connection := _usable(idle)) is not None:
            due -= 1
            name, pieces = load.numbered(done.offered)
            done.offered += 1
            connection.ask(pieces, name)
        await asyncio.sleep(TICK_SECONDS)
    done.seconds = time.perf_counter() - began
    ends = time.perf_counter() + DRAIN_SECONDS
    while any(one.name for one in everybody) and time.perf_counter() < ends:  # noqa: ASYNC110
        await asyncio.sleep(TICK_SECONDS)
    done.unanswered = sum(bool(one.name) for one in everybody)
    for connection in everybody:
        assert connection.transport is not None
        connection.transport.abort()
    return done


def _usable(idle: list[_Connection]) -> _Connection | None:
    while idle:
        connection = idle.pop()
        if connection.open:
            return connection
    return None
