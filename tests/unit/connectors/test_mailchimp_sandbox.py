"""The Mailchimp sandbox by the documented contract."""

from __future__ import annotations

import base64

import msgspec
import pytest

from ebbline.connectors.mailchimp.encode import handle_of
from ebbline.connectors.mailchimp.sandbox import DEFAULT_KEY, DEFAULT_LIST, Account
from ebbline.connectors.request import Request

NOW_MS = 1_767_225_600_000
ANA = {"email_address": "ana@x.org", "status": "subscribed"}


class Client:
    """Asks an account directly."""

    def __init__(self, **options):
        self.account = Account(DEFAULT_KEY, DEFAULT_LIST, **options)
        self.now_ms = NOW_MS

    def ask(self, method, path, content=None, key=DEFAULT_KEY, list_id=DEFAULT_LIST):
        """(status, content); the content is None where there is none."""
        pair = base64.b64encode(f"any:{key}".encode()).decode()
        body = content if isinstance(content, bytes) else b""
        if content is not None and not isinstance(content, bytes):
            body = msgspec.json.encode(content)
        headers = (("authorization", f"Basic {pair}"),)
        request = Request(method, f"/3.0/lists/{list_id}{path}", headers, body)
        answer = self.account.answer(request, self.now_ms)
        return answer.status, (_read(answer.body) if answer.body else None)

    def store(self, *members, update=True):
        status, body = self.ask("POST", "", {"members": members, "update_existing": update})
        assert status == 200
        return body


def _read(body):
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body.decode()


@pytest.fixture
def client():
    return Client()


def test_a_batch_creates_and_updates(client):
    body = client.store(ANA | {"merge_fields": {"FNAME": "Ana", "NONE": "x"}})
    assert (body["total_created"], body["total_updated"], body["error_count"]) == (1, 0, 0)
    body = client.store({"email_address": "Ana@X.org", "merge_fields": {"LNAME": "Ng"}})
    (ana,) = body["updated_members"]
    assert ana["id"] == handle_of("ana@x.org")
    assert ana["merge_fields"] == {"FNAME": "Ana", "LNAME": "Ng"}  # what is unknown is ignored
    assert ana["status"] == "subscribed"


@pytest.mark.parametrize(
    ("member", "update", "code", "says"),
    [
        ({"email_address": "x", "status": "subscribed"}, True, "ERROR_GENERIC", "valid email"),
        ({"email_address": "bob@x.org"}, True, "ERROR_GENERIC", "provide a status"),
        (ANA | {"status": "perhaps"}, True, "ERROR_GENERIC", "Invalid status"),
        (ANA, False, "ERROR_CONTACT_EXISTS", "already a list member"),
        (ANA | {"merge_fields": {"FNAME": "x" * 256}}, True, "ERROR_GENERIC", "merge fields"),
        (ANA | {"merge_fields": {"AGE": "old"}}, True, "ERROR_GENERIC", "merge fields"),
    ],
)
def test_a_batch_succeeds_although_some_of_it_fails(client, member, update, code, says):
    client.store(ANA)
    client.ask("POST", "/merge-fields", {"tag": "AGE", "name": "Age", "type": "number"})
    body = client.store(member, {"email_address": "cem@x.org", "status": "pending"}, update=update)
    (error,) = body["errors"]
    assert (error["error_code"], error["email_address"]) == (code, member["email_address"])
    assert says in error["error"]
    assert body["total_created"] == 1


def test_nobody_who_left_is_subscribed_again(client):
    client.store(ANA | {"status": "unsubscribed"})
    (error,) = client.store(ANA)["errors"]
    assert "compliance state" in error["error"]
    body = client.store({"email_address": "ana@x.org", "merge_fields": {"FNAME": "Ana"}})
    assert body["updated_members"][0]["status"] == "unsubscribed"


def test_who_was_deleted_for_good_cannot_come_back(client):
    client.store(ANA)
    path = f"/members/{handle_of('ana@x.org')}/actions/delete-permanent"
    assert client.ask("POST", path) == (204, None)
    assert client.ask("POST", path)[0] == 404
    (error,) = client.store(ANA)["errors"]
    assert "permanently deleted" in error["error"]


def test_tags_are_static_segments_of_members(client):
    client.store(ANA)
    status, made = client.ask("POST", "/segments", {"name": "hot", "static_segment": []})
    assert status == 200
    people = {"members_to_add": ["ana@x.org", "bob@x.org"]}
    status, body = client.ask("POST", f"/segments/{made['id']}", people)
    assert (status, body["total_added"], body["error_count"]) == (200, 1, 1)
    assert body["errors"][0]["email_addresses"] == ["bob@x.org"]
    _, ana = client.ask("GET", f"/members/{handle_of('ana@x.org')}?fields=tags")
    assert ana["tags"] == [{"id": made["id"], "name": "hot"}]
    _, page = client.ask("GET", f"/segments/{made['id']}/members?count=1000&offset=0")
    assert [one["email_address"] for one in page["members"]] == ["ana@x.org"]
    client.ask("POST", f"/segments/{made['id']}", {"members_to_remove": ["ana@x.org"]})
    _, page = client.ask("GET", f"/segments/{made['id']}/members")
    assert page == {"members": [], "total_items": 0}
    assert client.ask("POST", "/segments", {"name": "hot", "static_segment": []})[0] == 400
    assert client.ask("POST", "/segments/7", people)[0] == 404
    assert client.ask("GET", "/segments/7/members")[0] == 404
    many = {"members_to_add": ["ana@x.org"] * 501}
    assert client.ask("POST", f"/segments/{made['id']}", many)[0] == 400


def test_merge_fields_are_few_and_short(client):
    assert (
        client.ask("POST", "/merge-fields", {"tag": "T" * 11, "name": "x", "type": "text"})[0]
        == 400
    )
    assert (
        client.ask("POST", "/merge-fields", {"tag": "T", "name": "x", "type": "boolean"})[0] == 400
    )
    assert (
        client.ask("POST", "/merge-fields", {"tag": "FNAME", "name": "x", "type": "text"})[0] == 400
    )
    for number in range(28):
        status, _ = client.ask(
            "POST", "/merge-fields", {"tag": f"T{number}", "name": "x", "type": "text"}
        )
        assert status == 200
    status, body = client.ask("POST", "/merge-fields", {"tag": "ONE", "name": "x", "type": "text"})
    assert (status, body["title"]) == (400, "Invalid Resource")
    assert "30 merge fields" in body["detail"]
    _, page = client.ask("GET", "/merge-fields?count=5&offset=28")
    assert (len(page["merge_fields"]), page["total_items"]) == (2, 30)


def test_events_of_a_contact(client):
    client.store(ANA)
    path = f"/members/{handle_of('ana@x.org')}/events"
    assert client.ask("POST", path, {"name": "hot", "properties": {"a": "b"}})[0] == 204
    assert client.ask("POST", path, {"name": "h"})[0] == 400
    assert client.ask("POST", path, {"name": "hot", "properties": {"a": 1}})[0] == 400
    assert client.ask("POST", f"/members/{'0' * 32}/events", {"name": "hot"})[0] == 404
    shown = client.account.views("users", {"email": "ana@x.org"})
    assert [event["name"] for event in shown["users"][0]["events"]] == ["hot"]


def test_what_is_refused_as_a_whole(client):
    status, body = client.ask("GET", "", key="other")
    assert (status, body["title"], body["status"]) == (401, "API Key Invalid", 401)
    assert client.ask("GET", "", list_id="other")[0] == 404
    assert client.ask("PATCH", "")[0] == 404
    assert client.ask("POST", "", b"{")[0] == 400
    assert client.ask("POST", "", {"members": [ANA] * 501})[0] == 400
    assert client.ask("POST", "", {"members": []})[0] == 400
    assert client.account.views("nothing", {}) is None


def test_ten_connections_at_a_time():
    client = Client(busy_ms=1_000)
    answers = [client.ask("GET", "") for _ in range(21)]
    assert [status for status, _ in answers] == [200] * 10 + [429] * 10 + [403]
    assert "10 simultaneous connections" in answers[10][1]["detail"]
    assert answers[20][1] == "<html>Forbidden</html>"  # no problem document
    client.now_ms += 1_000
    assert client.ask("GET", "")[0] == 200
    client.account.reset()
    assert client.account.views("users", {})["count"] == 0
