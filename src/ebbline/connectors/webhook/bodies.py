"""The body of a request: one message for each change or person, and what joins them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ebbline.connectors.instants import iso
from ebbline.connectors.webhook.limits import BODY_BYTES_MAX
from ebbline.connectors.webhook.samples import read_json
from ebbline.connectors.webhook.settings import ARRAY, NDJSON, WebhookSettings
from ebbline.connectors.webhook.templates import Unrendered, names_of, render
from ebbline.connectors.webhook.variables import of_person, of_place, of_value, plain
from ebbline.delivery import Address, Item, Send, Value
from ebbline.delivery.feeds import AUDIENCE, ERASE


class Body(msgspec.Struct, frozen=True):
    """A body, and the first message in it, which is what Segment's receivers check."""

    content: bytes
    first: bytes


def body_of(send: Send, settings: WebhookSettings) -> Body | Unrendered | None:
    """What to send; None when the template has nothing to say about any of it."""
    messages: list[bytes] = []
    for made in _messages(send, settings):
        if isinstance(made, Unrendered):
            return Unrendered(f"The body cannot be made. {made.reason}")
        if made:
            messages.append(made)
    if not messages:
        return None
    content = _joined(messages, settings)
    if isinstance(content, Unrendered):
        return content
    if len(content) > BODY_BYTES_MAX:
        return Unrendered(f"The body would have more than {BODY_BYTES_MAX} bytes.")
    return Body(content, content if settings.merge_key else messages[0])


def message(person: Address, value: Value) -> dict[str, Any]:
    """One change as Standard Webhooks advises: type, timestamp, data. `version` rises with
    every change, so a receiver can tell the newer of two."""
    data: dict[str, Any] = {"person": {"type": person.kind, "value": person.value}}
    if value.key == ERASE:
        kind = "person.erased"
    elif value.kind == AUDIENCE:
        kind = "audience.entered" if value.value else "audience.exited"
        data |= {"audience": value.key, "member": bool(value.value)}
    else:
        kind = "trait.changed"
        data |= {"trait": value.key, "value": plain(value.kind, value.value)}
    data["version"] = value.version
    return {"type": kind, "timestamp": iso(value.at_ms), "data": data}


def _messages(send: Send, settings: WebhookSettings) -> Iterator[bytes | Unrendered]:
    """People in the order of the send, their oldest change first; empty for nothing to say."""
    for item in send.items:
        if not settings.body:
            for value in item.values:
                yield msgspec.json.encode(message(item.address, value))
        elif settings.per == "person":
            yield _rendered(send, item, of_person(item.values), settings)
        else:
            for value in item.values:
                yield _rendered(send, item, of_value(value), settings)


def _rendered(
    send: Send, item: Item, data: dict[str, Any], settings: WebhookSettings
) -> bytes | Unrendered:
    erases = any(value.key == ERASE for value in item.values)
    if erases and names_of(settings.body).isdisjoint(["change", "changes"]):
        return Unrendered('It does not say what an erasure looks like: look at "change".')
    written = render(settings.body, of_place(item.address, send.destination) | data)
    if isinstance(written, Unrendered) or not settings.is_json or not written.strip():
        return written if isinstance(written, Unrendered) else written.strip().encode()
    content = read_json(written, "")
    if isinstance(content, Unrendered):
        return Unrendered(content.reason[:1].upper() + content.reason[1:])
    return msgspec.json.encode(content) if settings.joining else written.strip().encode()


def _joined(messages: list[bytes], settings: WebhookSettings) -> bytes | Unrendered:
    listed = b"[" + b",".join(messages) + b"]"
    if settings.merge_key and settings.body:
        return _merged(messages, settings.merge_key)
    if settings.merge_key:
        return msgspec.json.encode({settings.merge_key: msgspec.Raw(listed)})
    if settings.joining == ARRAY:
        return listed
    if settings.joining == NDJSON:
        return b"".join(message + b"\n" for message in messages)
    if len(messages) > 1:
        return Unrendered("The body cannot hold more than one message.")
    return messages[0]


def _merged(messages: list[bytes], key: str) -> bytes | Unrendered:
    """The arrays under a key one after the other; what stands beside them must be the same in
    all."""
    entries: list[Any] = []
    rest: dict[str, Any] | None = None
    for content in map(msgspec.json.decode, messages):
        listed = content.pop(key, None) if isinstance(content, dict) else None
        if not isinstance(listed, list):
            return Unrendered(f'The body has no array under "{key}".')
        if rest is not None and content != rest:
            return Unrendered(f'The bodies differ beside "{key}", so they cannot be merged.')
        rest = content
        entries += listed
    return msgspec.json.encode({**(rest or {}), key: entries})
