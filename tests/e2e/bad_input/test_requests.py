"""Whatever is sent to the door: a clear answer, counted, kept; the system goes on as before."""

from __future__ import annotations

import gzip
import json
import socket

import pytest

pytestmark = pytest.mark.slow

TRACK = {"type": "track", "event": "Product Viewed", "userId": "u"}
DEEP = b'{"userId":"u","event":"e","properties":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001
OVERSIZED = b'{"userId":"u","event":"' + b"x" * (600 << 10) + b'"}'
BOMB = gzip.compress(b" " * (64 << 20), 9)
BIG_EVENT = {**TRACK, "properties": {"text": "x" * (40 << 10)}}
GZIP = {"Content-Encoding": "gzip"}

# What is sent, with which headers, to which path; the status and the code of the answer.
REFUSED = {
    "no JSON": ("/v1/track", b"{nonsense", {}, 400, "not_json"),
    "nothing": ("/v1/track", b"", {}, 400, None),
    "no UTF-8": ("/v1/track", b'{"userId":"\xff\xfe"}', {}, 400, None),
    "a list": ("/v1/track", [], {}, 400, None),
    "a batch without a list": ("/v1/batch", {"batch": "nothing"}, {}, 400, None),
    "a user of a wrong type": ("/v1/track", {**TRACK, "userId": ["u"]}, {}, 400, None),
    "properties of a wrong type": ("/v1/track", {**TRACK, "properties": 7}, {}, 400, None),
    "an event of a wrong type": ("/v1/track", {**TRACK, "event": {"a": 1}}, {}, 400, None),
    "nobody's event": ("/v1/track", {"event": "e"}, {}, 400, "no_user_anon_id"),
    "no event's name": ("/v1/track", {"userId": "u"}, {}, 400, None),
    "too deep": ("/v1/track", DEEP, {}, 400, None),
    "too large": ("/v1/track", OVERSIZED, {}, 413, "too_large"),
    "an event too large": ("/v1/track", BIG_EVENT, {}, 413, "too_large"),
    "a gzip bomb": ("/v1/batch", BOMB, GZIP, 413, "too_large"),
    "half a gzip": ("/v1/batch", gzip.compress(b"{}")[:-4], GZIP, 400, "bad_encoding"),
    "no gzip at all": ("/v1/batch", b"{}", GZIP, 400, "bad_encoding"),
    "an unknown encoding": ("/v1/batch", b"{}", {"Content-Encoding": "br"}, 415,
                            "unknown_encoding"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_request_is_answered_counted_and_kept(stage, name):
    path, content, headers, status, code = REFUSED[name]
    before = stage.quarantined()
    answer = stage.system.door.post(path, content, headers=headers)
    told = answer.json()
    assert (answer.status, told["success"]) == (status, False)
    assert told["message"]
    assert code in (None, told["code"])
    assert stage.quarantined() == [*before, told["code"]]
    assert stage.counted(told["code"]) == stage.quarantined().count(told["code"])
    stage.takes_in(f"after {name}")


def test_an_unknown_write_key_is_refused_and_said_loudly(stage):
    answer = stage.system.door.post("/v1/track", TRACK, key="somebody-else")
    assert (answer.status, answer.json()["code"]) == (401, "unknown_write_key")
    assert stage.quarantined()[-1] == "unknown_write_key"
    assert "unknown write key" in stage.system.said()
    assert "somebody-else" not in stage.system.said()
    stage.takes_in("after an unknown key")


def test_of_a_batch_the_good_part_is_taken_and_the_rest_is_named(stage):
    batch = [{**TRACK, "userId": "good"}, {"type": "track"}, {**TRACK, "userId": "fine"}, 5]
    answer = stage.system.door.post("/v1/batch", {"batch": batch})
    told = answer.json()
    assert (answer.status, told["success"]) == (200, True)
    assert (told["accepted"], told["rejected"]) == (2, 2)
    assert [error["where"].split(".")[0] for error in told["errors"]] == ["batch[1]", "batch[3]"]
    stage.takes_in("after a mixed batch")
    sql = "SELECT count(*) FROM identifiers WHERE value IN ('good', 'fine')"
    assert stage.system.query("state.db", sql) == [(2,)]


def test_broken_connections_and_protocols_harm_nobody(stage):
    head = b"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9\r\n\r\n", head + b'{"a"', head):
        with socket.create_connection(("127.0.0.1", stage.system.port), 5) as line:
            line.sendall(garbage)
    stage.takes_in("after broken connections")


def test_what_was_refused_can_be_read_back(stage):
    stage.system.door.post("/v1/track", {"event": "nobody did this"})
    sql = "SELECT code, message, body FROM quarantine ORDER BY id DESC LIMIT 1"
    code, message, body = stage.system.query("log.db", sql)[0]
    assert code == "no_user_anon_id"
    assert "userId" in message
    assert json.loads(body) == {"event": "nobody did this"}
