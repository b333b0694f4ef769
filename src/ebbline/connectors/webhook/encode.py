"""Changes as webhook messages: one JSON object each, or an array of them.

The message id follows from the content alone, so a repeat has the same id and a receiver can
drop it; the timestamp is that of the attempt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ebbline.connectors.instants import iso
from ebbline.connectors.request import Request
from ebbline.connectors.webhook.settings import WebhookSettings
from ebbline.connectors.webhook.signing import sign
from ebbline.delivery import Address, Send, Value
from ebbline.delivery.feeds import AUDIENCE
from ebbline.profiles.graph import Identifier

_ID_HEX_DIGITS = 32


def address(identifiers: Sequence[Identifier]) -> Address | None:
    """The person's identifier of the highest priority, by its own type."""
    return Address(identifiers[0].type, identifiers[0].value) if identifiers else None


def encode(send: Send, settings: WebhookSettings) -> Request:
    """The request; an array holds people in the order of the send, their oldest change first."""
    messages = [message(item.address, value) for item in send.items for value in item.values]
    body = msgspec.json.encode(messages if settings.batch_size > 1 else messages[0])
    message_id = message_id_of(send)
    timestamp_s = send.at_ms // 1000
    headers = [
        *settings.headers.items(),
        ("Content-Type", "application/json"),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp_s)),
    ]
    secrets = settings.signing_secrets
    if secrets:
        signatures = [sign(secret, message_id, timestamp_s, body) for secret in secrets]
        headers.append(("webhook-signature", " ".join(signatures)))
    return Request("POST", settings.url, tuple(headers), body)


def message(person: Address, value: Value) -> dict[str, Any]:
    """One change as Standard Webhooks advises: type, timestamp, data. `version` rises with
    every change, so a receiver can tell the newer of two."""
    data: dict[str, Any] = {"person": {"type": person.kind, "value": person.value}}
    if value.kind == AUDIENCE:
        kind = "audience.entered" if value.value else "audience.exited"
        data |= {"audience": value.field, "member": bool(value.value)}
    else:
        kind = "trait.changed"
        held = value.value
        is_instant = value.kind == "timestamp" and type(held) is int
        data |= {"trait": value.field, "value": iso(held) if is_instant else held}
    data["version"] = value.version
    return {"type": kind, "timestamp": iso(value.at_ms), "data": data}


def message_id_of(send: Send) -> str:
    """The same for the same changes, whenever and however often they are sent."""
    content = [
        [str(item.address), value.field, value.version, value.value]
        for item in send.items
        for value in item.values
    ]
    digest = hashlib.sha256(msgspec.json.encode([send.destination, content])).hexdigest()
    return "msg_" + digest[:_ID_HEX_DIGITS]
