"""Bodies within limits of size, time and number; compressed ones never unpack beyond them."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbline.events.fault import Fault
from ebbline.hosts.embedded.collect import Limits
from ebbline.hosts.embedded.collect.body import inflate

EVENT = json.dumps({"messageId": "m", "userId": "ana", "event": "X"}).encode()
LIMIT = Limits().body_bytes_max


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def zipped(body: bytes) -> bytes:
    """Without the time of day, which would make its way into the name of the test."""
    return gzip.compress(body, mtime=0)


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
    ],
)
async def test_encodings(collector, encoding, pack):
    answer = await collector.client.post("/v1/track", pack(EVENT), content_encoding=encoding)
    assert answer.status == 200
    assert len(collector.log.events) == 1


@pytest.mark.parametrize(
    ("encoding", "body", "status", "code"),
    [
        ("gzip", zipped(bytes(100_000_000)), 413, "too_large"),
        ("deflate", zlib.compress(bytes(10_000_000)), 413, "too_large"),
        ("deflate", raw_deflate(bytes(10_000_000)), 413, "too_large"),
        ("gzip", EVENT, 400, "bad_encoding"),
        ("gzip", b"", 400, "bad_encoding"),
        ("gzip", zipped(EVENT)[:-1], 400, "bad_encoding"),
        ("gzip", zipped(EVENT)[:15], 400, "bad_encoding"),
        ("gzip", zipped(EVENT) * 2, 400, "bad_encoding"),
        ("br", b"x", 415, "unknown_encoding"),
        ("gzip, gzip", zipped(zipped(EVENT)), 415, "unknown_encoding"),
    ],
)
async def test_bombs_and_damage(collector, encoding, body, status, code):
    answer = await collector.client.post("/v1/track", body, content_encoding=encoding)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert [refused.code for refused in collector.log.rejections] == [code]


@given(st.binary(), st.sampled_from([b"gzip", b"deflate", b"identity", b"\xff"]))
def test_inflate_never_raises(body, encoding):
    assert isinstance(inflate(body, encoding, 100), bytes | Fault)


@pytest.mark.parametrize("size", [0, 1, 99, 100])
def test_the_limit_itself_goes_in(size):
    assert inflate(gzip.compress(bytes(size)), b"gzip", 100) == bytes(size)
    assert isinstance(inflate(gzip.compress(bytes(101)), b"gzip", 100), Fault)


async def test_a_body_is_read_in_pieces(collector):
    body = json.dumps({"writeKey": "web-key"} | json.loads(EVENT)).encode()
    pieces = [body[place : place + 7] for place in range(0, len(body), 7)]
    assert (await collector.client.send("POST", "/v1/track", pieces)).status == 200


async def test_reading_stops_beyond_the_limit(collector):
    pieces = [b"x" * 100_000] * 50
    answer = await collector.client.send("POST", "/v1/batch", pieces)
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert collector.log.rejections[0].code == "too_large"


@pytest.mark.parametrize("length", [str(LIMIT + 1), "9" * 5_000])
async def test_a_length_beyond_the_limit_is_not_read_at_all(collector, length):
    answer = await collector.client.send("POST", "/v1/batch", (), {"content-length": length})
    assert answer.status == 413


async def test_a_sender_that_hangs_up_is_not_answered(collector):
    answer = await collector.client.send("POST", "/v1/track", (EVENT,), hang_up=True)
    assert answer is None
    assert collector.log.groups == []


async def test_a_slow_sender_is_cut_off(make):
    collector = make(limits=Limits(body_seconds_max=0.01))
    sent = []

    async def receive():
        await asyncio.sleep(5)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/v1/track", "headers": []}
    await collector.app(scope, receive, send)
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["code"] == "timeout"


async def test_all_bodies_together_are_bounded(make):
    collector = make(limits=Limits(bodies_bytes_max=50))
    answer = await collector.client.post("/v1/track", b"x" * 51)
    assert (answer.status, answer.json["code"]) == (429, "overloaded")
    assert answer.headers["retry-after"] == answer.headers["x-ratelimit-reset"] == "2"
    assert (await collector.client.post("/v1/track", b"x" * 50)).status == 400
    assert collector.app._intake.bodies._held_bytes == 0
