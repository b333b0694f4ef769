"""People's values as Marketing Cloud requests, one kind of request for each route.

Rows are upserted by the extension's primary key, so a repeated request does no harm. A journey
is entered anew by every event, and nothing there tells a repeat: each carries its `version`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.instants import iso
from ebbline.connectors.request import Request
from ebbline.connectors.sfmc.settings import SfmcSettings
from ebbline.delivery import Address, Feed, Send, Value
from ebbline.delivery.feeds import AUDIENCE, ERASE, TRIGGER
from ebbline.profiles.graph import Identifier

CONTACT_KEY = "contact_key"

ROWS = ""
JOURNEY = "journey"
NOTHING = "nothing"
FORGET = "erase"


def address(identifiers: Sequence[Identifier], settings: SfmcSettings) -> Address | None:
    """The person's first identifier of the chosen type, as contact and subscriber key."""
    for identifier in identifiers:
        if identifier.type == settings.identify:
            return Address(CONTACT_KEY, identifier.value)
    return None


def route(address: Address, handle: str, feed: Feed, value: Any, settings: SfmcSettings) -> str:
    """The kind of request: rows have the empty one; an exit has no journey to start."""
    del address, handle, settings
    if feed.mode == TRIGGER:
        return NOTHING if value is None or value is False else JOURNEY
    return FORGET if feed.mode == ERASE else ROWS


def encode(send: Send, setup: Setup) -> Request:
    """The request; rows stand in the order of the send's items."""
    settings: SfmcSettings = setup.settings
    if send.route == JOURNEY:
        (item,) = send.items
        body = _entry(item.address, item.values[0])
        return post(setup, "/interaction/v1/events", body)
    if send.route == NOTHING:
        return get(setup, f"{rowset(settings)}?$page=1&$pagesize=1")  # it changes nothing
    if send.route == FORGET:
        keys = [item.address.value for item in send.items]
        body = {"values": keys, "DeleteOperationType": "ContactAndAttributes"}
        return post(setup, "/contacts/v1/contacts/actions/delete?type=keys", body)
    rows = [
        {
            "keys": {settings.key_field: item.address.value},
            "values": {value.key: _plain(value) for value in item.values},
        }
        for item in send.items
    ]
    return post(setup, f"/hub/v1/dataevents/key:{_quoted(settings)}/rowset", rows)


def rowset(settings: SfmcSettings) -> str:
    """Where the extension's rows are read."""
    return f"/data/v1/customobjectdata/key/{_quoted(settings)}/rowset"


def _quoted(settings: SfmcSettings) -> str:
    return quote(settings.extension, safe="")


def post(setup: Setup, path: str, body: Any) -> Request:
    """A request that changes something."""
    return Request("POST", setup.settings.rest_url + path, _headers(setup),
                   msgspec.json.encode(body))  # fmt: skip


def get(setup: Setup, path: str) -> Request:
    """A request that reads."""
    return Request("GET", setup.settings.rest_url + path, _headers(setup), b"")


def _headers(setup: Setup) -> tuple[tuple[str, str], ...]:
    return (("Authorization", f"Bearer {setup.token}"), ("Content-Type", "application/json"))


def _entry(person: Address, value: Value) -> dict[str, Any]:
    said = {"Member": bool(value.value)} if value.kind == AUDIENCE else {"Value": _plain(value)}
    return {
        "ContactKey": person.value,
        "EventDefinitionKey": value.key,
        "Data": {**said, "Version": value.version},
    }


def _plain(value: Value) -> Any:
    """Booleans and numbers as they are, a timestamp as a date, a list as text."""
    held = value.value
    if value.kind == "timestamp" and isinstance(held, int) and not isinstance(held, bool):
        return iso(held)
    if isinstance(held, list):
        return ", ".join(str(entry) for entry in held)
    return held
