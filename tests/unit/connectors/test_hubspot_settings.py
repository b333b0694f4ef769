"""HubSpot's settings, names and limits as a project writes them."""

from __future__ import annotations

import msgspec
import pytest

from ebbline.connectors import Response, Setup, check
from ebbline.connectors.hubspot import HUBSPOT
from ebbline.connectors.hubspot.values import read, written
from ebbline.definitions.plan import SyncDef
from ebbline.delivery import Address, Feed, Item, Send, Value
from ebbline.profiles.graph import Identifier
from tests.unit.connectors.test_hubspot_law import START_MS

GOOD = {"token": "env:HUBSPOT_TOKEN"}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"endpoint": "https://api-eu1.hubapi.com", "identify": {"user_id": "shop_id"}},
        {"requests_per_10_seconds": 190, "requests_a_day": 625_000, "utc_offset_hours": -5},
        {"create_properties": False, "create_lists": False, "batch_size": 1},
    ],
)
def test_good(more):
    assert check("hubspot", GOOD | more) == ()


@pytest.mark.parametrize(
    ("settings", "where", "says"),
    [
        ({}, "", "It needs `token`"),
        ({"token": "pat-na1-1"}, "token", "must name a secret"),
        (GOOD | {"identify": {}}, "identify", "length >= 1"),
        (GOOD | {"identify": {"user_id": "Shop ID"}}, "identify.user_id", 'like "shop_id"'),
        (GOOD | {"endpoint": "http://api.hubapi.com"}, "endpoint", "use https"),
        (GOOD | {"batch_size": 101}, "batch_size", "<= 100"),
        (GOOD | {"requests_per_10_seconds": 251}, "requests_per_10_seconds", "<= 250"),
        (GOOD | {"utc_offset_hours": 15}, "utc_offset_hours", "<= 14"),
        (GOOD | {"tokn": "env:X"}, "tokn", 'did you mean "token"'),
    ],
)
def test_bad(settings, where, says):
    (problem,) = check("hubspot", settings)
    assert where in problem.where
    assert says in problem.message


@pytest.mark.parametrize(
    ("field", "mode", "says"),
    [
        ("vip", "", ""),
        ("Vip", "attribute", 'like "vip"'),
        ("7days", "", "a letter first"),
        ("email", "", "who is meant"),
        ("hs_object_id", "", "who is meant"),
        ("High intent / 1", "list", ""),
        (" x", "list", "without spaces around"),
        ("pe123_high_intent", "event", ""),
        ("high_intent", "event", "full name"),
        ("vip", "trigger", "has no mode trigger"),
    ],
)
def test_names(field, mode, says):
    problems = check("hubspot", GOOD, [SyncDef(field, audience="vip", mode=mode)])
    assert [problem.where for problem in problems] == [f"sync.{field}"] * bool(says)
    assert all(says in problem.message for problem in problems)


def settings_of(**more):
    return HUBSPOT.read_settings({"token": "t", **more})


def test_the_preferred_identifier_is_the_address():
    ana = (Identifier("user_id", "u-7", "m", 0), Identifier("email", "ana@x.org", "m", 0))
    assert HUBSPOT.address(ana, settings_of()) == Address("email", "ana@x.org")
    both = settings_of(identify={"user_id": "shop_id", "email": "email"})
    assert HUBSPOT.address(ana, both) == Address("shop_id", "u-7")
    assert HUBSPOT.address(ana[1:], both) == Address("email", "ana@x.org")
    assert HUBSPOT.address(ana[:1], settings_of()) is None


@pytest.mark.parametrize("allowed", [1, 5, 30, 100, 190, 250])
def test_no_ten_seconds_hold_more_requests_than_allowed(allowed):
    limits = HUBSPOT.limits(settings_of(requests_per_10_seconds=allowed))
    accrued = 10_000 * limits.requests / limits.window_ms
    assert allowed * 0.85 - 1 <= limits.requests + accrued <= max(allowed, 2)


def test_the_day_begins_at_midnight_of_the_account():
    assert HUBSPOT.limits(settings_of(utc_offset_hours=-5)).day_offset_ms == 5 * 3_600_000
    assert HUBSPOT.limits(settings_of(utc_offset_hours=1)).day_offset_ms == 23 * 3_600_000
    assert settings_of(utc_offset_hours=1).next_day_ms(START_MS) == START_MS + 23 * 3_600_000


def test_events_told_one_by_one_leave_in_small_requests():
    feed = Feed("pe1_hot", "audience", "audience:hot", mode="event", every=True)
    limits = HUBSPOT.limits(settings_of())
    route = HUBSPOT.route(Address("email", "a@x.org"), "", feed, True, settings_of())
    assert (route, limits.objects(route)) == ("each:pe1_hot", 5)
    once = msgspec.structs.replace(feed, every=False)
    route = HUBSPOT.route(Address("email", "a@x.org"), "", once, True, settings_of())
    assert (route, limits.objects(route)) == ("event:pe1_hot", 100)
    assert limits.objects("erase") == 1


def test_somebody_known_only_by_hubspot_is_looked_for_and_not_made():
    feed = Feed("Hot", "audience", "audience:hot", mode="list")
    who = Address("hs_object_id", "51")
    assert HUBSPOT.route(who, "", feed, True, settings_of()) == "find:hs_object_id"
    assert HUBSPOT.route(who, "51", feed, True, settings_of()) == "list:add:Hot"
    value = Value("Hot", "audience", True, 1, 0, 0, mode="list")
    send = Send(1, "shop", (Item(who, (value,)),), 0, route="find:hs_object_id")
    setup = Setup(settings_of())
    there = Response(200, {}, b'{"results":[{"id":"51","properties":{}}]}')
    reply = HUBSPOT.classify(send, there, setup, 0)
    assert (reply.outcomes[0].verdict, reply.handles) == ("again", ("51",))
    gone = Response(207, {}, b'{"results":[],"errors":[{"category":"OBJECT_NOT_FOUND"}]}')
    assert HUBSPOT.classify(send, gone, setup, 0).outcomes[0].verdict == "refused"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("audience", True), ("audience", False), ("boolean", None), ("number", -3),
        ("number", 82.5), ("number", 1e-9), ("number", 1e21), ("timestamp", START_MS + 123),
        ("timestamp", -1), ("list", ["a", "b"]), ("text", "mug"), ("text", None),
    ],
)  # fmt: skip
def test_what_is_written_is_read_back(kind, value):
    assert read(kind, written(kind, value)) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "nan?"), ("timestamp", "soon"), ("timestamp", "2026-01-01"), ("audience", "1")],
)
def test_what_cannot_be_read_stays_text(kind, text):
    assert read(kind, text) == text


def test_objects_are_json():
    assert written("any", {"a": [1]}) == '{"a":[1]}'
    assert read("any", 7) == 7
