"""Changes as a webhook's request: body, headers, signatures.

The message id follows from the content alone, so a repeat has the same id and a receiver can
drop it; the timestamp is that of the attempt.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Request
from ebbline.connectors.webhook.bodies import Body, body_of
from ebbline.connectors.webhook.samples import header_value, is_template
from ebbline.connectors.webhook.settings import SEGMENT, WebhookSettings
from ebbline.connectors.webhook.signing import segment_signature, sign
from ebbline.connectors.webhook.templates import Unrendered
from ebbline.connectors.webhook.variables import of_change, of_place
from ebbline.delivery import Address, Feed, Send
from ebbline.profiles.graph import Identifier

_ID_HEX_DIGITS = 32

NOTHING = "NONE"
NOWHERE = "none:"
"""The method and the address of a request that is not made. Its body says why; with an empty
body there was nothing to say. Who makes requests answers it 422 or 204 without leaving."""


def address(identifiers: Sequence[Identifier], settings: WebhookSettings) -> Address | None:
    """The person's identifier of the highest priority, by its own type."""
    del settings
    return Address(identifiers[0].type, identifiers[0].value) if identifiers else None


def route(person: Address, handle: str, feed: Feed, value: Any, settings: WebhookSettings) -> str:
    """Changes whose headers differ go apart; where no header is a template, all go together."""
    del handle
    if not any(is_template(text) for text in settings.headers.values()):
        return ""
    data = of_place(person, "") | of_change(feed.field, feed.kind, value)
    made = [str(header_value(text, data)) for text in settings.headers.values()]
    return hashlib.sha256(msgspec.json.encode(made)).hexdigest()[:_ID_HEX_DIGITS]


def encode(send: Send, setup: Setup) -> Request:
    """The request; an array holds people in the order of the send, their oldest change first."""
    settings: WebhookSettings = setup.settings
    body = body_of(send, settings)
    added = _added_headers(send, settings)
    if isinstance(body, Unrendered):
        return Request(NOTHING, NOWHERE, (), body.reason.encode())
    if isinstance(added, Unrendered):
        return Request(NOTHING, NOWHERE, (), added.reason.encode())
    if body is None:
        return Request(NOTHING, NOWHERE, (), b"")
    headers = (*added, ("Content-Type", settings.media_type), *_signed(send, body, settings))
    return Request(settings.method, settings.url, headers, body.content)


def message_id_of(send: Send) -> str:
    """The same for the same changes, whenever and however often they are sent."""
    content = [
        [str(item.address), value.field, value.version, value.value]
        for item in send.items
        for value in item.values
    ]
    digest = hashlib.sha256(msgspec.json.encode([send.destination, content])).hexdigest()
    return "msg_" + digest[:_ID_HEX_DIGITS]


def _added_headers(
    send: Send, settings: WebhookSettings
) -> tuple[tuple[str, str], ...] | Unrendered:
    """What the project adds; the route sees to it that the first change speaks for all."""
    item = send.items[0]
    value = item.values[0]
    data = of_place(item.address, send.destination)
    data |= of_change(value.key, value.kind, value.value)
    found: list[tuple[str, str]] = []
    for name, text in settings.headers.items():
        made = header_value(text, data) if is_template(text) else text
        if isinstance(made, Unrendered):
            return Unrendered(f"The header {name} cannot be made: {made.reason}")
        found.append((name, made))
    return tuple(found)


def _signed(send: Send, body: Body, settings: WebhookSettings) -> tuple[tuple[str, str], ...]:
    message_id = message_id_of(send)
    timestamp_s = send.at_ms // 1000
    headers = [("webhook-id", message_id), ("webhook-timestamp", str(timestamp_s))]
    secrets = settings.signing_secrets
    if secrets:
        signatures = [sign(secret, message_id, timestamp_s, body.content) for secret in secrets]
        headers.append(("webhook-signature", " ".join(signatures)))
    if settings.compatibility == SEGMENT:
        signature = segment_signature(settings.shared_secret or "", body.first)
        headers.append(("X-Signature", signature))
    return tuple(headers)
