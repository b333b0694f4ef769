"""The Marketo sandbox by the documented contract: tokens, limits, leads, lists, campaigns."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
import pytest

from ebbline.connectors import Request
from ebbline.connectors.marketo.sandbox import Instance, marketo_sandbox
from tests.unit.connectors.asgi import Door

NOW_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
FORM = "application/x-www-form-urlencoded"
LEADS = "/rest/v1/leads.json"


@pytest.fixture
def instance():
    fields = {"vip": "boolean", "score": "float", "last": "datetime", "shopId": "string"}
    return Instance(
        "c", "s", fields=fields, unique=["shopId"], campaigns={1047: "welcome"}, requests=30,
        requests_a_day=50,
    )  # fmt: skip


def token_of(instance, now_ms=NOW_MS, secret="s", grant="client_credentials"):
    form = {"grant_type": grant, "client_id": "c", "client_secret": secret}
    headers = (("content-type", FORM),)
    request = Request("POST", "/identity/oauth/token", headers, urlencode(form).encode())
    response = instance.answer(request, now_ms)
    return response.status, msgspec.json.decode(response.body)


def ask(instance, method, url, content=None, form=None, now_ms=NOW_MS, token=None):
    """The body, after its HTTP status was seen to be a success."""
    token = token_of(instance, now_ms)[1]["access_token"] if token is None else token
    headers, body = [("authorization", f"Bearer {token}")], b""
    if form is not None:
        headers.append(("content-type", FORM))
        body = urlencode(form).encode()
    elif content is not None:
        headers.append(("content-type", "application/json"))
        body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    response = instance.answer(Request(method, url, tuple(headers), body), now_ms)
    assert response.status == 200
    return msgspec.json.decode(response.body)


def code(body):
    """The code of an error that concerns the whole call."""
    assert body["success"] is False
    return body["errors"][0]["code"]


def sync(instance, *records, **more):
    return ask(instance, "POST", LEADS, {"input": list(records), **more})


def made(instance, *emails):
    return [row["id"] for row in sync(instance, *({"email": email} for email in emails))["result"]]


def test_a_token_lives_an_hour_and_stays_the_same(instance):
    status, first = token_of(instance)
    assert (status, first["expires_in"], first["token_type"]) == (200, 3_600, "bearer")
    _, again = token_of(instance, NOW_MS + HOUR_MS - 5_000)
    assert (again["access_token"], again["expires_in"]) == (first["access_token"], 5)
    _, new = token_of(instance, NOW_MS + HOUR_MS)
    assert new["access_token"] != first["access_token"]


def test_a_token_in_the_line_of_a_get_is_given_too(instance):
    query = "grant_type=client_credentials&client_id=c&client_secret=s"
    request = Request("GET", f"/identity/oauth/token?{query}", (), b"")
    assert instance.answer(request, NOW_MS).status == 200


def test_whoever_is_not_known_gets_no_token(instance):
    assert token_of(instance, secret="other")[0] == 401
    assert token_of(instance, grant="password")[0] == 400


def test_tokens_that_are_refused(instance):
    token = token_of(instance)[1]["access_token"]
    url = "/rest/v1/leads/describe2.json"
    assert code(ask(instance, "GET", url, token="other")) == "601"
    assert code(ask(instance, "GET", url, token=token, now_ms=NOW_MS + HOUR_MS)) == "602"
    assert code(ask(instance, "GET", f"{url}?access_token={token}", token=token)) == "600"
    assert ask(instance, "GET", url, token=token)["success"] is True
    instance.expire()
    assert code(ask(instance, "GET", url, token=token)) == "602"


def test_what_the_role_may_not_do(instance):
    instance.denied.add(LEADS)
    assert code(sync(instance, {"email": "ana@x.org"})) == "603"


def test_leads_are_made_and_updated_in_order(instance):
    told = sync(instance, {"email": "ana@x.org", "vip": True}, {"email": "bob@x.org"})
    assert [row["status"] for row in told["result"]] == ["created", "created"]
    told = sync(instance, {"email": "cem@x.org"}, {"email": "Ana@x.org", "vip": None})
    assert [row["status"] for row in told["result"]] == ["created", "updated"]
    assert told["result"][1]["id"] == 50
    assert instance.leads.held[50] == {"id": 50, "email": "Ana@x.org"}


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ({"email": "bob@x.org", "vip": "yes"}, "1001"),
        ({"email": "bob@x.org", "score": True}, "1001"),
        ({"email": "bob@x.org", "last": "2026-01-01"}, "1001"),
        ({"vip": True}, "1002"),
        ({"email": "nobody"}, "1003"),
        ({"email": "jürgen@x.org"}, "1003"),
        ({"email": "bob@x.org", "color": "red"}, "1006"),
        ("bob@x.org", "1002"),
    ],
)
def test_a_bad_record_is_skipped_and_the_others_are_taken(instance, record, says):
    told = sync(instance, {"email": "ana@x.org", "last": "2026-01-01T00:00:00Z"}, record)
    assert told["success"] is True
    assert [row["status"] for row in told["result"]] == ["created", "skipped"]
    assert told["result"][1]["reasons"][0]["code"] == says
    assert list(instance.leads.held) == [50]


def test_actions(instance):
    ana = {"email": "ana@x.org"}

    def reason(**more):
        row = sync(instance, ana, **more)["result"][0]
        return row["reasons"][0]["code"] if "reasons" in row else row["status"]

    assert reason(action="updateOnly") == "1004"
    assert reason(action="createOnly") == "created"
    assert reason(action="createOnly") == "1005"
    assert reason(action="updateOnly") == "updated"
    assert reason(action="createDuplicate") == "created"
    assert reason() == "1007"
    by_id = {"action": "updateOnly", "lookupField": "id"}
    assert sync(instance, {"id": 50, "vip": True}, **by_id)["result"][0]["id"] == 50


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"action": "upsert"}, "1003"),
        ({"lookupField": "color"}, "1006"),
        ({"lookupField": "vip"}, "1011"),
        ({"lookupField": "id"}, "1011"),
    ],
)
def test_a_bad_call_does_nothing(instance, more, says):
    assert code(sync(instance, {"email": "ana@x.org"}, **more)) == says
    assert instance.leads.held == {}


def test_300_leads_are_taken_and_301_are_not(instance):
    many = [{"email": f"p{n}@x.org"} for n in range(301)]
    assert code(sync(instance, *many)) == "1003"
    assert len(sync(instance, *many[1:])["result"]) == 300


def test_bodies_and_paths(instance):
    assert code(ask(instance, "POST", LEADS, b"{")) == "609"
    assert code(ask(instance, "POST", LEADS, {})) == "609"
    assert code(ask(instance, "POST", LEADS, form={"input": "x"})) == "612"
    assert code(ask(instance, "GET", "/rest/v1/deals.json")) == "610"
    headers = (("authorization", "Bearer x"),)
    assert instance.answer(Request("POST", LEADS, headers, b" " * (1 << 20)), NOW_MS).status == 200
    large = Request("POST", LEADS, headers, b" " * ((1 << 20) + 1))
    assert instance.answer(large, NOW_MS).status == 413
    long = Request("GET", f"{LEADS}?filterValues={'a' * 8_192}", headers, b"")
    assert instance.answer(long, NOW_MS).status == 414


def found(instance, **form):
    return ask(instance, "POST", f"{LEADS}?_method=GET", form=form)


def test_leads_are_found_by_a_field(instance):
    sync(instance, {"email": "ana@x.org", "shopId": "u-7", "vip": True}, {"email": "bob@x.org"})
    told = found(instance, filterType="shopId", filterValues="u-7,u-8", fields="id,vip,score")
    assert told["result"] == [{"id": 50, "vip": True, "score": None}]
    told = found(instance, filterType="email", filterValues="bob@x.org,ana@x.org", batchSize=1)
    assert (told["moreResult"], [row["id"] for row in told["result"]]) == (True, [50])
    more = {"nextPageToken": told["nextPageToken"], "batchSize": 1}
    told = found(instance, filterType="email", filterValues="bob@x.org,ana@x.org", **more)
    assert (told["moreResult"], [row["id"] for row in told["result"]]) == (False, [51])
    assert "nextPageToken" not in told
    assert code(found(instance, filterType="vip", filterValues="true")) == "1003"
    assert code(found(instance, filterType="id", filterValues="50", nextPageToken="x")) == "1003"
    many = ",".join(f"p{n}@x.org" for n in range(301))
    assert code(found(instance, filterType="email", filterValues=many)) == "1003"
    assert code(found(instance, filterType="id", filterValues="50", fields="color")) == "1006"


def test_lists(instance):
    assert ask(instance, "GET", "/rest/v1/lists.json?name=Hot")["result"] == []
    new = {"name": "Hot", "folder": '{"id":27,"type":"Folder"}'}
    (row,) = ask(instance, "POST", "/rest/asset/v1/staticLists.json", form=new)["result"]
    assert ask(instance, "GET", "/rest/v1/lists.json?name=Hot")["result"][0]["id"] == row["id"]
    assert len(ask(instance, "GET", f"/rest/v1/lists.json?id={row['id']}")["result"]) == 1
    assert code(ask(instance, "POST", "/rest/asset/v1/staticLists.json", form=new)) == "709"
    assert (
        code(ask(instance, "POST", "/rest/asset/v1/staticLists.json", form={"name": "x"})) == "701"
    )


def statuses(body):
    return [
        row["reasons"][0]["code"] if "reasons" in row else row["status"] for row in body["result"]
    ]


def test_members_come_and_go(instance):
    hot = instance.lists.make("Hot")
    made(instance, "ana@x.org", "bob@x.org")
    path = f"/rest/v1/lists/{hot}/leads.json"
    assert statuses(ask(instance, "POST", f"{path}?id=50&id=51&id=77")) == [
        "added",
        "added",
        "1004",
    ]
    assert statuses(ask(instance, "DELETE", f"{path}?id=50&id=50")) == ["removed", "1015"]
    check = ask(instance, "GET", f"/rest/v1/lists/{hot}/leads/ismember.json?id=50&id=51&id=77")
    assert statuses(check) == ["notmemberof", "memberof", "1004"]
    rows = ask(instance, "GET", f"{path}?fields=id,email&batchSize=300")
    assert rows["result"] == [{"id": 51, "email": "bob@x.org"}]
    assert code(ask(instance, "POST", f"{path}?" + "&".join(["id=50"] * 301))) == "1003"
    assert code(ask(instance, "POST", "/rest/v1/lists/9/leads.json?id=50")) == "1013"


def test_who_is_deleted_is_in_no_list(instance):
    hot = instance.lists.make("Hot")
    made(instance, "ana@x.org")
    ask(instance, "POST", f"/rest/v1/lists/{hot}/leads.json?id=50")
    gone = {"input": [{"id": 50}, {"id": 50}]}
    assert statuses(ask(instance, "POST", "/rest/v1/leads/delete.json", gone)) == [
        "deleted",
        "1004",
    ]
    assert instance.lists.members[hot] == {}


def test_campaigns(instance):
    made(instance, "ana@x.org", "bob@x.org")
    assert ask(instance, "GET", "/rest/v1/campaigns.json?name=welcome")["result"][0]["id"] == 1047

    def start(*leads, campaign=1047, **more):
        told = {"input": {"leads": [{"id": lead} for lead in leads], **more}}
        return ask(instance, "POST", f"/rest/v1/campaigns/{campaign}/trigger.json", told)

    tokens = [{"name": "{{my.member}}", "value": "true"}]
    assert start(50, 51, tokens=tokens)["result"] == [{"id": 1047}]
    assert instance.campaigns.started[1]["lead"] == 51
    assert code(start(50, 77)) == "1004"
    assert code(start(50, campaign=1)) == "1013"
    assert code(start(*[50] * 101)) == "1003"
    assert code(start()) == "1003"
    assert len(instance.campaigns.started) == 2


def test_the_window_of_twenty_seconds(instance):
    token = token_of(instance)[1]["access_token"]
    url = "/rest/v1/leads/describe2.json"
    for n in range(30):
        assert ask(instance, "GET", url, token=token, now_ms=NOW_MS + n)["success"]
    body = ask(instance, "GET", url, token=token, now_ms=NOW_MS + 19_999)
    assert (code(body), body["errors"][0]["message"]) == (
        "606", "Max rate limit '30' exceeded with in '20' secs",
    )  # fmt: skip
    assert ask(instance, "GET", url, token=token, now_ms=NOW_MS + 20_000)["success"]
    assert instance.turned_away == 1


def test_the_day_begins_at_midnight_cst(instance):
    url, at_ms = "/rest/v1/leads/describe2.json", NOW_MS
    for n in range(50):
        at_ms = NOW_MS + n * 1_000
        assert ask(instance, "GET", url, now_ms=at_ms)["success"]
    assert code(ask(instance, "GET", url, now_ms=at_ms + 1_000)) == "607"
    assert code(ask(instance, "GET", url, now_ms=NOW_MS + 6 * HOUR_MS - 1)) == "607"
    assert ask(instance, "GET", url, now_ms=NOW_MS + 6 * HOUR_MS)["success"]


async def test_behind_a_door():
    door = Door(marketo_sandbox, client_id="c", client_secret="s", fields={"vip": "boolean"})
    form = b"grant_type=client_credentials&client_id=c&client_secret=s"
    _, _, body = await door.ask("POST", "/identity/oauth/token", form, **{"content-type": FORM})
    headers = {"authorization": f"Bearer {body['access_token']}"}
    headers["content-type"] = "application/json"
    content = {"input": [{"email": "ana@x.org", "vip": True}]}
    assert (await door.ask("POST", LEADS, content, **headers))[2]["success"]
    _, _, body = await door.ask("GET", "/sandbox/leads?email=ana@x.org")
    assert body["leads"] == [{"id": 50, "email": "ana@x.org", "vip": True}]
    fault = {"status": 200, "message": "615 Concurrent access limit reached", "next": 1}
    await door.ask("POST", "/sandbox/faults", fault)
    status, _, body = await door.ask("POST", LEADS, content, **headers)
    assert (status, code(body)) == (200, "615")
    await door.ask("POST", "/sandbox/faults", {"status": 502, "next": 1})
    assert (await door.ask("POST", LEADS, content, **headers))[0] == 502
    await door.ask("POST", "/sandbox/faults", {"status": 200, "next": 1})
    assert code((await door.ask("POST", LEADS, content, **headers))[2]) == "611"
    for name in ("lists", "campaigns"):
        assert (await door.ask("GET", f"/sandbox/{name}"))[0] == 200
    await door.ask("POST", "/sandbox/reset")
    assert (await door.ask("GET", "/sandbox/leads"))[2]["count"] == 0
    assert (await door.ask("GET", "/sandbox/nothing"))[0] == 404
