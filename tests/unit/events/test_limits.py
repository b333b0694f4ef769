"""What is beyond a limit is refused with its reason; what is at the limit goes in."""

from __future__ import annotations

import json

import msgspec
import pytest

from ebbline.events import limits
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser

PARSER = Parser(Names())
NOW_MS = 1_767_268_800_000


def line(value, **fields):
    call = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}
    return json.dumps(call | value | fields).encode()


def parse(data):
    return PARSER.parse_line(data, received_ms=NOW_MS)


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value} if levels % 2 else [value]
    return value


@pytest.mark.parametrize("fields", [{"userId": "ana"}, {"userId": 7}], ids=["fast", "careful"])
class TestBothWays:
    def test_event_size(self, fields):
        room = limits.EVENT_BYTES_MAX - len(line(fields, properties={"a": ""}))
        assert isinstance(parse(line(fields, properties={"a": "x" * room})), Event)
        refused = parse(line(fields, properties={"a": "x" * (room + 1)}))
        assert (refused.code, refused.where) == ("too_large", "")
        assert len(refused.body) <= limits.QUARANTINE_BODY_BYTES_MAX

    @pytest.mark.parametrize("field", ["properties", "context"])
    def test_depth(self, fields, field):
        assert isinstance(parse(line(fields, **{field: {"a": nested(limits.DEPTH_MAX)}})), Event)
        refused = parse(line(fields, **{field: {"a": nested(limits.DEPTH_MAX + 1)}}))
        assert (refused.code, refused.where) == ("too_deep", field)

    def test_keys(self, fields):
        keys = {str(number): number for number in range(limits.KEYS_MAX)}
        assert isinstance(parse(line(fields, properties=keys)), Event)
        refused = parse(line(fields, properties=keys | {"one more": 1}))
        assert (refused.code, refused.where) == ("too_many_keys", "properties")

    def test_lengths(self, fields):
        assert parse(line(fields, messageId="m" * 100)).message_id == "m" * 100
        assert parse(line(fields, messageId="m" * 101)).code == "id_too_long"
        assert parse(line(fields, anonymousId="a" * 513)).where == "anonymousId"
        assert parse(line(fields, event="e" * 513)).code == "name_too_long"


@pytest.mark.parametrize("depth", [100, 1_000, 15_000])
@pytest.mark.parametrize("bracket", [("[", "]"), ('{"a":', "}")])
def test_very_deep_nesting(depth, bracket):
    value = bracket[0] * depth + "1" + bracket[1] * depth
    data = line({}).replace(b'"X"', b'"X","properties":{"a":%s}' % value.encode())
    refused = parse(data)
    assert isinstance(refused, Rejection)
    assert refused.code in ("too_deep", "too_large")


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30, 2**64])
def test_integers_beyond_64_bits_are_floats(number):
    event = parse(line({}, properties={"a": number, "b": [{"c": number}], "d": 5}))
    assert event.properties == {"a": float(number), "b": [{"c": float(number)}], "d": 5}
    assert type(event.properties["a"]) is float
    assert type(event.properties["d"]) is int


@pytest.mark.parametrize("value", [7, 7.0, 2**70, 1.5, "ana"])
def test_what_is_read_can_be_written(value):
    event = parse(line({}, userId=value, properties={"a": value}))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(event), type=Event) == event


def test_batch_size_and_count():
    item = line({}).decode()
    many = b'{"batch":[%s]}' % ",".join([item] * (limits.BATCH_EVENTS_MAX + 1)).encode()
    parsed = PARSER.parse_request(many, NOW_MS, "s", None)
    assert [(r.code, r.where) for r in parsed.rejections] == [("too_many_events", "batch")]
    exactly = many.replace(item.encode() + b",", b"", 1)
    assert len(PARSER.parse_request(exactly, NOW_MS, "s", None).events) == limits.BATCH_EVENTS_MAX
    large = exactly + b" " * (limits.BATCH_BYTES_MAX + 1 - len(exactly))
    assert PARSER.parse_request(large, NOW_MS, "s", None).rejections[0].code == "too_large"
