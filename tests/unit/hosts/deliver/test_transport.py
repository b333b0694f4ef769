"""HTTP as the connectors see it: a response, or how it failed."""

from __future__ import annotations

import asyncio
import socket

import msgspec
import pytest

from ebbline.connectors import Failure, Request, Response
from ebbline.hosts.embedded.deliver import HttpTransport
from tests.unit.delivery.lanes import LIMITS

QUICK = msgspec.structs.replace(LIMITS, timeout_ms=300, response_bytes_max=1_000)


@pytest.fixture
async def transport():
    made = HttpTransport()
    yield made
    await made.close()


@pytest.fixture
async def serve():
    """Serve raw bytes as the answer to one request; gives the address."""
    servers, handling = [], set()

    async def start(answer, wait=0.0):
        async def handle(reader, writer):
            handling.add(asyncio.current_task())
            try:
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(wait)
                writer.write(answer)
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


async def test_an_answer_without_end_is_cut(transport, serve):
    url = await serve(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500_000)
    assert len((await ask(transport, url)).body) == 1_000


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
