"""The Marketing Cloud sandbox by the documented contract."""

from __future__ import annotations

import pytest

from ebbline.connectors.sfmc.sandbox import sfmc_sandbox
from ebbline.connectors.sfmc.sandbox.tenant import TOKEN_MS
from tests.unit.connectors.asgi import Door

CLIENT = {"client_id": "sandbox-client", "client_secret": "sandbox-secret"}
TOKEN = {"grant_type": "client_credentials", **CLIENT}
SAVE = "/hub/v1/dataevents/key:Audiences/rowset"
READ = "/data/v1/customobjectdata/key/Audiences/rowset"
ROW = {"keys": {"SubscriberKey": "ana"}, "values": {"HighIntent": True}}


@pytest.fixture
async def door():
    made = Door(sfmc_sandbox, requests=60)
    _, _, body = await made.ask("POST", "/v2/token", TOKEN)
    made.token = body["access_token"]
    made.tenant = made.app.vendor
    return made


async def ask(door, method, path, content=None, token=None):
    bearer = f"Bearer {token or door.token}"
    body = b"" if content is None else content
    return await door.ask(method, path, body, authorization=bearer)


async def test_a_token_lives_for_twenty_minutes(door):
    status, _, body = await door.ask("POST", "/v2/token", TOKEN)
    assert (status, body["expires_in"], body["token_type"]) == (200, 1_079, "Bearer")
    assert (await ask(door, "POST", SAVE, [ROW]))[0] == 200
    door.now_ms += TOKEN_MS
    assert (await ask(door, "POST", SAVE, [ROW]))[0] == 401
    assert (await ask(door, "POST", SAVE, [ROW], token="other"))[0] == 401
    status, _, body = await door.ask("POST", "/v2/token", TOKEN | {"client_secret": "x"})
    assert (status, body["error"]) == (401, "invalid_client")


async def test_rows_are_upserted_by_their_key(door):
    await ask(door, "POST", SAVE, [ROW])
    more = {"keys": ROW["keys"], "values": {"Score": 7.5, "Name": None}}
    status, _, body = await ask(door, "POST", SAVE, [more])
    assert (status, body) == (200, [more])
    assert door.tenant.extension.rows == {"ana": {"HighIntent": True, "Score": 7.5, "Name": None}}
    _, _, body = await ask(door, "GET", "/sandbox/users")
    assert body["count"] == 1


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([], "1 to 50 rows"),
        ([ROW] * 51, "1 to 50 rows"),
        ([{"keys": {}, "values": {}}], "primary key SubscriberKey"),
        ([{"keys": ROW["keys"]}], "keys and values"),
        (["x"], "keys and values"),
        ({}, "1 to 50 rows"),
        ([ROW | {"values": {"Other": 1}}], "Other is not a field"),
        ([ROW | {"values": {"HighIntent": "true"}}], "HighIntent must be a Boolean"),
        ([ROW | {"values": {"Score": True}}], "Score must be a Number"),
        ([ROW | {"values": {"Seen": "soon"}}], "Seen must be a Date"),
        ([ROW | {"values": {"Name": "x" * 4_001}}], "Name must be a Text"),
    ],
)
async def test_rows_that_cannot_be_saved(door, rows, says):
    door.tenant.extension.columns = {"HighIntent": "Boolean", "Score": "Number", "Seen": "Date",
                                     "Name": "Text"}  # fmt: skip
    status, _, body = await ask(door, "POST", SAVE, rows)
    assert (status, body["errorcode"]) == (400, 10006)
    assert says in body["additionalErrors"][0]["message"]
    assert door.tenant.extension.rows == {}


async def test_rows_that_are_locked_say_so_without_further_errors(door):
    door.tenant.locked = 1
    status, _, body = await ask(door, "POST", SAVE, [ROW])
    assert (status, body["errorcode"], "additionalErrors" in body) == (400, 10006, False)
    assert (await ask(door, "POST", SAVE, [ROW]))[0] == 200


async def test_journeys_are_entered_by_events(door):
    event = {"ContactKey": "ana", "EventDefinitionKey": "APIEvent-1", "Data": {}}
    status, _, body = await ask(door, "POST", "/interaction/v1/events", event)
    assert (status, body) == (201, {"eventInstanceId": "event-1"})
    assert (await ask(door, "POST", "/interaction/v1/events", {}))[0] == 400
    door.tenant._events = {"APIEvent-2"}
    assert (await ask(door, "POST", "/interaction/v1/events", event))[0] == 404
    _, _, body = await ask(door, "GET", "/sandbox/entries")
    assert body == {"count": 1, "entries": [event]}


async def test_contacts_are_forgotten(door):
    await ask(door, "POST", SAVE, [ROW])
    path = "/contacts/v1/contacts/actions/delete"
    content = {"values": ["ana"], "DeleteOperationType": "ContactAndAttributes"}
    assert (await ask(door, "POST", path, content))[0] == 200
    assert door.tenant.extension.rows == {}
    assert (await ask(door, "POST", path, {"values": ["ana"]}))[0] == 400


async def test_what_is_not_there_or_too_much(door):
    assert (await ask(door, "POST", SAVE.replace("Audiences", "Other"), [ROW]))[0] == 404
    assert (await ask(door, "GET", READ.replace("Audiences", "Other")))[0] == 404
    assert (await ask(door, "GET", "/elsewhere"))[0] == 404
    assert (await ask(door, "POST", SAVE, b"{"))[0] == 400
    assert (await ask(door, "GET", READ))[2]["items"] == []
    statuses = [(await ask(door, "GET", READ))[0] for _ in range(60)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    door.now_ms += 1_000
    assert (await ask(door, "GET", READ))[0] == 200
    await door.ask("POST", "/sandbox/reset")
    assert door.tenant.extension.rows == {}
    assert door.tenant.views("nothing", {}) is None
