"""The door for events: receipts, batches, ids that are made, and that it never raises."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ebbline.events import careful
from ebbline.events.envelope import read_write_key
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import CALLS, Parser
from ebbline.events.request import Parsed
from ebbline.events.wire import Wire

PARSER = Parser(Names())
NOW_MS = 1_767_268_800_000
GOOD = {"type": "track", "messageId": "m", "userId": "ana", "event": "X"}


def parse(fields, receipt="now"):
    data = json.dumps(GOOD | fields).encode()
    return PARSER.parse_line(data, receipt=receipt, received_ms=NOW_MS, source="file")


class TestReceipt:
    def test_the_event_says_when_it_became_known(self):
        times = {"timestamp": "2025-12-31T23:59:59Z", "receivedAt": "2026-01-01T00:00:00Z"}
        event = parse(times, "receivedAt")
        assert (event.received_ms, event.time_ms) == (1_767_225_600_000, 1_767_225_599_000)
        assert event.source == "file"

    def test_a_time_after_its_own_receipt_is_clamped(self):
        times = {"timestamp": "2026-01-01T00:00:01Z", "receivedAt": "2026-01-01"}
        event = parse(times, "receivedAt")
        assert (event.time_ms, event.flags) == (event.received_ms, ("future_time",))

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            (None, "no_received_at"),
            ("soon", "bad_received_at"),
            (12, "bad_received_at"),
            ("1969-12-31T23:59:59Z", "bad_received_at"),
            ("9999-01-01T00:00:00Z", "bad_received_at"),
        ],
    )
    def test_without_it_nothing_can_be_replayed(self, given, code):
        refused = parse({"receivedAt": given}, "receivedAt")
        assert (refused.code, refused.where) == (code, "receivedAt")

    def test_live_calls_need_none(self):
        assert parse({"receivedAt": "soon"}).received_ms == NOW_MS

    def test_an_archived_event_is_not_corrected_twice(self):
        archived = {
            "originalTimestamp": "2026-01-01T09:00:00Z",
            "sentAt": "2026-01-01T09:00:01Z",
            "timestamp": "2026-01-01T11:00:00Z",
            "receivedAt": "2026-01-01T11:00:01Z",
        }
        event = parse(archived, "receivedAt")
        assert event.received_ms - event.time_ms == 1_000

    def test_an_original_timestamp_alone_is_the_timestamp(self):
        original = {"originalTimestamp": "2026-01-01T11:00:00Z", "sentAt": "2026-01-01T11:00:09Z"}
        assert parse(original).time_ms == NOW_MS - 9_000


class TestMessageId:
    def test_made_of_the_input_alone(self):
        made = [parse({"messageId": None}).message_id for _ in range(2)]
        assert made[0] == made[1]
        assert parse({"messageId": "", "event": "Y"}).message_id != made[0]

    def test_twins_in_a_batch_are_two(self):
        item = {"type": "track", "userId": "ana", "event": "X"}
        body = json.dumps({"batch": [item, item]}).encode()
        first, second = PARSER.parse_request(body, NOW_MS, "s", None).events
        assert first.message_id != second.message_id
        assert first.flags == second.flags == ("no_message_id",)


class TestRequest:
    @pytest.mark.parametrize(("call", "kind"), CALLS.items())
    def test_the_path_says_the_type(self, call, kind):
        body = b'{"userId":"u","event":"E","groupId":"g","previousId":"p"}'
        parsed = PARSER.parse_request(body, NOW_MS, "s", call)
        assert [event.type for event in parsed.events] == [kind]

    @pytest.mark.parametrize(
        ("body", "key"),
        [
            ({"writeKey": "k", "batch": []}, "k"),
            ({"batch": [3, {"writeKey": "k"}]}, None),
            ({"batch": [{}, {"writeKey": "k"}]}, "k"),
            ({"batch": [{"writeKey": 3}]}, None),
            ({"writeKey": 3, "batch": []}, None),
        ],
    )
    def test_write_key_of_a_batch(self, body, key):
        assert read_write_key(json.dumps(body).encode()) == key

    def test_write_key_of_one_event_good_or_bad(self):
        for body in (b'{"writeKey":"k","userId":"u","event":"E"}', b'{"writeKey":"k"}'):
            assert read_write_key(body) == "k"

    @pytest.mark.parametrize("fields", [{"context": 3}, {"integrations": []}])
    def test_a_bad_envelope_refuses_the_whole(self, fields):
        body = json.dumps({"batch": [GOOD]} | fields).encode()
        parsed = PARSER.parse_request(body, NOW_MS, "s", None)
        assert [(r.code, r.where) for r in parsed.rejections] == [("bad_type", *fields)]

    def test_a_bad_time_of_sending_refuses_nothing(self):
        body = json.dumps({"batch": [GOOD], "sentAt": 3, "writeKey": 4}).encode()
        assert PARSER.parse_request(body, NOW_MS, "s", None).events[0].flags == ("bad_sent_at",)

    def test_bytes_that_are_no_text_refuse_one_item(self):
        body = b'{"batch":[%s,{"type":"track","event":"\xff"}]}' % json.dumps(GOOD).encode()
        parsed = PARSER.parse_request(body, NOW_MS, "s", None)
        assert len(parsed.events) == 1
        assert [(r.code, r.where) for r in parsed.rejections] == [("not_json", "batch[1]")]

    def test_the_envelope_is_not_shared_between_events(self):
        body = json.dumps({"batch": [GOOD, GOOD], "context": {"a": 1}}).encode()
        first, second = PARSER.parse_request(body, NOW_MS, "s", None).events
        first.context["b"] = 2
        assert second.context == {"a": 1}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from([*(field for field, *_ in careful._FIELDS), "writeKey", "batch"])
TEXTS = st.sampled_from(
    ["track", "page", "alias", "group", "purchase", "", "2026-01-01", "0001-01-01T00:00:00+23:59"]
)
CALL = st.dictionaries(FIELDS, VALUES | TEXTS | st.dictionaries(st.text(), VALUES))
BATCH = st.fixed_dictionaries(
    {"batch": st.lists(CALL | VALUES, max_size=4)},
    optional={"context": VALUES, "integrations": VALUES, "sentAt": VALUES | TEXTS},
)


def check(body):
    """Whatever came, only events and rejections go out, and all of them can be written."""
    for receipt in ("now", "receivedAt"):
        one = PARSER.parse_line(body, receipt=receipt, received_ms=NOW_MS)
        assert isinstance(one, Event | Rejection)
        msgspec.msgpack.encode(one)
    for call in (None, "track", "p", "alias", "unheard of"):
        parsed = PARSER.parse_request(body, NOW_MS, "s", call)
        assert isinstance(parsed, Parsed)
        msgspec.msgpack.encode(parsed)
        for event in parsed.events:
            assert event.message_id
            assert 0 <= event.time_ms <= event.received_ms == NOW_MS


@given(st.binary(max_size=300))
@example(b"")
@example(b'"\\ud800"')
@example(b"\xef\xbb\xbf{}")
@example(b"[" * 5_000)
@example(b'{"batch":' + b"[" * 5_000)
def test_bytes_never_raise(body):
    check(body)


@given(VALUES | CALL | BATCH)
def test_json_never_raises(value):
    try:
        body = json.dumps(value).encode()
    except UnicodeEncodeError:
        body = json.dumps(value, ensure_ascii=True).encode()
    check(body)


@given(BATCH, st.integers(0, 400), st.binary(max_size=3))
def test_damaged_json_never_raises(value, place, damage):
    body = json.dumps(value).encode()
    check(body[:place] + damage + body[place:])


@given(CALL)
def test_both_ways_read_the_same(value):
    """What the typed decoder accepts, the careful way reads alike."""
    body = json.dumps(GOOD | value).encode()
    try:
        fast = msgspec.json.decode(body, type=Wire)
    except ValueError:
        return
    slow = careful.read_wire(body, needs_received_at=False)
    assert not isinstance(slow, careful.Fault)
    assert slow == (fast, ())
