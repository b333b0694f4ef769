"""The HubSpot sandbox by the documented contract: limits, errors, batches, lists, events."""

from __future__ import annotations

import msgspec
import pytest

from ebbline.connectors import Request
from ebbline.connectors.hubspot.sandbox import ALL_SCOPES, Portal, hubspot_sandbox
from tests.unit.connectors.asgi import Door

NOW_MS = 1_767_225_600_000
UPSERT = "/crm/v3/objects/contacts/batch/upsert"
READ = "/crm/v3/objects/contacts/batch/read"
VIP = {
    "name": "vip", "label": "Vip", "groupName": "contactinformation",
    "type": "enumeration", "fieldType": "booleancheckbox",
    "options": [{"label": "True", "value": "true"}, {"label": "False", "value": "false"}],
}  # fmt: skip


@pytest.fixture
def portal():
    found = Portal("t", requests=20, requests_a_day=200, events={"pe1_hot": frozenset(["member"])})
    assert ask(found, "POST", "/crm/v3/properties/contacts", VIP)[0] == 201
    return found


def ask(portal, method, url, content=None, token="t", now_ms=NOW_MS):
    """The status and the body."""
    body = b"" if content is None else msgspec.json.encode(content)
    request = Request(method, url, (("authorization", f"Bearer {token}"),), body)
    response = portal.answer(request, now_ms)
    return response.status, msgspec.json.decode(response.body) if response.body else None


def contact(email, trace=None, **properties):
    found = {"id": email, "idProperty": "email", "properties": properties}
    return found if trace is None else found | {"objectWriteTraceId": trace}


def upsert(portal, *inputs):
    return ask(portal, "POST", UPSERT, {"inputs": list(inputs)})


def made(portal, *emails):
    """Ids of contacts."""
    _, body = upsert(portal, *(contact(email, email) for email in emails))
    found = {row["objectWriteTraceId"]: row["id"] for row in body["results"]}
    return [found[email] for email in emails]


def test_a_contact_is_made_once(portal):
    status, body = upsert(portal, contact("Ana@x.org", "0", vip="true"))
    (row,) = body["results"]
    assert (status, row["new"], row["objectWriteTraceId"]) == (200, True, "0")
    status, body = upsert(portal, contact("ana@x.org", vip=""))
    assert (body["results"][0]["id"], body["results"][0]["new"]) == (row["id"], False)
    assert portal.contacts.held == {row["id"]: {"email": "ana@x.org"}}


def test_one_bad_record_is_told_beside_the_good_ones(portal):
    status, body = upsert(portal, contact("ana@x.org", "0"), contact("nobody", "1"))
    assert (status, body["numErrors"], len(body["results"])) == (207, 1, 1)
    assert body["errors"][0]["context"] == {"objectWriteTraceId": ["1"]}


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ([contact("ana@x.org", "0"), contact("nobody", "1"), contact("none", "2")], "not valid"),
        ([contact("nobody")], "Email address nobody is invalid"),
        ([contact("ana@x.org"), contact("Ana@x.org")], "Duplicate IDs"),
        ([contact("ana@x.org", color="red")], 'Property "color" does not exist'),
        ([contact("ana@x.org", vip=True)], "must be a string"),
        ([contact("ana@x.org", vip="yes")], "allowed options"),
        ([{"id": "ana@x.org", "idProperty": "firstname", "properties": {}}], "not a unique"),
        ([{"id": "77", "properties": {}}], "No CONTACT with id 77"),
        ([{"properties": {}}], "id is required"),
        ([], "inputs are required"),
        ([contact(f"p{n}@x.org") for n in range(101)], "maximum number of inputs is 100"),
    ],
)
def test_a_batch_that_is_refused_does_nothing(portal, inputs, says):
    status, body = upsert(portal, *inputs)
    assert (status, body["category"]) == (400, "VALIDATION_ERROR")
    assert says in body["message"]
    assert portal.contacts.held == {}


def test_a_hundred_contacts_are_taken(portal):
    assert upsert(portal, *(contact(f"p{n}@x.org") for n in range(100)))[0] == 200


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("number", "82.5", "many"),
        ("datetime", "2026-01-01T00:00:00.123Z", "yesterday"),
        ("datetime", "1767225600000", "1 January"),
    ],
)
def test_values_fit_their_properties(portal, kind, good, bad):
    new = {"name": "x", "label": "X", "groupName": "g", "type": kind, "fieldType": "text"}
    ask(portal, "POST", "/crm/v3/properties/contacts", new)
    assert upsert(portal, contact("ana@x.org", x=good))[0] == 200
    assert upsert(portal, contact("ana@x.org", x=bad))[0] == 400


@pytest.mark.parametrize(
    ("change", "status", "category"),
    [
        ({}, 409, "OBJECT_ALREADY_EXISTS"),
        ({"name": "Vip"}, 400, "VALIDATION_ERROR"),
        ({"name": "x", "type": "boolean"}, 400, "VALIDATION_ERROR"),
        ({"name": "x", "label": ""}, 400, "VALIDATION_ERROR"),
    ],
)
def test_properties_are_made_once_and_well(portal, change, status, category):
    found, body = ask(portal, "POST", "/crm/v3/properties/contacts", VIP | change)
    assert (found, body["category"]) == (status, category)


def test_a_unique_property_names_contacts_too(portal):
    new = {"name": "shop_id", "label": "Shop", "groupName": "g", "type": "string",
           "fieldType": "text", "hasUniqueValue": True}  # fmt: skip
    ask(portal, "POST", "/crm/v3/properties/contacts", new)
    by_shop = {"id": "u-7", "idProperty": "shop_id", "properties": {"email": "ana@x.org"}}
    upsert(portal, by_shop)
    _, body = upsert(portal, contact("ana@x.org", vip="true"))
    assert body["results"][0]["new"] is False
    assert body["results"][0]["properties"]["shop_id"] == "u-7"


def test_reading_names_who_is_missing(portal):
    upsert(portal, contact("ana@x.org", vip="true"))
    content = {"idProperty": "email", "properties": ["email", "vip"],
               "inputs": [{"id": "ana@x.org"}, {"id": "bob@x.org"}]}  # fmt: skip
    status, body = ask(portal, "POST", READ, content)
    assert (status, body["results"][0]["properties"]["vip"]) == (207, "true")
    assert body["errors"][0]["context"] == {"ids": ["bob@x.org"]}


def test_lists_by_name(portal):
    path = "/crm/v3/lists/object-type-id/0-1/name/High%20intent%2F1"
    assert ask(portal, "GET", path)[0] == 404
    new = {"name": "High intent/1", "objectTypeId": "0-1", "processingType": "MANUAL"}
    _, body = ask(portal, "POST", "/crm/v3/lists", new)
    assert ask(portal, "GET", path) == (200, body)
    assert ask(portal, "POST", "/crm/v3/lists", new)[0] == 400
    assert ask(portal, "POST", "/crm/v3/lists", new | {"processingType": "OTHER"})[0] == 400


@pytest.fixture
def listed(portal):
    """The path of a list."""
    new = {"name": "Hot", "objectTypeId": "0-1", "processingType": "MANUAL"}
    _, body = ask(portal, "POST", "/crm/v3/lists", new)
    return f"/crm/v3/lists/{body['list']['listId']}/memberships"


def test_members_come_and_go_and_missing_ids_are_told(portal, listed):
    ana, bob = made(portal, "ana@x.org", "bob@x.org")
    _, body = ask(portal, "PUT", f"{listed}/add", [ana, bob, "99"])
    assert body == {"recordsIdsAdded": [ana, bob], "recordIdsRemoved": [],
                    "recordIdsMissing": ["99"]}  # fmt: skip
    _, body = ask(portal, "PUT", f"{listed}/remove", [ana])
    assert body["recordIdsRemoved"] == [ana]
    both = {"recordIdsToAdd": [ana], "recordIdsToRemove": [bob]}
    _, body = ask(portal, "PUT", f"{listed}/add-and-remove", both)
    assert (body["recordsIdsAdded"], body["recordIdsRemoved"]) == ([ana], [bob])
    assert ask(portal, "PUT", f"{listed}/add", {"ids": [ana]})[0] == 400
    _, body = ask(portal, "GET", f"/crm/v3/lists/records/0-1/{ana}/memberships")
    assert [row["listId"] for row in body["results"]] == [listed.split("/")[4]]


def test_members_are_read_page_by_page(portal, listed):
    people = made(portal, *(f"p{n}@x.org" for n in range(5)))
    ask(portal, "PUT", f"{listed}/add", people)
    seen, query = [], "?limit=2"
    for _ in range(3):
        _, body = ask(portal, "GET", listed + query)
        seen += [row["recordId"] for row in body["results"]]
        query = f"?limit=2&after={body.get('paging', {}).get('next', {}).get('after')}"
    assert (seen, "paging" in body) == (people, False)
    for query in ("?limit=251", "?limit=x", "?limit=2&after=x"):
        assert ask(portal, "GET", listed + query)[0] == 400


def test_a_dynamic_list_and_a_missing_one_cannot_be_written(portal):
    new = {"name": "Own", "objectTypeId": "0-1", "processingType": "DYNAMIC"}
    _, body = ask(portal, "POST", "/crm/v3/lists", new)
    path = f"/crm/v3/lists/{body['list']['listId']}/memberships/add"
    assert ask(portal, "PUT", path, ["1"])[0] == 400
    assert ask(portal, "PUT", "/crm/v3/lists/77/memberships/add", ["1"])[0] == 404


@pytest.mark.parametrize("path", ["batch/archive", "gdpr-delete"])
def test_who_is_removed_is_in_no_list(portal, listed, path):
    (ana,) = made(portal, "ana@x.org")
    ask(portal, "PUT", f"{listed}/add", [ana])
    content = {"inputs": [{"id": ana}]}
    if path == "gdpr-delete":
        content = {"objectId": "ana@x.org", "idProperty": "email"}
    assert ask(portal, "POST", f"/crm/v3/objects/contacts/{path}", content) == (204, None)
    assert ask(portal, "GET", listed)[1] == {"results": []}
    assert made(portal, "ana@x.org") != [ana]


def test_forgetting_nobody(portal):
    content = {"objectId": "ana@x.org", "idProperty": "email"}
    assert ask(portal, "POST", "/crm/v3/objects/contacts/gdpr-delete", content)[0] == 404


def test_an_event_counts_once_by_its_id(portal):
    event = {"eventName": "pe1_hot", "email": "ana@x.org", "uuid": "u1"}
    send = {"inputs": [event, event | {"uuid": "u2", "properties": {"member": "true"}}]}
    for _ in range(2):
        assert ask(portal, "POST", "/events/v3/send/batch", send) == (204, None)
    assert ask(portal, "POST", "/events/v3/send", event | {"uuid": "u3"}) == (204, None)
    assert sorted(portal.events.told) == ["u1", "u2", "u3"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"eventName": "pe1_other"}, 404),
        ({"properties": {"color": "red"}}, 400),
        ({"email": ""}, 400),
        ({"objectId": "77"}, 400),
    ],
)
def test_a_bad_event_refuses_the_batch(portal, change, status):
    good = {"eventName": "pe1_hot", "email": "ana@x.org"}
    inputs = {"inputs": [good, good | change]}
    assert ask(portal, "POST", "/events/v3/send/batch", inputs)[0] == status
    assert portal.events.told == {}


def test_more_than_500_events(portal):
    inputs = {"inputs": [{"eventName": "pe1_hot", "email": "a@x.org"}] * 501}
    assert ask(portal, "POST", "/events/v3/send/batch", inputs)[0] == 400


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("crm.objects.contacts.write", "POST", UPSERT),
        ("crm.objects.contacts.read", "POST", READ),
        ("crm.schemas.contacts.write", "POST", "/crm/v3/properties/contacts"),
        ("crm.lists.read", "GET", "/crm/v3/lists/12/memberships"),
        ("crm.lists.write", "PUT", "/crm/v3/lists/12/memberships/add"),
        ("analytics.behavioral_events.send", "POST", "/events/v3/send"),
    ],
)
def test_a_missing_scope_is_named(scope, method, path):
    portal = Portal("t", scopes=ALL_SCOPES - {scope})
    status, body = ask(portal, method, path, {})
    assert (status, body["category"]) == (403, "MISSING_SCOPES")
    assert body["errors"][0]["context"] == {"requiredGranularScopes": [scope]}
    _, body = ask(portal, "POST", "/oauth/v2/private-apps/get/access-token-info", {"tokenKey": "t"})
    assert set(body["scopes"]) == ALL_SCOPES - {scope}


def test_tokens_paths_and_bodies(portal):
    status, body = ask(portal, "POST", UPSERT, {}, token="other")
    assert (status, body["category"]) == (401, "INVALID_AUTHENTICATION")
    for method, path in [("GET", UPSERT), ("POST", "/crm/v3/objects/deals"), ("PATCH", "/x")]:
        assert ask(portal, method, path)[0] == 404
    broken = Request("POST", UPSERT, (("authorization", "Bearer t"),), b"{")
    assert portal.answer(broken, NOW_MS).status == 400


def test_the_window_rolls(portal):
    for n in range(19):
        assert ask(portal, "POST", READ, {}, now_ms=NOW_MS + n)[0] == 400
    status, body = ask(portal, "POST", READ, {}, now_ms=NOW_MS + 9_999)
    assert (status, body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    assert ask(portal, "POST", READ, {}, now_ms=NOW_MS + 10_000)[0] == 400
    assert portal.turned_away == 1


def test_the_day_ends(portal):
    at_ms = NOW_MS
    for _ in range(199):
        at_ms += 1_000
        assert ask(portal, "POST", READ, {}, now_ms=at_ms)[0] == 400
    status, body = ask(portal, "POST", READ, {}, now_ms=at_ms + 1_000)
    assert (status, body["policyName"], body["errorType"]) == (429, "DAILY", "RATE_LIMIT")
    assert ask(portal, "POST", READ, {}, now_ms=NOW_MS + 86_400_000)[0] == 400


async def test_behind_a_door():
    door = Door(hubspot_sandbox, token="t", requests=3)
    content = {"inputs": [contact("ana@x.org")]}
    status, headers, _ = await door.ask("POST", UPSERT, content, authorization="Bearer t")
    assert (status, headers["x-hubspot-ratelimit-remaining"]) == (200, "2")
    assert headers["x-hubspot-ratelimit-interval-milliseconds"] == "10000"
    assert headers["x-hubspot-ratelimit-daily-remaining"] == "249999"
    _, _, body = await door.ask("GET", "/sandbox/contacts?email=ana@x.org")
    assert body["contacts"] == [{"id": "51", "properties": {"email": "ana@x.org"}}]
    for name in ("lists", "properties", "events"):
        assert (await door.ask("GET", f"/sandbox/{name}"))[2][name] is not None
    await door.ask("POST", "/sandbox/faults", {"status": 429, "next": 1})
    status, _, body = await door.ask("POST", UPSERT, content, authorization="Bearer t")
    assert (status, body["policyName"]) == (429, "TEN_SECONDLY_ROLLING")
    await door.ask("POST", "/sandbox/reset")
    assert (await door.ask("GET", "/sandbox/contacts"))[2] == {"count": 0, "contacts": []}
    assert (await door.ask("GET", "/sandbox/nothing"))[0] == 404
