"""The ingest benchmark: its load is what it says, and overload loses nothing acknowledged."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter

import pytest

from benchmarks import ingest
from benchmarks.ingest_load import Load, loaded


def test_numbered_requests_differ_in_their_first_id_only():
    load = Load("/v1/track", [b'{"messageId": "000000000000", "userId": "ana"}'])
    name, pieces = load.numbered(7)
    whole = b"".join(pieces)
    assert name == b"x00000000007"
    assert whole.replace(name, b"0" * 12) == load.requests[0]
    assert b"content-length: 46\r\n" in whole


async def test_a_closed_loop_counts_every_answer():
    left = asyncio.Semaphore(0)

    async def serve(reader, writer):
        while head := await reader.read(10_000):
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n" * head.count(b"POST"))
            await asyncio.sleep(0.001)
            writer.write(b"{}" * head.count(b"POST"))
        writer.close()
        await writer.wait_closed()
        left.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    load = Load("/v1/track", [b'{"messageId": "000000000000"}'])
    statuses = await loaded("127.0.0.1", port, load, 3, 0.1)
    assert statuses == Counter({200: statuses[200]})
    assert statuses[200] > 3
    for _ in range(3):
        await left.acquire()
    server.close()
    await server.wait_closed()


@pytest.mark.slow
@pytest.mark.alone
def test_under_overload_everything_is_answered_and_nothing_acknowledged_is_lost(tmp_path):
    options = argparse.Namespace(seconds=0.3, connections=32, overload_seconds=2.0)
    found = ingest._measure(tmp_path, options)
    for name in ("overload", "overload_unheeded"):
        told = found[name]
        assert told["acknowledged_and_lost"] == 0
        assert told["without_retry_after"] == 0
        assert set(told["statuses"]) == {200, 429}
        assert told["peak_growth_mb"] < 400
    assert found["overload"]["accepted_share_by_cpu"] > 0.5
