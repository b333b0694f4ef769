"""Mixpanel's bodies: whose an event is, what profile updates say, what is refused and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ebbline.events.event import Event
from ebbline.events.fault import Fault
from ebbline.events.foreign import read_calls
from ebbline.events.mixpanel import event, read_records, strictly
from ebbline.events.mixpanel_people import update
from ebbline.events.names import Names
from ebbline.events.parse import Parser

NOW_MS = 1_767_268_800_000
TIME = NOW_MS - 60_000


def read(value: Any, reader: Any = event) -> Any:
    body = json.dumps(value).encode()
    records = read_records(body, reader)
    assert isinstance(records, list)
    calls = [record.call for record in records]
    (result,) = read_calls(Parser(Names()), calls, NOW_MS, "app")
    return result


def sent(name: str = "Coffee Ordered", **properties: Any) -> Any:
    return read({"event": name, "properties": {"token": "t", "time": TIME} | properties})


def test_an_event_keeps_its_own_properties_and_loses_the_protocols() -> None:
    found = sent(distinct_id="u1", Item="Coffee", **{"$insert_id": "a-1", "mp_lib": "web",
                 "$lib_version": "2.1", "$city": "Bonn"})  # fmt: skip
    assert (found.type, found.name, found.time_ms) == ("track", "Coffee Ordered", TIME)
    assert found.properties == {"Item": "Coffee", "$city": "Bonn"}
    assert found.context == {"library": {"name": "web", "version": "2.1"}}
    assert found.message_id.startswith("a-1-")


@pytest.mark.parametrize(
    ("said", "user", "device"),
    [
        ({"distinct_id": "u1"}, "u1", None),
        ({"distinct_id": 7}, "7", None),
        ({"distinct_id": "$device:d1"}, None, "d1"),
        ({"distinct_id": "$device:d1", "$device_id": "d1"}, None, "d1"),
        ({"distinct_id": "d1", "$device_id": "d1"}, None, "d1"),
        ({"distinct_id": "u1", "$device_id": "d1"}, "u1", "d1"),
        ({"distinct_id": "u1", "$device_id": "d1", "$user_id": "u1"}, "u1", "d1"),
        ({"$device_id": "d1"}, None, "d1"),
        ({"$user_id": "u1"}, "u1", None),
        ({"distinct_id": "anonymous", "$device_id": "d1"}, None, "d1"),
        ({"distinct_id": "$device:d1", "$user_id": "u1"}, "u1", "d1"),
    ],
)
def test_whose_an_event_is(said: dict[str, Any], user: str | None, device: str | None) -> None:
    found = sent(**said)
    assert (found.user_id, found.anonymous_id) == (user, device)
    profile = {
        ("$distinct_id" if name == "distinct_id" else name): id_ for name, id_ in said.items()
    }
    found = read({"$token": "t", "$set": {"a": 1}, **profile}, update)
    assert (found.user_id, found.anonymous_id) == (user, device)


@pytest.mark.parametrize("nobody", ["", "null", "Anonymous", "undefined", None, True, [], {}])
def test_an_event_of_nobody_is_refused(nobody: Any) -> None:
    found = sent(distinct_id=nobody)
    assert isinstance(found, Fault)
    assert (found.code, found.where) == ("no_user_anon_id", "properties.distinct_id")


@pytest.mark.parametrize(
    ("name", "properties", "wanted"),
    [
        ("$identify", {"$identified_id": "u1", "$anon_id": "d1"}, ("identify", "u1", "d1", None)),
        ("$identify", {"distinct_id": "u1", "$anon_distinct_id": "$device:d1"},
         ("identify", "u1", "d1", None)),
        ("$create_alias", {"distinct_id": "old", "alias": "new"}, ("alias", "new", None, "old")),
        ("$merge", {"$distinct_ids": ["a", "b"]}, ("alias", "a", None, "b")),
    ],
)  # fmt: skip
def test_events_that_link_ids_are_calls_that_do(name: str, properties: Any, wanted: Any) -> None:
    found = sent(name, **properties)
    assert (found.type, found.user_id, found.anonymous_id, found.previous_id) == wanted


@pytest.mark.parametrize("name", ["$identify", "$create_alias", "$merge"])
def test_events_that_link_nothing_are_refused(name: str) -> None:
    assert isinstance(sent(name, distinct_id="u1"), Fault)


def test_a_page_view_has_segments_name_and_properties() -> None:
    found = sent("$mp_web_page_view", distinct_id="u1", current_url_path="/pricing",
                 **{"$current_url": "https://x.example/pricing"})  # fmt: skip
    assert found.name == "Page Viewed"
    assert found.properties["path"] == "/pricing"
    assert found.properties["url"] == "https://x.example/pricing"


@pytest.mark.parametrize(
    ("time", "wanted"),
    [(1_618_716_477, 1_618_716_477_000), (1_618_716_477_123, 1_618_716_477_123),
     (1_618_716_477.5, 1_618_716_477_500), (None, NOW_MS), (NOW_MS + 10_000_000, NOW_MS)],
)  # fmt: skip
def test_seconds_and_milliseconds_are_told_apart(time: Any, wanted: int) -> None:
    assert sent(distinct_id="u1", time=time).time_ms == wanted


@pytest.mark.parametrize("time", ["2026-01-01", -1, True, [], 10**15])
def test_a_time_that_is_none_is_refused(time: Any) -> None:
    found = sent(distinct_id="u1", time=time)
    assert isinstance(found, Fault)
    assert (found.code, found.where) == ("bad_timestamp", "properties.time")


def test_what_counts_once_is_event_time_person_and_insert_id() -> None:
    one = {"distinct_id": "u1", "$insert_id": "i"}
    assert sent(**one).message_id == sent(**one, extra=1).message_id
    others = [sent("Other", **one), sent(**one | {"distinct_id": "u2"}),
              sent(**one | {"time": TIME + 1}), sent(**one | {"$insert_id": "j"})]  # fmt: skip
    assert len({event.message_id for event in [sent(**one), *others]}) == 5


def test_what_a_profile_update_sets_are_traits_under_segments_names() -> None:
    said = {"$email": "a@b.example", "$first_name": "Ana", "plan": "pro"}
    whole = {"$token": "t", "$distinct_id": "u1", "$time": TIME, "$set": said}
    found = read(whole | {"$unset": ["$phone", "coupon"]}, update)
    assert (found.type, found.time_ms) == ("identify", TIME)
    assert found.traits == {"email": "a@b.example", "firstName": "Ana", "plan": "pro",
                            "phone": None, "coupon": None}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"$add": {"n": 1}}, "unsupported_operator"),
        ({"$set_once": {"n": 1}}, "unsupported_operator"),
        ({"$append": {"n": 1}}, "unsupported_operator"),
        ({"$delete": ""}, "unsupported_operator"),
        ({}, "no_operator"),
        ({"$set": 7}, "bad_type"),
        ({"$unset": "a"}, "bad_type"),
        ({"$unset": [1]}, "bad_type"),
        ({"$set": {}, "$time": "?"}, "bad_timestamp"),
        ({"$set": {}, "$distinct_id": "null"}, "no_user_anon_id"),
    ],
)
def test_a_profile_update_that_is_not_taken(said: dict[str, Any], code: str) -> None:
    found = read({"$token": "t", "$distinct_id": "u1"} | said, update)
    assert isinstance(found, Fault)
    assert found.code == code


@pytest.mark.parametrize(
    "body",
    [b'[{"event":"a","properties":{}},{"event":"b","properties":{}}]',
     b'{"event":"a","properties":{}}\n{"event":"b","properties":{}}\n',
     b' {"event":"a","properties":{}}\r\n\r\n{"event":"b","properties":{}}'],
)  # fmt: skip
def test_lists_and_lines_are_read_alike(body: bytes) -> None:
    records = read_records(body, event)
    assert isinstance(records, list)
    assert [record.call.inside for record in records] == ["[0]", "[1]"]


def test_one_object_over_several_lines_is_one_record() -> None:
    records = read_records(b'{\n "event": "a",\n "properties": {}\n}', event)
    assert isinstance(records, list)
    assert len(records) == 1


@pytest.mark.parametrize(("body", "code"), [(b"[", "not_json"), (b"[" + b"1," * 2_000 + b"1]",
                                                                 "too_many_events")])  # fmt: skip
def test_a_list_that_cannot_be_read_is_refused_as_a_whole(body: bytes, code: str) -> None:
    found = read_records(body, event)
    assert isinstance(found, Fault)
    assert found.code == code


GOOD = {"time": TIME // 1_000, "distinct_id": "u1", "$insert_id": "935d87b1-00cd"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, None),
        ({"time": None}, "properties.time"),
        ({"time": "yesterday"}, "properties.time"),
        ({"time": 1_000}, "properties.time"),
        ({"time": NOW_MS + 3_600_001}, "properties.time"),
        ({"$insert_id": None}, "properties.$insert_id"),
        ({"$insert_id": ""}, "properties.$insert_id"),
        ({"$insert_id": "x" * 37}, "properties.$insert_id"),
        ({"$insert_id": "a_b"}, "properties.$insert_id"),
        ({"$insert_id": "null"}, "properties.$insert_id"),
        ({"distinct_id": None}, "properties.distinct_id"),
    ],
)
def test_a_strict_import_asks_for_what_is_documented(change: Any, field: str | None) -> None:
    fault = strictly(NOW_MS)(GOOD | change)
    assert (fault and fault.where) == field


def test_every_event_that_is_read_is_an_event() -> None:
    assert isinstance(sent(distinct_id="u1"), Event)
