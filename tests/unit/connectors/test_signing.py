"""Our signatures, checked by the reference library of Standard Webhooks."""

from __future__ import annotations

import base64
import os
import time

import msgspec
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.webhook.signing import is_genuine, key_of, sign
from ebbline.delivery import Address, Item, Send, Value

SECRETS = ["whsec_" + base64.b64encode(os.urandom(size)).decode() for size in (24, 64)]


def request(secrets, at_ms, send_id=1, version=7):
    connector = connector_of("webhook")
    settings = connector.read_settings({"url": "https://example.org", "secrets": secrets})
    value = Value("vip", "audience", True, version, at_ms, at_ms)
    send = Send(send_id, "hook", (Item(Address("user_id", "ana"), (value,)),), at_ms)
    return connector.encode(send, Setup(settings))


@pytest.mark.parametrize("secrets", [SECRETS[:1], SECRETS[1:], SECRETS])
def test_the_reference_library_takes_it(secrets):
    made = request(secrets, int(time.time() * 1000))
    for secret in secrets:
        verified = Webhook(secret).verify(made.body, dict(made.headers))
        assert verified == msgspec.json.decode(made.body)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRETS[0]).verify(made.body + b" ", dict(made.headers))


def test_a_repeat_has_the_same_id_and_its_own_time():
    now_ms = int(time.time() * 1000)
    first, again = (dict(request(SECRETS, now_ms + late).headers) for late in (0, 90_000))
    other = dict(request(SECRETS, now_ms, version=8).headers)
    assert "." not in first["webhook-id"]
    assert int(again["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 90
    # The change's own instant is content, so only the attempt may differ for the same id.
    assert other["webhook-id"] != first["webhook-id"] == again["webhook-id"]


def test_what_a_receiver_checks():
    made = request(SECRETS[:1], 1_000_000)
    headers = dict(made.headers)
    assert is_genuine(SECRETS[0], headers, made.body, 1_000)
    assert is_genuine(SECRETS[0], headers, made.body, 1_300)
    assert not is_genuine(SECRETS[0], headers, made.body, 1_301)
    assert not is_genuine(SECRETS[1], headers, made.body, 1_000)
    assert not is_genuine(SECRETS[0], headers | {"webhook-timestamp": "x"}, made.body, 1_000)
    assert not is_genuine(SECRETS[0], {}, made.body, 1_000)


def test_the_published_vector():
    signature = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_???", "whsec_" + "A" * 28, "whsec_" + "A" * 88]
)
def test_no_secret(text):
    assert key_of(text) is None
