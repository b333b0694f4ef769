"""The webhook sandbox: verifies, drops repeats, applies."""

from __future__ import annotations

from ebbline.connectors import connector_of
from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.delivery import Address, Item, Send, Value
from tests.unit.connectors.asgi import Door

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
HOOK = connector_of("webhook")


async def post(door, *values, secret=SECRET, batch_size=1):
    settings = HOOK.read_settings(
        {"url": "https://x.org/h", "secret": secret, "batch_size": batch_size}
    )
    person = Address("user_id", "ana")
    send = Send(1, "hook", (Item(person, values),), door.now_ms)
    made = HOOK.encode(send, settings)
    headers = {name.lower(): value for name, value in made.headers}
    return await door.ask("POST", "/h", made.body, **headers)


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
    for content in (b"{", b"{}", b'[{"data":{}}]', b'{"type":"x","timestamp":"y","data":{}}'):
        assert (await door.ask("POST", "/h", content))[0] == 400
    assert await state(door) == {}
