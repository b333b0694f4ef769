"""People's values as Mailchimp requests, one kind of request for each route.

Who has no handle yet is introduced: a batch that creates the new and leaves the others as they
are. Whoever has one is updated by batches that never say a status, so that nobody who
unsubscribed is subscribed again.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.instants import iso
from ebbline.connectors.mailchimp.settings import MailchimpSettings
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Feed, Item, Send, Value
from ebbline.delivery.feeds import AUDIENCE, ERASE, EVENT, LIST
from ebbline.profiles.graph import Identifier

EMAIL = "email"

HANDLE = "handle"
NEW = "new"
MEMBERS = "members"
TAG = "tag"
EVENTS = "event"
FORGET = "erase"


def address(identifiers: Sequence[Identifier], settings: MailchimpSettings) -> Address | None:
    """The person's first e-mail address, as Mailchimp compares them: trimmed, in lower case."""
    for identifier in identifiers:
        if identifier.type == settings.identify and "@" in identifier.value:
            return Address(EMAIL, identifier.value.strip().lower())
    return None


def handle_of(email: str) -> str:
    """Mailchimp's id of a contact: the MD5 of the trimmed address in lower case.

    >>> handle_of("Urist.McVankab@freddiesjokes.com ")
    '62eeb292278cc15f5817cb78f7790b08'
    """
    text = email.strip().lower().encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def route(
    address: Address, handle: str, feed: Feed, value: Any, settings: MailchimpSettings
) -> str:
    """The kind of request; a tag can only be taken from somebody without being introduced."""
    del address, settings
    if feed.mode == LIST:
        return f"{TAG}:{feed.field}" if handle or not value else HANDLE
    if feed.mode == EVENT:
        return EVENTS if handle else HANDLE
    if feed.mode == ERASE:
        return FORGET
    return MEMBERS if handle else NEW


def encode(send: Send, setup: Setup) -> Request:
    """The request; people stand in it in the order of the send's items."""
    settings: MailchimpSettings = setup.settings
    kind, _, field = send.route.partition(":")
    person = f"/members/{handle_of(send.items[0].address.value)}"
    if kind == TAG:
        segment = quote(setup.ids.get(field, ""), safe="")
        return post(settings, f"/segments/{segment}", _tagged(send))
    if kind == EVENTS:
        return post(settings, f"{person}/events", _event(send.items[0].values[0]))
    if kind == FORGET:
        return post(settings, f"{person}/actions/delete-permanent", None)
    return post(settings, "?skip_merge_validation=true", _batch(send, settings, kind))


def post(settings: MailchimpSettings, path: str, body: dict[str, Any] | None) -> Request:
    """A request that changes something in the audience."""
    content = b"" if body is None else msgspec.json.encode(body)
    return Request("POST", _url(settings, path), _headers(settings), content)


def get(settings: MailchimpSettings, path: str) -> Request:
    """A request that reads from the audience."""
    return Request("GET", _url(settings, path), _headers(settings), b"")


def _url(settings: MailchimpSettings, path: str) -> str:
    return f"{settings.url}/lists/{settings.list_id}{path}"


def _headers(settings: MailchimpSettings) -> tuple[tuple[str, str], ...]:
    # Any user name will do; the key is the password.
    pair = base64.b64encode(f"ebbline:{settings.key}".encode()).decode()
    return (("Authorization", f"Basic {pair}"), ("Content-Type", "application/json"))


def _batch(send: Send, settings: MailchimpSettings, kind: str) -> dict[str, Any]:
    """Contacts to create (whoever is there already is named in the answer) or to update."""
    members = [_member(item, with_fields=kind != HANDLE) for item in send.items]
    if kind != MEMBERS:
        members = [member | {"status": settings.status_if_new} for member in members]
    return {"members": members, "update_existing": kind == MEMBERS}


def _member(item: Item, *, with_fields: bool) -> dict[str, Any]:
    member: dict[str, Any] = {"email_address": item.address.value}
    if with_fields:
        member["merge_fields"] = {value.key: _merge_value(value) for value in item.values}
    return member


def _merge_value(value: Value) -> Any:
    """Merge fields are text or numbers: there is no boolean among them, and "" is nothing."""
    held = value.value
    if held is None:
        return ""
    if isinstance(held, bool):
        return "true" if held else "false"
    if value.kind == "timestamp" and isinstance(held, int):
        return iso(held)
    if value.kind == "number":
        return held
    if isinstance(held, list):
        return ", ".join(str(entry) for entry in held)
    return str(held)


def _tagged(send: Send) -> dict[str, Any]:
    found: dict[str, Any] = {"members_to_add": [], "members_to_remove": []}
    for item in send.items:
        for value in item.values:
            side = "members_to_add" if value.value else "members_to_remove"
            found[side].append(item.address.value)
    return {side: people for side, people in found.items() if people}


def _event(value: Value) -> dict[str, Any]:
    """Properties of an event are text; its version tells a repeat."""
    if value.kind == AUDIENCE:
        said = {"member": "true" if value.value else "false"}
    else:
        said = {"value": str(_merge_value(value))}
    properties = {**said, "version": str(value.version)}
    return {"name": value.key, "properties": properties, "occurred_at": iso(value.at_ms)}
