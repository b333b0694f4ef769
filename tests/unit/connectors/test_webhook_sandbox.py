"""The webhook sandbox: verifies, drops repeats, applies."""

from __future__ import annotations

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.delivery import Address, Item, Send, Value
from tests.unit.connectors.asgi import Door

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = connector_of("webhook")


async def post(door, *values, **more):
    settings = HOOK.read_settings({"url": "https://x.org/h", "secret": SECRET} | more)
    person = Address("user_id", "ana")
    send = Send(1, "hook", (Item(person, values),), door.now_ms)
    made = HOOK.encode(send, Setup(settings))
    headers = {name.lower(): value for name, value in made.headers}
    return await door.ask(made.method, "/h", made.body, **headers)


def vip(member, version):
    return Value("vip", "audience", member, version, 0, 0)


async def state(door):
    _, _, body = await door.ask("GET", "/sandbox/users")
    return body["users"]


async def test_it_applies_and_drops_repeats():
    door = Door(webhook_sandbox, secret=SECRET)
    assert (await post(door, vip(True, 1)))[0] == 204
    assert await state(door) == {"user_id:ana": {"vip": True}}
    assert (await post(door, vip(False, 2)))[0] == 204
    assert (await post(door, vip(True, 1)))[0] == 204
    assert await state(door) == {"user_id:ana": {"vip": False}}


async def test_an_array():
    door = Door(webhook_sandbox, secret=SECRET)
    score = Value("score", "number", 81, 2, 0, 0)
    assert (await post(door, vip(True, 1), score, batch_size=10))[0] == 204
    assert await state(door) == {"user_id:ana": {"vip": True, "score": 81}}


async def test_what_it_refuses():
    door = Door(webhook_sandbox, secret=SECRET, requests=2)
    other = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    assert (await post(door, vip(True, 1), secret=other))[0] == 401
    assert (await door.ask("POST", "/h", {}))[0] == 401
    assert (await door.ask("GET", "/h"))[0] == 405
    statuses = [(await post(door, vip(True, n)))[0] for n in (1, 2, 3)]
    assert statuses == [204, 204, 429]
    assert (await post(door, vip(True, 4)))[1]["retry-after"] == "1"


async def test_bodies_that_are_no_messages():
    door = Door(webhook_sandbox)
    for content in (
        b"{",
        b"{}",
        b'[{"data":{}}]',
        b"[]",
        b'{"type":"x","timestamp":"y","data":{}}',
    ):
        assert (await door.ask("POST", "/h", content))[0] == 400
    assert await state(door) == {}


async def test_lines_and_arrays_under_a_key():
    door = Door(webhook_sandbox, secret=SECRET)
    for number, batch in enumerate(["ndjson", "merge:messages", "array"]):
        values = vip(True, 2 * number + 1), vip(False, 2 * number + 2)
        assert (await post(door, *values, batch=batch, method="PUT"))[0] == 204
    _, _, body = await door.ask("GET", "/sandbox/messages")
    assert [message["data"]["version"] for message in body["messages"]] == [1, 2, 3, 4, 5, 6]


async def test_it_checks_what_segment_signs():
    door = Door(webhook_sandbox, shared_secret="hush")
    segments = {"compatibility": "segment", "shared_secret": "hush"}
    assert (await post(door, vip(True, 1), **segments))[0] == 204
    assert (await post(door, vip(False, 2), vip(True, 3), batch="array", **segments))[0] == 204
    assert (await post(door, vip(False, 4)))[0] == 401
    other = segments | {"shared_secret": "other"}
    assert (await post(door, vip(False, 5), **other))[0] == 401
    assert await state(door) == {"user_id:ana": {"vip": True}}


async def test_it_forgets_whom_it_is_told_to():
    door = Door(webhook_sandbox, secret=SECRET)
    await post(door, vip(True, 1))
    await post(door, Value("$erase", "errand", "now", 2, 0, 0, mode="$erase"))
    assert await state(door) == {}


async def test_it_takes_bodies_of_somebodys_own_making_where_it_is_told_to():
    own = {"body": '{"id":{{ person.value | json }}}'}
    assert (await post(Door(webhook_sandbox, secret=SECRET), vip(True, 1), **own))[0] == 400
    door = Door(webhook_sandbox, secret=SECRET, any_body=True)
    assert (await post(door, vip(True, 1), **own))[0] == 204
    assert (await post(door, vip(True, 2)))[0] == 204
    _, _, body = await door.ask("GET", "/sandbox/messages")
    assert body["messages"][0] == {"body": '{"id":"ana"}'}
    assert await state(door) == {"user_id:ana": {"vip": True}}
