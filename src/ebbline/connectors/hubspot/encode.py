"""People's values as a HubSpot request: contacts, members of a list, or events.

Contacts and lists are set absolutely, so a repeated request does no harm; an event carries an
id that follows from its change, by which a repeat can be told.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.hubspot.settings import RECORD_ID, HubSpotSettings
from ebbline.connectors.hubspot.values import written
from ebbline.connectors.instants import iso
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Feed, Item, Send, Value
from ebbline.delivery.feeds import ERASE, EVENT, LIST
from ebbline.profiles.graph import Identifier

CONTACTS = "/crm/v3/objects/contacts"
LISTS = "/crm/v3/lists"

# By what an event names its contact, where that is known without asking first.
_NAMED_IN_EVENTS = {"email": "email", RECORD_ID: "objectId"}


def address(identifiers: Sequence[Identifier], settings: HubSpotSettings) -> Address | None:
    """The first property of `identify` that the person has an identifier for."""
    for wanted, name in settings.identify.items():
        for identifier in identifiers:
            if identifier.type == wanted:
                return Address(name, identifier.value)
    return None


def route(address: Address, handle: str, feed: Feed, value: Any, settings: Any) -> str:
    """The kind of request. Lists and some events need HubSpot's own id of the contact: where
    something is to be told of somebody, the contact is made ("handle"); to leave a list it is
    only looked for ("find"), since who is not there is in no list."""
    del settings
    if feed.mode == LIST:
        if not handle:
            makes = bool(value) and address.kind != RECORD_ID
            return f"{'handle' if makes else 'find'}:{address.kind}"
        return f"list:{'add' if value else 'remove'}:{feed.field}"
    if feed.mode == EVENT:
        if not handle and address.kind not in _NAMED_IN_EVENTS:
            return f"handle:{address.kind}"
        return f"{'each' if feed.every else 'event'}:{feed.field}"
    return "erase" if feed.mode == ERASE else f"contacts:{address.kind}"


def encode(send: Send, setup: Setup) -> Request:
    """The request; its inputs are in the order of the send's items."""
    kind, _, rest = send.route.partition(":")
    match kind:
        case "find":
            return asking(setup, rest, [item.address.value for item in send.items], [rest])
        case "list":
            verb, _, field = rest.partition(":")
            path = f"{LISTS}/{quote(setup.ids[field], safe='')}/memberships/{verb}"
            return made(setup, "PUT", path, [item.handle for item in send.items])
        case "event" | "each":
            events = [_event(send, item, value, setup.settings)
                      for item in send.items for value in item.values]  # fmt: skip
            return made(setup, "POST", "/events/v3/send/batch", {"inputs": events})
        case "erase":
            who = send.items[0].address
            content = {"objectId": who.value, "idProperty": who.kind}
            return made(setup, "POST", f"{CONTACTS}/gdpr-delete", content)
        case _:
            inputs = [_input(item, str(number)) for number, item in enumerate(send.items)]
            if kind == "handle":
                for item, one in zip(send.items, inputs, strict=True):
                    one["properties"] = {item.address.kind: item.address.value}
            return made(setup, "POST", f"{CONTACTS}/batch/upsert", {"inputs": inputs})


def asking(setup: Setup, kind: str, values: Sequence[str], properties: Sequence[str]) -> Request:
    """A request for contacts, by a unique property or by HubSpot's own ids."""
    content: dict[str, Any] = {} if kind == RECORD_ID else {"idProperty": kind}
    content["properties"] = list(properties)
    content["propertiesWithHistory"] = []
    content["inputs"] = [{"id": value} for value in values]
    return made(setup, "POST", f"{CONTACTS}/batch/read", content)


def made(setup: Setup, method: str, path: str, content: Any = None) -> Request:
    """A request with the token, and with a body unless there is nothing to say."""
    settings: HubSpotSettings = setup.settings
    headers = [("Authorization", f"Bearer {settings.token}")]
    body = b""
    if content is not None:
        headers.append(("Content-Type", "application/json"))
        body = msgspec.json.encode(content)
    return Request(method, settings.endpoint.rstrip("/") + path, tuple(headers), body)


def _input(item: Item, trace: str) -> dict[str, Any]:
    return {
        "id": item.address.value,
        "idProperty": item.address.kind,
        "objectWriteTraceId": trace,
        "properties": {value.field: written(value.kind, value.value) for value in item.values},
    }


def _event(send: Send, item: Item, value: Value, settings: HubSpotSettings) -> dict[str, Any]:
    by = _NAMED_IN_EVENTS.get(item.address.kind)
    told: dict[str, Any] = {
        "eventName": value.key,
        **({by: item.address.value} if by else {"objectId": item.handle}),
        "occurredAt": iso(value.at_ms),
        "uuid": _event_id(send, item, value),
    }
    if settings.event_property:
        told["properties"] = {settings.event_property: written(value.kind, value.value)}
    return told


def _event_id(send: Send, item: Item, value: Value) -> str:
    """The same for the same change, whenever and however often it is sent."""
    content = [send.destination, str(item.address), value.key, value.version]
    return str(uuid.UUID(bytes=hashlib.sha256(msgspec.json.encode(content)).digest()[:16]))
