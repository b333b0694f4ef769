"""The Braze sandbox's users: aliases, identification, merging, deletion, subscriptions, export."""

from __future__ import annotations

import pytest

from ebbline.connectors.braze.sandbox import braze_sandbox
from ebbline.connectors.braze.sandbox.workspace import MERGE_MS
from tests.unit.connectors.asgi import Door

KEYS = {"track only": {"users.track"}}
PHONE = {"alias_name": "phone", "alias_label": "anonymous_id"}
GROUP = "4f0c-11"


@pytest.fixture
def door():
    return Door(braze_sandbox, key="k", keys=KEYS, canvases={"welcome"})


async def post(door, path, content, key="k"):
    return await door.ask("POST", path, content, authorization=f"Bearer {key}")


async def track(door, *attributes):
    status, _, _ = await post(door, "/users/track", {"attributes": list(attributes)})
    assert status == 201


async def users(door):
    _, _, body = await door.ask("GET", "/sandbox/users")
    return body["users"]


def alias(**values):
    return {"user_alias": PHONE, "_update_existing_only": False, **values}


async def identify(door, external_id, **more):
    pair = {"external_id": external_id, "user_alias": PHONE}
    return await post(door, "/users/identify", {"aliases_to_identify": [pair], **more})


@pytest.mark.parametrize(
    "path",
    [
        "/users/export/ids",
        "/users/alias/new",
        "/users/identify",
        "/users/merge",
        "/users/delete",
        "/subscription/status/set",
        "/v2/subscription/status/set",
        "/canvas/trigger/send",
    ],
)
async def test_a_key_may_do_what_its_permissions_say(door, path):
    assert (await post(door, path, {}, "track only"))[0] == 403
    assert (await post(door, path, {}, "no key"))[0] == 401
    status, headers, body = await post(door, path, {})
    assert (status, bool(body["message"])) == (400, True)
    assert int(headers["x-ratelimit-limit"]) in (250, 5_000, 20_000, 250_000)
    assert (await post(door, "/users/track", {}, "track only"))[0] == 400
    assert (await post(door, path, b"[]"))[2]["message"] == "The request body must be a JSON object"


async def test_an_alias_leads_to_the_user_it_was_identified_as(door):
    await track(door, alias(vip=True, score=3), {"external_id": "ana", "vip": False})
    status, _, body = await identify(door, "ana")
    assert (status, body) == (201, {"aliases_processed": 1, "message": "success"})
    await track(door, alias(tea=True))
    (ana,) = await users(door)
    assert ana["external_id"] == "ana"
    assert ana["user_aliases"] == [PHONE]
    assert ana["custom_attributes"] == {"vip": False, "score": 3, "tea": True}
    _, _, body = await door.ask("GET", "/sandbox/users?alias_name=phone")
    assert body["count"] == 1


async def test_an_alias_becomes_a_user_where_there_is_none_yet(door):
    await track(door, alias(vip=True))
    assert (await identify(door, "ana", merge_behavior="merge"))[0] == 201
    (ana,) = await users(door)
    assert (ana["external_id"], ana["custom_attributes"]) == ("ana", {"vip": True})
    assert (await identify(door, "bob"))[0] == 201  # identified before: nothing happens
    assert [user["external_id"] for user in await users(door)] == ["ana"]


async def test_without_merging_the_device_brings_nothing_along(door):
    await track(door, alias(score=3), {"external_id": "ana"})
    assert (await identify(door, "ana", merge_behavior="none"))[0] == 201
    (ana,) = await users(door)
    assert ana["custom_attributes"] == {}
    assert (await identify(door, "ana", merge_behavior="perhaps"))[0] == 400


async def test_a_merge_is_accepted_at_once_and_carried_out_later(door):
    await track(door, {"external_id": "old", "vip": True, "a": 1}, {"external_id": "new", "a": 2})
    update = {
        "identifier_to_merge": {"external_id": "old"},
        "identifier_to_keep": {"external_id": "new"},
    }
    status, _, body = await post(door, "/users/merge", {"merge_updates": [update]})
    assert (status, body) == (202, {"message": "success"})
    assert len(await users(door)) == 2
    door.now_ms += MERGE_MS
    await track(door, {"external_id": "new", "b": 3})
    (new,) = await users(door)
    assert new["custom_attributes"] == {"vip": True, "a": 2, "b": 3}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ({"merge_updates": {}}, "'merge_updates' must be an array of objects"),
        ({"merge_updates": [{}] * 51}, "may not contain more than 50 merge updates"),
        ({"merge_updates": [{}]}, "must each name one user"),
        (
            {
                "merge_updates": [
                    {
                        "identifier_to_merge": {"external_id": "a"},
                        "identifier_to_keep": {"user_alias": PHONE},
                    }
                ]
            },
            "same kind",
        ),
    ],
)
async def test_merges_that_are_refused(door, content, says):
    status, _, body = await post(door, "/users/merge", content)
    assert status == 400
    assert says in body["message"]


async def test_deleted_users_are_gone_by_every_name(door):
    await track(door, alias(vip=True), {"external_id": "bob", "vip": True})
    await identify(door, "ana")
    status, _, body = await post(door, "/users/delete", {"external_ids": ["ana", "nobody"]})
    assert (status, body["deleted"]) == (201, 1)
    assert [user["external_id"] for user in await users(door)] == ["bob"]
    await track(door, alias(vip=False))
    status, _, body = await post(door, "/users/delete", {"user_aliases": [PHONE]})
    assert (status, body["deleted"]) == (201, 1)


@pytest.mark.parametrize(
    "content",
    [
        {"external_ids": ["a"], "user_aliases": [PHONE]},
        {"external_ids": []},
        {"external_ids": ["x"] * 51},
        {"external_ids": "ana"},
    ],
)
async def test_deletions_that_are_refused(door, content):
    assert (await post(door, "/users/delete", content))[0] == 400


async def test_aliases_made_beforehand(door):
    await track(door, {"external_id": "ana"})
    content = {"user_aliases": [PHONE | {"external_id": "ana"}, PHONE | {"alias_name": "tablet"}]}
    status, _, body = await post(door, "/users/alias/new", content)
    assert (status, body["aliases_processed"]) == (201, 2)
    ana, tablet = await users(door)
    assert ana["user_aliases"] == [PHONE]
    assert tablet["user_alias"]["alias_name"] == "tablet"


async def test_subscriptions_by_each_endpoint(door):
    await track(door, {"external_id": "ana"}, {"external_id": "bob"})
    old = {"subscription_group_id": GROUP, "subscription_state": "subscribed"}
    assert (await post(door, "/subscription/status/set", old | {"external_id": ["ana"]}))[0] == 201
    new = {"subscription_groups": [old | {"external_ids": ["bob", "nobody"]}]}
    assert (await post(door, "/v2/subscription/status/set", new))[0] == 201
    await track(door, {"external_id": "cem", "subscription_groups": [old]})
    groups = [user["subscription_groups"] for user in await users(door)]
    assert groups == [{GROUP: "subscribed"}] * 3  # nobody was not created


@pytest.mark.parametrize(
    "group",
    [
        {"subscription_state": "subscribed", "external_ids": ["a"]},
        {"subscription_group_id": GROUP, "subscription_state": "maybe", "external_ids": ["a"]},
        {"subscription_group_id": GROUP, "subscription_state": "subscribed"},
        {"subscription_group_id": GROUP, "subscription_state": "subscribed", "emails": ["a@x.org"],
         "phones": ["1"]},
        {"subscription_group_id": GROUP, "subscription_state": "subscribed",
         "external_ids": ["a"] * 51},
    ],
)  # fmt: skip
async def test_subscriptions_that_are_refused(door, group):
    content = {"subscription_groups": [group]}
    assert (await post(door, "/v2/subscription/status/set", content))[0] == 400


async def test_a_canvas_takes_those_who_are_there(door):
    await track(door, {"external_id": "ana"}, alias(vip=True))
    recipients = [{"external_user_id": "ana", "canvas_entry_properties": {"x": 1}},
                  {"user_alias": PHONE}, {"external_user_id": "nobody"}]  # fmt: skip
    content = {"canvas_id": "welcome", "recipients": recipients}
    status, _, body = await post(door, "/canvas/trigger/send", content)
    assert (status, body["message"]) == (201, "success")
    ana, phone = await users(door)
    assert ana["canvas_entries"] == [{"canvas_id": "welcome", "properties": {"x": 1}}]
    assert len(phone["canvas_entries"]) == 1
    for wrong, says in [
        ({"canvas_id": "other"}, "Invalid Canvas ID"),
        ({"recipients": []}, "No Recipients"),
        ({"recipients": recipients * 17}, "was exceeded"),
    ]:
        status, _, body = await post(door, "/canvas/trigger/send", content | wrong)
        assert status == 400
        assert says in body["message"]


async def test_an_export_leaves_out_what_is_null_false_or_empty(door):
    await track(door, {"external_id": "ana", "vip": False, "hot": True, "first_name": "Ana"},
                alias(score=0, tags=[], name=""))  # fmt: skip
    asked = {"external_ids": ["ana", "nobody"], "user_aliases": [PHONE]}
    status, _, body = await post(door, "/users/export/ids", asked)
    assert status == 201
    assert body["users"] == [
        {"external_id": "ana", "custom_attributes": {"hot": True}, "first_name": "Ana"},
        {"user_aliases": [PHONE], "custom_attributes": {"score": 0}},
    ]
    assert body["invalid_user_ids"] == ["nobody"]
    _, _, body = await post(door, "/users/export/ids", asked | {"fields_to_export": ["first_name"]})
    assert body["users"] == [{"first_name": "Ana"}, {}]
    assert (await post(door, "/users/export/ids", {"external_ids": ["x"] * 51}))[0] == 400


async def test_each_limit_is_counted_for_itself(door):
    for _ in range(250):
        assert (await post(door, "/users/export/ids", {"external_ids": ["ana"]}))[0] == 201
    status, headers, _ = await post(door, "/users/export/ids", {"external_ids": ["ana"]})
    assert (status, headers["x-ratelimit-remaining"]) == (429, "0")
    await track(door, {"external_id": "ana"})
    door.now_ms = int(headers["x-ratelimit-reset"]) * 1_000
    assert (await post(door, "/users/export/ids", {"external_ids": ["ana"]}))[0] == 201
