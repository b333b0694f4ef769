"""The Braze sandbox by the documented contract."""

from __future__ import annotations

import pytest

from ebbline.connectors.braze.sandbox import braze_sandbox
from tests.unit.connectors.asgi import Door

ANA = {"external_id": "ana", "vip": True}


@pytest.fixture
def door():
    return Door(braze_sandbox, key="k", objects_max=50, requests=3)


async def track(door, *attributes, key="k", **arrays):
    content = {"attributes": list(attributes)} if attributes else {}
    return await door.ask("POST", "/users/track", content | arrays, authorization=f"Bearer {key}")


async def users(door, query=""):
    _, _, body = await door.ask("GET", f"/sandbox/users{query}")
    return body["users"]


async def test_success(door):
    status, headers, body = await track(door, ANA, {"external_id": "bob", "vip": False})
    assert (status, body) == (201, {"message": "success", "attributes_processed": 2})
    assert headers["x-ratelimit-limit"] == "3"
    assert headers["x-ratelimit-remaining"] == "2"
    assert int(headers["x-ratelimit-reset"]) * 1000 == door.now_ms + 3_000
    assert await users(door, "?external_id=ana") == [
        {"external_id": "ana", "custom_attributes": {"vip": True}, "events": 0}
    ]


async def test_an_alias_is_created_only_on_request(door):
    alias = {"alias_name": "a1", "alias_label": "anonymous_id"}
    await track(door, {"user_alias": alias, "vip": True})
    assert await users(door) == []
    await track(door, {"user_alias": alias, "vip": True, "_update_existing_only": False})
    assert await users(door, "?alias_name=a1") == [
        {"user_alias": alias, "custom_attributes": {"vip": True}, "events": 0}
    ]
    await track(door, {"user_alias": alias, "vip": None})
    assert (await users(door))[0]["custom_attributes"] == {}


async def test_unknown_users_are_not_created_when_only_updates_are_wanted(door):
    await track(door, ANA | {"_update_existing_only": True})
    assert await users(door) == []


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ({"vip": True}, "is required"),
        ({"external_id": "null"}, "provided external_id is blacklisted and disallowed"),
        ({"external_id": 7}, "must be a string"),
        ({"user_alias": {"alias_name": "x"}}, "alias_label"),
        (ANA | {"email": "x"}, "The value provided for the 'email' field is not a valid email."),
        (ANA | {"gender": "X"}, "'gender'"),
        (ANA | {"dob": "1.2.1990"}, "'dob'"),
        (ANA | {"note": "x" * 256}, "too long"),
        (ANA | {"$x": 1}, "not a valid attribute name"),
        ("ana", "must be an object"),
    ],
)
async def test_partial_errors(door, item, says):
    status, _, body = await track(door, {"external_id": "bob", "vip": True}, item)
    assert (status, body["message"], body["attributes_processed"]) == (201, "success", 1)
    (error,) = body["errors"]
    assert (error["input_array"], error["index"]) == ("attributes", 1)
    assert says in error["type"]
    assert [user["external_id"] for user in await users(door)] == ["bob"]


async def test_events_and_purchases_are_counted_too(door):
    event = {"external_id": "ana", "name": "x", "time": "2026-01-01T00:00:00Z"}
    status, _, body = await track(door, ANA, events=[event, {"external_id": "ana"}])
    assert (status, body["events_processed"]) == (201, 1)
    assert body["errors"] == [{"type": "'name' is required", "input_array": "events", "index": 1}]
    assert (await users(door))[0]["events"] == 1


async def test_arrays_and_increments(door):
    await track(door, ANA | {"tags": {"add": ["a", "b"]}, "points": {"inc": 5}})
    await track(door, ANA | {"tags": {"add": ["c"], "remove": ["a"]}, "points": {"inc": -2}})
    held = (await users(door))[0]["custom_attributes"]
    assert held == {"vip": True, "tags": ["b", "c"], "points": 3}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "must be a JSON object"),
        (b"{}", "No attributes"),
        (b'{"attributes":{}}', "must be arrays"),
    ],
)
async def test_fatal(door, content, says):
    status, _, body = await door.ask("POST", "/users/track", content, authorization="Bearer k")
    assert status == 400
    assert says in body["message"]


@pytest.mark.parametrize("most", [50, 75])
async def test_too_many_objects(most):
    door = Door(braze_sandbox, key="k", objects_max=most)
    status, _, body = await track(door, *[ANA] * (most - 1), events=[{}, {}])
    assert (status, body["message"]) == (400, "Max Input Length Exceeded")
    assert (await track(door, *[ANA] * most))[0] == 201


async def test_keys_and_paths(door):
    assert (await track(door, ANA, key="other"))[0] == 401
    for method, path in [("POST", "/users/trak"), ("GET", "/users/track")]:
        assert (await door.ask(method, path, authorization="Bearer k"))[0] == 404
    assert (await door.ask("GET", "/sandbox/nothing"))[0] == 404


async def test_rate_limit(door):
    assert [(await track(door, ANA))[0] for _ in range(4)] == [201, 201, 201, 429]
    status, headers, _ = await track(door, ANA)
    assert (status, headers["x-ratelimit-remaining"]) == (429, "0")
    assert "retry-after" not in headers
    door.now_ms = int(headers["x-ratelimit-reset"]) * 1000
    assert (await track(door, ANA))[0] == 201


async def fault(door, *told):
    content = told[0] if len(told) == 1 else list(told)
    return await door.ask("POST", "/sandbox/faults", content)


async def test_faults(door):
    await fault(door, {"status": 500, "next": 1})
    assert (await track(door, ANA))[0] == 500
    assert await users(door) == []
    await fault(door, {"status": 503, "next": 1, "applied": True, "headers": {"retry-after": "9"}})
    status, headers, _ = await track(door, ANA)
    assert (status, headers["retry-after"]) == (503, "9")
    assert len(await users(door)) == 1
    assert (await track(door, ANA))[0] == 201


async def test_dropped_connections(door):
    await fault(door, {"drop": "before", "next": 1})
    assert (await track(door, ANA))[0] == 0
    assert await users(door) == []
    await fault(door, {"drop": "after", "next": 1})
    assert (await track(door, ANA))[0] == 0
    assert len(await users(door)) == 1


async def test_a_timeout_with_late_work(door):
    await fault(door, {"timeout": True, "late_ms": 7_000, "hold_ms": 60_000, "next": 1})
    assert (await track(door, ANA))[0] == 0
    assert door.slept == [0, 7, 53]
    assert len(await users(door)) == 1


async def test_chance_comes_from_a_seed(door):
    runs = []
    for _ in range(2):
        await fault(door, {"status": 500, "probability": 0.5, "seed": 3}, {"next": 0})
        runs.append([(await track(door, ANA))[0] == 500 for _ in range(40)])
    assert runs[0] == runs[1]
    assert 8 < sum(runs[0]) < 32
    await door.ask("DELETE", "/sandbox/faults")
    door.now_ms += 3_000
    assert (await track(door, ANA))[0] == 201


async def test_a_fault_that_makes_no_sense(door):
    for told in ({"stat": 500}, {"status": 99}, {"probability": 2}):
        status, _, body = await fault(door, told)
        assert status == 400
        assert body["error"]


async def test_the_log_of_requests(door):
    await track(door, ANA)
    await door.ask("POST", "/users/track", b"{", authorization="Bearer k")
    _, _, body = await door.ask("GET", "/sandbox/requests")
    first, second = body["requests"]
    assert body["received"] == 2
    assert first["body"] == {"attributes": [ANA]}
    assert first["headers"] == {"authorization": "***"}
    assert (first["status"], second["status"], second["body"]) == (201, 400, "{")
    await door.ask("POST", "/sandbox/reset")
    assert await users(door) == []


async def test_a_body_without_end(door):
    assert (await door.ask("POST", "/users/track", b" " * (5 << 20)))[0] == 413
