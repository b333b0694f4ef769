"""GA4's and Mixpanel's doors: their own answers, our log and our quarantine."""

from __future__ import annotations

import base64
import errno
import json
from urllib.parse import quote_plus

import pytest

from ebbline.events.declared import Declared
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.planned import Planned, Rules
from ebbline.hosts.embedded.collect import Limits

LOGIN = "Basic d2ViLWtleTo="  # web-key
MP = "/mp/collect?measurement_id=G-1&api_secret=web-key"
HIT = {"client_id": "1.2", "events": [{"name": "login"}]}
SALE = {"event": "Sale", "properties": {"token": "web-key", "distinct_id": "ana"}}
TIMED = {"event": "Sale", "properties": {"time": 1_767_268_000, "distinct_id": "ana",
         "$insert_id": "i-1"}}  # fmt: skip
UPDATE = {"$token": "web-key", "$distinct_id": "ana", "$set": {"plan": "pro"}}


async def post(collector, path, value, **headers):
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return await collector.client.send("POST", path, (body,), headers)


def codes(collector):
    return [(one.code, one.where, one.source) for one in collector.log.rejections]


async def test_measurement_events_are_stored_and_answered_with_nothing(collector):
    answer = await post(collector, MP, HIT)
    assert (answer.status, answer.body) == (204, b"")
    (event,) = collector.log.events
    assert (event.name, event.anonymous_id, event.source) == ("Signed In", "1.2", "web")


@pytest.mark.parametrize(
    ("path", "body", "code", "source"),
    [
        (MP, b"{", "not_json", "web"),
        (MP, {"client_id": "c"}, "no_events", "web"),
        (MP, {"client_id": "c", "events": [{}]}, "no_event", "web"),
        ("/mp/collect", HIT, "unknown_write_key", "unknown"),
        ("/mp/collect?api_secret=no", HIT, "unknown_write_key", "unknown"),
    ],
)
async def test_measurement_errors_are_quarantined_behind_204(collector, path, body, code, source):
    answer = await post(collector, path, body)
    assert answer.status == 204
    assert [(one[0], one[2]) for one in codes(collector)] == [(code, source)]
    assert collector.log.events == []


async def test_the_debug_door_tells_and_stores_nothing(collector):
    answer = await post(collector, "/debug/mp/collect", HIT)
    assert (answer.status, json.loads(answer.body)) == (200, {"validationMessages": []})
    body = {"client_id": "c", "events": [{"name": "_x"}, {"name": "y", "params": []}]}
    told = json.loads((await post(collector, "/debug/mp/collect", body)).body)
    assert [(one["fieldPath"], one["validationCode"]) for one in told["validationMessages"]] == [
        ("events[0].name", "NAME_INVALID"), ("events[1].params", "VALUE_INVALID"),
    ]  # fmt: skip
    assert collector.log.groups == []
    for body in (b"{", b"\xff", b""):
        told = json.loads((await post(collector, "/debug/mp/collect", body)).body)
        assert [one["validationCode"] for one in told["validationMessages"]] == ["VALUE_INVALID"]


@pytest.mark.parametrize("verbose", [False, True])
@pytest.mark.parametrize("form", ["json", "list", "data", "base64"])
async def test_mixpanels_track_takes_json_and_forms(collector, form, verbose):
    text = json.dumps([SALE] if form == "list" else SALE)
    headers = {}
    if form == "data":
        text = "data=" + quote_plus(text)
    elif form == "base64":
        text = "data=" + quote_plus(base64.b64encode(text.encode()).decode()) + "&verbose=1"
    if form in ("data", "base64"):
        headers["content_type"] = "application/x-www-form-urlencoded"
    path = "/track/?verbose=1" if verbose else "/track"
    answer = await post(collector, path, text.encode(), **headers)
    assert answer.status == 200
    assert answer.body == (b'{"error":"","status":1}' if verbose else b"1")
    assert [event.user_id for event in collector.log.events] == ["ana"]


async def test_mixpanels_track_says_one_when_any_event_is_good(collector):
    answer = await post(collector, "/track?verbose=1", [SALE, {"event": "x"}])
    told = json.loads(answer.body)
    assert told["status"] == 1
    assert "properties" in told["error"]
    assert len(collector.log.events) == 1
    assert codes(collector) == [("bad_type", "[1].properties", "web")]


async def test_mixpanels_track_says_zero_when_none_is(collector):
    bad = {"event": "Sale", "properties": {"token": "web-key"}}
    assert (await post(collector, "/track", bad)).body == b"0"
    assert (await post(collector, "/track", b"data=%7B")).body == b"0"
    told = json.loads((await post(collector, "/track?verbose=1", bad)).body)
    assert (told["status"], "distinct_id" in told["error"]) == (0, True)
    assert (await post(collector, "/track?img=1", bad)).headers["content-type"] == "image/gif"


async def test_an_unknown_token_is_a_401(collector):
    stranger = {"event": "x", "properties": {"token": "no", "distinct_id": "a"}}
    answer = await post(collector, "/track", stranger)
    assert (answer.status, json.loads(answer.body)["status"]) == (401, "error")
    assert codes(collector) == [("unknown_write_key", "", "unknown")]
    answer = await post(collector, "/import", [TIMED])
    assert answer.status == 401
    assert json.loads(answer.body) == {
        "code": 401, "error": "Invalid credentials", "status": "Unauthorized"}  # fmt: skip


async def test_a_request_has_one_token(collector):
    other = {"event": "x", "properties": {"token": "server-key", "distinct_id": "a"}}
    assert (await post(collector, "/track", [SALE, other])).body == b"1"
    assert codes(collector) == [("other_token", "[1].token", "web")]


async def test_mixpanels_import_takes_what_is_valid_and_names_the_rest(collector):
    late = {"event": "Sale", "properties": {"distinct_id": "ana", "$insert_id": "i-2"}}
    login = {"authorization": LOGIN}
    answer = await post(collector, "/import?strict=1&project_id=1", [TIMED, late], **login)
    assert answer.status == 400
    assert json.loads(answer.body) == {
        "code": 400,
        "error": "some data points in the request failed validation",
        "failed_records": [
            {"index": 1, "insert_id": "i-2", "field": "properties.time",
             "message": "'properties.time' is required"},
        ],
        "num_records_imported": 1,
        "status": "Bad Request",
    }  # fmt: skip
    assert len(collector.log.events) == 1
    # Without `strict` an event may lack what only Mixpanel needs.
    answer = await post(collector, "/import", [TIMED, late], **login)
    assert json.loads(answer.body) == {"code": 200, "num_records_imported": 2, "status": "OK"}


async def test_mixpanels_import_takes_lines_and_says_what_is_too_large(collector):
    login = {"authorization": LOGIN, "content_type": "application/x-ndjson"}
    lines = "\n".join([json.dumps(TIMED)] * 2).encode()
    assert (await post(collector, "/import?strict=1", lines, **login)).status == 200
    answer = await post(collector, "/import", b"x" * ((2 << 20) + 1), **login)
    assert answer.status == 413
    assert json.loads(answer.body)["error"] == "request exceeds max limit of 2097152 bytes"
    assert answer.headers["connection"] == "close"
    assert (await post(collector, "/import", b"[", **login)).status == 400


async def test_mixpanels_profiles_are_traits(collector):
    answer = await post(collector, "/engage?verbose=1", [UPDATE])
    assert answer.body == b'{"error":"","status":1}'
    (event,) = collector.log.events
    assert (event.type, event.user_id, event.traits) == ("identify", "ana", {"plan": "pro"})
    more = UPDATE | {"$add": {"n": 1}}
    assert (await post(collector, "/engage", [more])).body == b"0"
    assert codes(collector) == [("unsupported_operator", "[0].$add", "web")]


DOORS = [
    (MP, HIT),
    ("/track", SALE),
    ("/engage", UPDATE),
    ("/import", [{"event": "Sale", "properties": SALE["properties"]}]),
]


@pytest.mark.parametrize(("path", "body"), DOORS)
async def test_what_cannot_be_stored_is_a_no_for_now(make, path, body):
    collector = make()
    collector.log.error = OSError(errno.ENOSPC, "full")
    answer = await post(collector, path, body)
    assert (answer.status, answer.headers["retry-after"]) == (503, "30")
    collector = make(limits=Limits(requests_max=0))
    answer = await post(collector, path, body)
    assert (answer.status, answer.headers["retry-after"]) == (429, "2")
    assert collector.log.groups == []


@pytest.mark.parametrize(("path", "body"), DOORS)
async def test_an_event_of_nobody_is_refused_at_every_door(make, path, body):
    collector = make(names_somebody=lambda _: False)
    await post(collector, path, body)
    assert [one[0] for one in codes(collector)] == ["nobody_named"]
    assert collector.log.events == []


PLANNED = [
    ("/v1/track", {"writeKey": "web-key", "userId": "ana", "event": "Sale",
                   "properties": {"n": "many"}}, "properties.n"),
    (MP, {"client_id": "c", "events": [{"name": "Sale", "params": {"n": "many"}}]},
     "events[0].params.n"),
    ("/track", {"event": "Sale", "properties": SALE["properties"] | {"n": "many"}},
     "[0].properties.n"),
    ("/import", [{"event": "Sale", "properties": SALE["properties"] | {"n": "many"}}],
     "[0].properties.n"),
    ("/engage", UPDATE | {"$set": {"age": "old"}}, "[0].$set.age"),
]  # fmt: skip


def planned(choice):
    names = Names()
    rules = Rules(
        {"Sale": {"n": Declared("integer")}}, {"age": Declared("integer")},
        unplanned="quarantine", on_violation=choice,
    )  # fmt: skip
    return Parser(names, Planned(rules, names))


@pytest.mark.parametrize(("path", "body", "where"), PLANNED)
async def test_the_tracking_plan_holds_at_every_door(make, path, body, where):
    collector = make(parser=planned("quarantine"))
    await post(collector, path, body)
    assert codes(collector) == [("violation", where, "web")]
    assert collector.log.events == []
    collector = make(parser=planned("drop_field"))
    await post(collector, path, body)
    (event,) = collector.log.events
    assert event.flags[-1] == "violation"
    assert not {"n", "age"} & (event.properties.keys() | event.traits.keys())


async def test_the_tracking_plan_holds_for_the_pixel(make):
    collector = make(parser=planned("quarantine"))
    query = "writeKey=web-key&userId=ana&event=Sale&properties.n=many"
    assert (await collector.client.send("GET", f"/v1/pixel/track?{query}")).status == 200
    assert codes(collector) == [("violation", "properties.n", "web")]


async def test_other_methods_are_told_which_to_use(collector):
    for path in ("/track", "/import", "/engage", "/mp/collect"):
        answer = await collector.client.send("GET", path)
        assert (answer.status, json.loads(answer.body)["message"]) == (405, f"{path} takes POST")
        assert (await collector.client.send("OPTIONS", path)).status == 204
    assert (await post(collector, "/v1/pixel/track", b"")).status == 405
