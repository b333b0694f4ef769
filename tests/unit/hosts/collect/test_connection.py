"""Connections get on: heads have a time and a size, and the one waited for longest goes first."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from types import SimpleNamespace

import pytest
import uvicorn

from ebbline.hosts.embedded.collect import Limits, connection_type
from tests.unit.hosts.collect.conftest import basic

EVENT = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}
PROBE = b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"
LIMITS = Limits(
    head_seconds_max=0.3, head_bytes_max=8_192, send_seconds_max=0.3, connections_max=20
)


class QuietServer(uvicorn.Server):
    """Says when it serves, and leaves the signals to whoever runs the tests."""

    def __init__(self, config):
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@pytest.fixture
async def served(make, request):
    limits = getattr(request, "param", LIMITS)
    collector = make(limits=limits)
    kind = connection_type(limits)
    config = uvicorn.Config(
        collector.app, http=kind, ws="none", lifespan="off", log_config=None, access_log=False
    )
    server = QuietServer(config)
    with socket.create_server(("127.0.0.1", 0)) as door:
        door.setblocking(False)
        task = asyncio.create_task(server.serve(sockets=[door]))
        await asyncio.wait_for(server.ready.wait(), 5)
        port, writers = door.getsockname()[1], []
        yield SimpleNamespace(port=port, kind=kind, server=server, writers=writers)
        for writer in writers:
            writer.transport.abort()
        server.should_exit = True
        await task
    assert not kind.waiting


async def connect(served):
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    served.writers.append(writer)
    return reader, writer


async def answered(reader):
    """Status and body of one answer."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return int(head.split()[1]), await reader.readexactly(length)


async def is_ended(reader, seconds=3.0):
    """Whether the other side ends the connection, saying nothing more."""
    try:
        return await asyncio.wait_for(reader.read(), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def post(body, *, more=b""):
    return (
        b"POST /v1/track HTTP/1.1\r\nHost: a\r\nAuthorization: %s\r\n%sContent-Length: %d\r\n\r\n"
        % (basic("web-key").encode(), more, len(body))
    )


@pytest.mark.parametrize("start", [b"", b"GET /livez HT", b"POST / HTTP/1.1\r\nHost: a\r\nX:"])
async def test_a_head_that_does_not_come(served, start):
    reader, writer = await connect(served)
    writer.write(start)
    assert await is_ended(reader)
    assert not served.server.server_state.connections


async def test_a_head_that_trickles(served):
    reader, writer = await connect(served)
    began = asyncio.get_running_loop().time()
    with contextlib.suppress(ConnectionError):
        for byte in b"GET /livez HTTP/1.1\r\n" * 9:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.02)
            if reader.at_eof() or writer.is_closing():
                break
    assert asyncio.get_running_loop().time() - began < 2
    assert await is_ended(reader)


async def test_a_second_head_that_trickles(served):
    reader, writer = await connect(served)
    for _ in range(2):
        writer.write(PROBE)
        assert (await answered(reader))[0] == 200
    writer.write(b"GET /")
    assert await is_ended(reader, 2.0)  # sooner than the keep-alive time of five seconds


async def test_a_connection_at_rest_is_kept(served):
    reader, writer = await connect(served)
    for _ in range(3):
        writer.write(PROBE)
        assert (await answered(reader))[0] == 200
        await asyncio.sleep(0.5)


async def test_a_slow_body_has_the_time_of_bodies(served):
    reader, writer = await connect(served)
    body = json.dumps(EVENT).encode()
    writer.write(post(body) + body[:5])
    await asyncio.sleep(0.6)
    writer.write(body[5:])
    assert await answered(reader) == (200, b'{"success":true}')


LONG = b"x" * 20_000


@pytest.mark.parametrize(
    "head",
    [
        b"GET /livez?" + LONG + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /livez HTTP/1.1\r\nX: " + LONG + b"\r\n\r\n",
        b"GET /livez HTTP/1.1\r\n" + b"X: 12345678\r\n" * 2_000 + b"\r\n",
        b"GET /livez HTTP/1.1\r\nX: " + LONG * 20,
        b"\r\n" * 400_000,
    ],
    ids=["path", "header", "many headers", "a header without end", "nothing without end"],
)
async def test_a_head_too_large(served, head):
    reader, writer = await connect(served)
    writer.write(head)
    with contextlib.suppress(ConnectionError):
        status, body = await answered(reader)
        assert (status, json.loads(body)["code"]) == (431, "head_too_large")
    assert await is_ended(reader)


async def test_trailers_without_end(served):
    reader, writer = await connect(served)
    head = post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    writer.write(head + b"2\r\n{}\r\n0\r\nX: ")
    await asyncio.sleep(0.1)
    for _ in range(20):
        writer.write(LONG)
    with contextlib.suppress(ConnectionError):
        assert (await answered(reader))[0] == 431
    assert await is_ended(reader)


async def test_large_and_chunked_bodies_are_no_heads(served):
    reader, writer = await connect(served)
    body = json.dumps(EVENT | {"properties": {"a": "x" * 30_000}}).encode()
    for _ in range(3):
        writer.write(post(body) + body)
        assert (await answered(reader))[0] == 200
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(piece), piece)
        for piece in (body[at : at + 100] for at in range(0, len(body), 100))
    )
    head = post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    writer.write(head + chunks + b"0\r\n\r\n" + PROBE)
    assert (await answered(reader))[0] == 200
    assert (await answered(reader))[0] == 200


async def test_what_is_no_http_is_answered_as_json(served):
    reader, writer = await connect(served)
    writer.write(b"\x16\x03\x01 nothing\r\n\r\n")
    status, body = await answered(reader)
    assert (status, json.loads(body)["code"]) == (400, "bad_http")
    assert await is_ended(reader)


@pytest.mark.parametrize("served", [Limits(connections_max=5)], indirect=True)
async def test_of_too_many_the_one_waited_for_longest_goes(served):
    body = json.dumps(EVENT).encode()
    held = [await connect(served) for _ in range(5)]
    held[0][1].write(PROBE)  # and then it is at rest for less long than the others
    assert (await answered(held[0][0]))[0] == 200
    held[1][1].write(post(body) + body[:-1])
    await connect(served)
    assert await is_ended(held[1][0])  # it had begun, but was the first to begin
    await connect(served)
    assert await is_ended(held[2][0])
    reader, writer = await connect(served)
    writer.write(post(body) + body)
    assert (await answered(reader))[0] == 200
    held[0][1].write(PROBE)
    assert (await answered(held[0][0]))[0] == 200
    assert len(served.server.server_state.connections) == 5


@pytest.mark.parametrize("takes", [False, True])
async def test_somebody_who_takes_no_answers_is_left(served, takes):
    reader, writer = await connect(served)
    writer.write(PROBE)
    await answered(reader)
    (connection,) = served.server.server_state.connections
    connection.pause_writing()  # as the transport does, once too much lies there
    if takes:
        connection.resume_writing()
    assert await is_ended(reader, 1.0) == (not takes)


async def test_too_many_requests_at_once_are_told_to_come_back(make):
    collector = make(limits=Limits(requests_max=2), inline=False)
    collector.log.gate.clear()
    held = [
        asyncio.create_task(collector.client.post("/v1/track", EVENT | {"messageId": str(n)}))
        for n in range(2)
    ]
    await asyncio.sleep(0.05)
    answer = await collector.client.post("/v1/track", EVENT)
    assert (answer.status, answer.json["code"]) == (429, "overloaded")
    assert int(answer.headers["retry-after"]) > 0
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await collector.client.send("GET", path)).status == 200
    collector.log.gate.set()
    assert [(await task).status for task in held] == [200, 200]
    assert (await collector.client.post("/v1/track", EVENT)).status == 200
    await collector.commit.close()
