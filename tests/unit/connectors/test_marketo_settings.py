"""Marketo's settings, names and limits as a project writes them."""

from __future__ import annotations

import msgspec
import pytest

from ebbline.connectors import Response, Setup, check
from ebbline.connectors.marketo import MARKETO
from ebbline.connectors.marketo.classify import next_day_ms
from ebbline.connectors.marketo.values import read, written
from ebbline.definitions.plan import SyncDef
from ebbline.delivery import Address, Feed, Item, Send, Value
from ebbline.profiles.graph import Identifier

START_MS = 1_767_225_600_000
GOOD = {
    "endpoint": "https://123-ABC-456.mktorest.com", "client_id": "env:MARKETO_ID",
    "client_secret": "env:MARKETO_SECRET",
}  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"client_id": "a-b-c", "endpoint": "https://123-ABC-456.mktorest.com/rest"},
        {"identify": {"user_id": "shopId", "email": "email"}, "partition": "EU"},
        {"list_folder": 27, "list_folder_type": "Program", "member_token": "{{my.member}}"},
        {"requests_per_20_seconds": 100, "requests_a_day": 10_000, "concurrent_requests": 10},
        {"batch_size": 1, "linger_seconds": 0.5},
    ],
)
def test_good(more):
    assert check("marketo", GOOD | more) == ()


@pytest.mark.parametrize(
    ("more", "where", "says"),
    [
        ({"client_secret": "abc"}, "client_secret", "must name a secret"),
        ({"endpoint": "123-ABC-456.mktorest.com"}, "endpoint", "web address"),
        ({"identify": {"user_id": "shop id"}}, "identify.user_id", "REST API name"),
        ({"member_token": "member"}, "member_token", "{{my.member}}"),
        ({"list_folder_type": "Shelf"}, "list_folder_type", "Invalid enum value"),
        ({"batch_size": 301}, "batch_size", "<= 300"),
        ({"requests_per_20_seconds": 101}, "requests_per_20_seconds", "<= 100"),
        ({"concurrent_requests": 11}, "concurrent_requests", "<= 10"),
        ({"linger_seconds": 3_601}, "linger_seconds", "<= 3600"),
        ({"folder": 27}, "folder", "There is no setting"),
    ],
)
def test_bad(more, where, says):
    (problem,) = check("marketo", GOOD | more)
    assert problem.where == where
    assert says in problem.message


@pytest.mark.parametrize(
    ("field", "mode", "says"),
    [
        ("segmentHighIntent", "", ""),
        ("segment high", "attribute", "REST API name"),
        ("email", "", "who is meant"),
        ("id", "", "who is meant"),
        ("High intent", "list", ""),
        ("1001", "list", ""),
        ("", "list", "name without spaces"),
        (" welcome", "trigger", "campaign has a name"),
        ("vip", "event", "has no mode event"),
    ],
)
def test_names(field, mode, says):
    problems = check("marketo", GOOD, [SyncDef(field, audience="vip", mode=mode)])
    assert [problem.where for problem in problems] == [f"sync.{field}"] * bool(says)
    assert all(says in problem.message for problem in problems)


def settings_of(**more):
    return MARKETO.read_settings(GOOD | more)


def test_the_preferred_identifier_is_the_address():
    ana = (Identifier("user_id", "u-7", "m", 0), Identifier("email", "ana@x.org", "m", 0))
    assert MARKETO.address(ana, settings_of()) == Address("email", "ana@x.org")
    both = settings_of(identify={"user_id": "shopId", "email": "email"})
    assert MARKETO.address(ana, both) == Address("shopId", "u-7")
    assert MARKETO.address(ana[:1], settings_of()) is None


@pytest.mark.parametrize("allowed", [1, 5, 20, 50, 100])
def test_no_twenty_seconds_hold_more_calls_than_allowed(allowed):
    limits = MARKETO.limits(settings_of(requests_per_20_seconds=allowed))
    accrued = 20_000 * limits.requests / limits.window_ms
    assert allowed * 0.85 - 1 <= limits.requests + accrued <= max(allowed, 2)


def test_the_documented_limits_are_the_usual_ones():
    limits = MARKETO.limits(settings_of())
    assert (limits.objects_max, limits.objects("trigger:welcome"), limits.concurrency) == (
        300,
        100,
        5,
    )
    assert (limits.requests_a_day, limits.day_offset_ms) == (50_000, 6 * 3_600_000)
    assert (limits.bytes_max, limits.linger_ms) == (1_000_000, 10_000)
    assert MARKETO.limits(settings_of(batch_size=20)).objects("trigger:welcome") == 20


@pytest.mark.parametrize("passed_ms", [0, 1, 6 * 3_600_000 - 1])
def test_the_day_ends_at_midnight_cst(passed_ms):
    assert next_day_ms(START_MS + passed_ms) == START_MS + 6 * 3_600_000
    assert next_day_ms(START_MS + 6 * 3_600_000) == START_MS + 30 * 3_600_000


def test_a_campaign_gets_one_value_of_its_token_in_a_call():
    feed = Feed("welcome", "audience", "audience:vip", mode="trigger")
    who = Address("email", "a@x.org")
    routes = {MARKETO.route(who, "50", feed, value, settings_of()) for value in (True, False)}
    assert routes == {"trigger:welcome"}
    told = settings_of(member_token="{{my.member}}")
    routes = {MARKETO.route(who, "50", feed, value, told) for value in (True, False)}
    assert routes == {"trigger:welcome:true", "trigger:welcome:false"}


def test_a_value_with_a_comma_cannot_be_looked_up():
    value = Value("Hot", "audience", False, 1, 0, 0, mode="list")
    send = Send(1, "shop", (Item(Address("shopId", "a,b"), (value,)),), 0, route="find:shopId")
    nobody = Response(200, {}, msgspec.json.encode({"success": True, "result": []}))
    (outcome,) = MARKETO.classify(send, nobody, Setup(settings_of()), 0).outcomes
    assert (outcome.verdict, "comma" in outcome.reason) == ("refused", True)


def test_the_token_is_in_no_line():
    """Every request that is made, in any mode, has it in the header alone."""
    setup = Setup(settings_of(), token="t-1:int", ids={"Hot": "1001", "welcome": "1047"})
    value = Value("Hot", "audience", True, 1, 0, 0)
    for route in ("leads:email", "handle:email", "find:email", "list:add:Hot", "list:remove:Hot",
                  "erase"):  # fmt: skip
        item = Item(Address("email", "a@x.org"), (value,), "50")
        request = MARKETO.encode(Send(1, "shop", (item,), 0, route=route), setup)
        assert dict(request.headers)["Authorization"] == "Bearer t-1:int"
        assert "t-1" not in request.url + request.body.decode()


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("audience", True), ("audience", False), ("boolean", None), ("number", -3),
        ("number", 82.5), ("timestamp", START_MS), ("timestamp", -1_000), ("list", ["a", "b"]),
        ("text", "mug"), ("text", None),
    ],
)  # fmt: skip
def test_what_is_written_is_read_back(kind, value):
    assert read(kind, written(kind, value)) == value


@pytest.mark.parametrize(
    ("kind", "held", "value"),
    [
        ("timestamp", "2026-01-01T00:00:00-0600", START_MS + 6 * 3_600_000),
        ("timestamp", "soon", "soon"),
        ("timestamp", "2026-01-01", "2026-01-01"),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("number", "82.5", 82.5),
        ("number", "many", "many"),
        ("audience", "perhaps", "perhaps"),
    ],
)
def test_what_marketo_says_in_other_ways(kind, held, value):
    assert read(kind, held) == value
