"""HTTP as the connectors see it: a response, or how it failed."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
import tracemalloc
import zlib

import msgspec
import pytest
from structlog.testing import capture_logs

from ebbline.connectors import Failure, Request, Response
from ebbline.hosts.embedded.deliver import HttpTransport
from ebbline.hosts.embedded.deliver.guard import Guard
from tests.unit.delivery.lanes import LIMITS

QUICK = msgspec.structs.replace(LIMITS, timeout_ms=300, response_bytes_max=1_000)


@pytest.fixture
async def transport():
    made = HttpTransport(Guard(["127.0.0.1"]))
    yield made
    await made.close()


@pytest.fixture
async def serve():
    """Serve raw bytes as the answer to one request; gives the address. With `drip`, those bytes
    again and again with that many seconds between them."""
    servers, handling = [], set()

    async def start(answer, wait=0.0, first=b"", drip=None):
        async def handle(reader, writer):
            handling.add(asyncio.current_task())
            try:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(wait)
                writer.write(first + answer)
                while drip is not None:
                    await writer.drain()
                    await asyncio.sleep(drip)
                    writer.write(answer)
            except OSError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"

    yield start
    for server in servers:
        server.close()
    for task in handling:
        task.cancel()
    await asyncio.gather(*handling, return_exceptions=True)
    await asyncio.sleep(0)


async def ask(transport, url):
    return await transport.send(Request("POST", url, (("X-A", "b"),), b"{}"), QUICK)


async def test_a_response(transport, serve):
    url = await serve(b"HTTP/1.1 201 Created\r\nX-Left: 7\r\nContent-Length: 2\r\n\r\nok")
    answer = await ask(transport, url)
    assert isinstance(answer, Response)
    assert (answer.status, answer.headers["x-left"], answer.body) == (201, "7", b"ok")


async def test_a_redirect_is_an_answer(transport, serve):
    url = await serve(b"HTTP/1.1 302 Found\r\nLocation: /y\r\nContent-Length: 0\r\n\r\n")
    assert (await ask(transport, url)).status == 302


async def test_an_answer_without_end_is_cut_and_said_so(transport, serve):
    for url in (
        await serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000),
        await serve(b"y" * 100, first=b"HTTP/1.1 200 OK\r\n\r\n", drip=0),
    ):
        with capture_logs() as logs:
            assert len((await ask(transport, url)).body) == 1_000
        assert logs == [
            {"event": "answer cut off", "log_level": "warning", "host": "127.0.0.1",
             "kept_bytes": 1_000}
        ]  # fmt: skip


async def test_a_whole_answer_is_not_called_cut(transport, serve):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with capture_logs() as logs:
        assert len((await ask(transport, await serve(head + b"x" * 1_000))).body) == 1_000
    assert logs == []


HEAD = b"HTTP/1.1 200 OK"


@pytest.mark.parametrize(
    "first", [HEAD, HEAD + b"\r\nX-Long: ", HEAD + b"\r\nContent-Length: 900\r\n\r\n"]
)
async def test_an_answer_that_drips_ends_in_time(transport, serve, first):
    url = await serve(b"x", first=first, drip=0.02)
    began = time.monotonic()
    answer = await ask(transport, url)
    assert answer == Failure("timeout", "no answer within 300 ms")
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("more", [b"x" * 4_096, b"x: y\r\n" * 600])
async def test_headers_without_end_are_not_read_to_the_end(transport, serve, more):
    answer = await ask(transport, await serve(more, first=b"HTTP/1.1 200 OK\r\nX: ", drip=0))
    assert (type(answer), answer.kind) == (Failure, "broken")


def packed(body, how):
    return gzip.compress(body) if how == "gzip" else zlib.compress(body)


@pytest.mark.parametrize("how", ["gzip", "deflate"])
async def test_a_packed_answer_is_unpacked_to_the_limit_and_no_further(transport, serve, how):
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {how}\r\nConnection: close\r\n\r\n".encode()
    small = await ask(transport, await serve(head + packed(b"hello", how)))
    assert small.body == b"hello"
    url = await serve(head + packed(bytes(64 << 20), how))
    tracemalloc.start()
    try:
        bomb = await ask(transport, url)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert bomb.body == bytes(1_000)
    assert most < 4 << 20


async def test_an_answer_that_only_says_it_is_packed(transport, serve):
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n"
    assert (await ask(transport, await serve(head + b"plain"))).body == b"plain"


async def test_no_packed_answer_is_asked_for(transport):
    asked = bytearray()

    async def handle(reader, writer):
        asked.extend(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        assert (await ask(transport, f"http://127.0.0.1:{port}/")).status == 204
    assert b"\r\nAccept-Encoding: identity\r\n" in asked


async def test_failures(transport, serve):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/x"
    found = [
        await ask(transport, closed),
        await ask(transport, "http://no-such-host.invalid/x"),
        await ask(transport, "ftp://example.org"),
        await ask(transport, await serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort")),
        await ask(transport, await serve(b"")),
        await ask(transport, await serve(b"late", wait=0.6)),
        await ask(transport, await serve(b"SSH-2.0-OpenSSH\r\n\r\n")),
    ]
    assert all(isinstance(one, Failure) for one in found)
    kinds = [one.kind for one in found]
    assert kinds == ["unsent", "unsent", "unsent", "broken", "broken", "timeout", "broken"]
