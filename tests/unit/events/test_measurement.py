"""GA4's Measurement Protocol: what a body becomes, and what the debug door says of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ebbline.events.declared import Declared
from ebbline.events.event import Event
from ebbline.events.fault import Fault
from ebbline.events.foreign import as_parsed, read_calls
from ebbline.events.measurement import read_measurement
from ebbline.events.measurement_checks import messages
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.planned import Planned, Rules

NOW_MS = 1_767_268_800_000
PURCHASE = {
    "name": "purchase",
    "params": {
        "currency": "USD", "value": 30.03, "transaction_id": "T1", "session_id": "123",
        "items": [{"item_id": "S1", "price": 10.01, "quantity": 3}],
    },
}  # fmt: skip


def read(parser: Parser | None = None, **fields: Any) -> list[Event | Fault]:
    body = json.dumps({"client_id": "1.2", "events": []} | fields).encode()
    calls = read_measurement(body, NOW_MS)
    assert isinstance(calls, list)
    return read_calls(parser or Parser(Names()), calls, NOW_MS, "site")


def one(**fields: Any) -> Any:
    (found,) = read(**fields)
    return found


def test_a_purchase_is_an_order_with_segments_names_beside_its_own() -> None:
    event = one(events=[PURCHASE], user_id="ana", timestamp_micros=(NOW_MS - 5_000) * 1_000)
    assert (event.type, event.name, event.time_ms) == ("track", "Order Completed", NOW_MS - 5_000)
    assert (event.user_id, event.anonymous_id, event.source) == ("ana", "1.2", "site")
    assert event.properties["order_id"] == event.properties["transaction_id"] == "T1"
    assert event.properties["revenue"] == 30.03
    assert event.properties["products"] == [{"product_id": "S1", "price": 10.01, "quantity": 3}]


def test_user_properties_are_an_identify_call_before_the_events() -> None:
    told = {"tier": {"value": "gold"}, "visits": {"value": 3}}
    first, second = read(events=[{"name": "login"}], user_properties=told)
    assert isinstance(first, Event)
    assert isinstance(second, Event)
    assert (first.type, first.traits) == ("identify", {"tier": "gold", "visits": 3})
    assert (second.name, second.anonymous_id) == ("Signed In", "1.2")


def test_consent_lies_where_rules_look_for_it() -> None:
    consent = {"ad_user_data": "GRANTED", "ad_personalization": "DENIED", "other": "MAYBE"}
    event = one(events=[{"name": "login"}], consent=consent)
    told = event.context["consent"]
    assert told == {"categoryPreferences": {"ad_user_data": True, "ad_personalization": False}}


@pytest.mark.parametrize("micros", [1_700_000_000_000_000, "1700000000000000", 1.7e15])
def test_microseconds_are_read_as_number_or_text(micros: Any) -> None:
    assert one(events=[{"name": "x"}], timestamp_micros=micros).time_ms == 1_700_000_000_000
    assert one(events=[{"name": "x", "timestamp_micros": micros}]).time_ms == 1_700_000_000_000


def test_an_app_instance_and_a_user_alone_name_somebody() -> None:
    event = one(client_id=None, app_instance_id="app-1", events=[{"name": "x"}])
    assert event.anonymous_id == "app-1"
    event = one(client_id=None, user_id=7, events=[{"name": "x"}])
    assert (event.user_id, event.anonymous_id) == ("7", None)


def test_a_transaction_of_a_person_counts_once_and_other_events_each() -> None:
    twice = read(events=[PURCHASE, PURCHASE, {"name": "x"}, {"name": "x"}])
    ids = [event.message_id for event in twice if isinstance(event, Event)]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    other = one(client_id="9.9", events=[PURCHASE])
    assert other.message_id not in ids


def test_one_bad_event_spoils_no_other() -> None:
    body = json.dumps({"client_id": "1.2", "events": [{"name": "x"}, 7, {"params": {}}]}).encode()
    calls = read_measurement(body, NOW_MS)
    assert isinstance(calls, list)
    results = read_calls(Parser(Names()), calls, NOW_MS, "site")
    parsed = as_parsed(calls, results, NOW_MS, "site")
    assert [event.name for event in parsed.events] == ["x"]
    refused = [(one.code, one.where, one.body) for one in parsed.rejections]
    assert refused == [
        ("not_object", "events[1]", b"7"),
        ("no_event", "events[2].name", b'{"params": {}}'),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"), (b"[]", "not_object"), (b'{"client_id": "c"}', "no_events"),
        (b'{"client_id": "c", "events": {}}', "no_events"),
        (b'{"events": []}', "no_client_id"), (b'{"client_id": "", "events": []}', "no_client_id"),
        (b'{"client_id": "c", "events": [], "timestamp_micros": "soon"}', "bad_timestamp"),
        (b'{"client_id": "c", "events": [], "timestamp_micros": -1}', "bad_timestamp"),
        (b'{"client_id": "c", "events": [' + b"{}," * 2_500 + b"{}]}", "too_many_events"),
        (b'{"client_id": "' + b"c" * 600_000 + b'"}', "too_large"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_refused_as_a_whole(body: bytes, code: str) -> None:
    found = read_measurement(body, NOW_MS)
    assert isinstance(found, Fault)
    assert found.code == code


@pytest.mark.parametrize(
    ("fields", "code", "where"),
    [
        ({"user_properties": 7}, "bad_type", "user_properties"),
        ({"user_properties": {"a": 7}}, "bad_type", "user_properties.a"),
        ({"client_id": ["c"], "events": [{"name": "x"}]}, "bad_type", "client_id"),
        ({"events": [{"name": "x", "params": []}]}, "bad_type", "params"),
        ({"events": [{"name": "x", "timestamp_micros": "?"}]}, "bad_timestamp",
         "timestamp_micros"),
    ],
)  # fmt: skip
def test_a_bad_field_is_named_as_its_sender_names_it(fields: Any, code: str, where: str) -> None:
    found = one(**fields)
    assert isinstance(found, Fault)
    assert (found.code, found.where) == (code, where)


def test_the_tracking_plan_holds_with_the_senders_names() -> None:
    names = Names()
    orders = {"revenue": Declared("number", schema={"maximum": 10})}
    strict = Rules({"Order Completed": orders}, unplanned="quarantine", on_violation="quarantine")
    parser = Parser(names, Planned(strict, names))
    broken, unplanned = read(parser, events=[PURCHASE, {"name": "x"}])
    assert isinstance(broken, Fault)
    assert isinstance(unplanned, Fault)
    assert (broken.code, broken.where) == ("violation", "params.revenue")
    assert (unplanned.code, unplanned.where) == ("unplanned_event", "name")


LONG = "x" * 200


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"events": [PURCHASE]}, []),
        ({"client_id": None}, [("client_id", "VALUE_REQUIRED"), ("events", "VALUE_REQUIRED")]),
        ({"client_id": 7, "events": [PURCHASE]}, [("client_id", "VALUE_INVALID")]),
        ({"events": [{"name": f"e{n}"} for n in range(26)]}, [("events", "EXCEEDED_MAX_ENTITIES")]),
        ({"events": [{}]}, [("events[0].name", "VALUE_REQUIRED")]),
        ({"events": [7]}, [("events[0]", "VALUE_INVALID")]),
        ({"events": [{"name": "_x"}]}, [("events[0].name", "NAME_INVALID")]),
        ({"events": [{"name": "session_start"}]}, [("events[0].name", "NAME_RESERVED")]),
        ({"events": [{"name": "notification_open"}]}, [("events[0].name", "NAME_RESERVED")]),
        ({"events": [{"name": "a b"}]}, [("events[0].name", "NAME_INVALID")]),
        ({"events": [{"name": "x", "params": {"ga_x": 1, "y": LONG}}]},
         [("events[0].params.ga_x", "NAME_RESERVED"),
          ("events[0].params.y", "VALUE_OUT_OF_BOUNDS")]),
        ({"events": [{"name": "x", "params": {f"p{n}": n for n in range(26)}}]},
         [("events[0].params", "EXCEEDED_MAX_ENTITIES")]),
        ({"events": [{"name": "x", "params": {"y": {}}}]},
         [("events[0].params.y", "VALUE_INVALID")]),
        ({"events": [{"name": "x", "params": 7}]}, [("events[0].params", "VALUE_INVALID")]),
        ({"events": [{"name": "x"}], "timestamp_micros": "soon"},
         [("timestamp_micros", "VALUE_INVALID")]),
        ({"events": [{"name": "x"}], "timestamp_micros": (NOW_MS - 73 * 3_600_000) * 1_000},
         [("timestamp_micros", "VALUE_OUT_OF_BOUNDS")]),
        ({"events": [{"name": "x"}], "user_properties": {LONG: {"value": 1}, "b": {"value": LONG},
          "c": 7}},
         [(f"user_properties.{LONG[:40]}", "NAME_INVALID"),
          ("user_properties.b", "VALUE_OUT_OF_BOUNDS"), ("user_properties.c", "VALUE_REQUIRED")]),
        ({"events": [{"name": "purchase", "params": {"value": 3}}]}, []),
        ({"events": [{"name": "purchase", "params": {"value": 3}}],
          "validation_behavior": "ENFORCE_RECOMMENDATIONS"},
         [("events[0].params.currency", "VALUE_REQUIRED"),
          ("events[0].params.transaction_id", "VALUE_REQUIRED")]),
    ],
)  # fmt: skip
def test_the_debug_door_tells_ga4s_rules(fields: Any, wanted: list[tuple[str, str]]) -> None:
    body = json.dumps({"client_id": "1.2"} | fields).encode()
    found = [(told.field_path, told.validation_code) for told in messages(body, NOW_MS)]
    assert found == wanted


def test_messages_are_bounded() -> None:
    body = json.dumps({"client_id": "c", "events": [{}] * 2_000}).encode()
    assert len(messages(body, NOW_MS)) == 100
    assert [told.validation_code for told in messages(b"{", NOW_MS)] == ["VALUE_INVALID"]
    assert [told.validation_code for told in messages(b"7", NOW_MS)] == ["VALUE_INVALID"]
