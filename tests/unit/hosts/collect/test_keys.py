"""Who may send: the write key as Basic user name or in the body."""

from __future__ import annotations

import base64
import json

import pytest
import structlog

from ebbline.hosts.embedded.collect import limits
from ebbline.hosts.embedded.collect.keys import Keys, basic_key

EVENT = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}


@pytest.mark.parametrize(
    ("header", "key"),
    [
        (None, None),
        (b"", None),
        (b"Basic", None),
        (b"Basic " + base64.b64encode(b"k:"), "k"),
        (b"basic  " + base64.b64encode(b"k"), "k"),
        (b"Basic " + base64.b64encode(b"k:secret:more"), "k"),
        (b"Basic " + base64.b64encode(b":"), None),
        (b"Basic !", None),
        (b"Basic \xff\xfe", None),
        (b"Basic " + base64.b64encode(b"\xff"), None),
        (b"Bearer abc", None),
    ],
)
def test_basic(header, key):
    assert basic_key(header) == key


@pytest.mark.parametrize("path", ["/v1/track", "/v1/batch"])
@pytest.mark.parametrize("bearer", [None, "Bearer token"])
async def test_a_key_in_the_body(collector, path, bearer):
    body = {"batch": [EVENT]} if path == "/v1/batch" else EVENT
    headers = {"authorization": bearer} if bearer else {}
    data = json.dumps(body | {"writeKey": "server-key"}).encode()
    answer = await collector.client.send("POST", path, (data,), headers)
    assert answer.status == 200
    assert [event.source for event in collector.log.events] == ["server"]


async def test_a_key_in_the_items_alone(collector):
    body = {"batch": [EVENT | {"writeKey": "web-key"}]}
    assert (await collector.client.post("/v1/b", body, key=None)).status == 200


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_unknown_keys_are_refused_loudly(collector, key):
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            answer = await collector.client.post("/v1/track", EVENT, key=key)
            assert (answer.status, answer.json["code"]) == (401, "unknown_write_key")
    assert [line["log_level"] for line in logs] == ["error"]
    assert not collector.log.events
    refused = collector.log.rejections[0]
    assert (refused.source, json.loads(refused.body)) == ("unknown", EVENT)


async def test_without_a_key_broken_json_is_the_better_reason(collector):
    answer = await collector.client.post("/v1/track", b"{", key=None)
    assert (answer.status, answer.json["code"]) == (400, "not_json")


async def test_a_project_without_sources_has_one_default_key(make):
    collector = make(keys={})
    assert (await collector.client.post("/v1/track", EVENT, key="dev")).status == 200
    assert collector.log.events[0].source == "default"
    assert (await collector.client.post("/v1/track", EVENT, key="other")).status == 401


def test_a_clock_that_was_set_back_does_not_silence_alarms():
    keys = Keys({})
    with structlog.testing.capture_logs() as logs:
        keys.alarm("guess", limits.ALARM_INTERVAL_MS * 1_000)
        keys.alarm("guess", 0)
    assert len(logs) == 2


def test_alarms_are_repeated_after_a_while_and_bounded():
    keys = Keys({})
    with structlog.testing.capture_logs() as logs:
        keys.alarm("guess", 0)
        keys.alarm("guess", limits.ALARM_INTERVAL_MS - 1)
        keys.alarm("guess", limits.ALARM_INTERVAL_MS)
        for number in range(1_000):
            keys.alarm(f"{number:04}", 0)
    assert len(logs) == 1_002
    assert len(keys._alarms) <= limits.ALARM_KEYS_MAX
    assert "guess" not in str(logs)
