"""People's values as Braze requests, one kind of request for each route.

Attributes and subscription states are absolute, so a repeated request does no harm. Events and
Canvas entries are not: Braze has no way to tell a repeat, so each carries its `version`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ebbline.connectors.braze.names import (
    ALIAS_LABEL,
    EXTERNAL_ID,
    GROUPS,
    USER_ALIAS,
    endpoint_of,
)
from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.connector import Setup
from ebbline.connectors.instants import iso
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Feed, Send, Value
from ebbline.delivery.address import parse_address
from ebbline.delivery.feeds import AUDIENCE, ERASE, EVENT, FOLLOW, SUBSCRIPTION, TRIGGER
from ebbline.profiles.graph import Identifier

KNOWN = "known"
"""The handle of a person whom Braze has taken an attributes object for."""

INTRODUCTION = "handle"
"""The route of objects that only name people, so that they are there."""


def address(identifiers: Sequence[Identifier], settings: BrazeSettings) -> Address | None:
    """The person's user id as external_id, else their first device as an alias, else nothing;
    settings may choose other types of identifiers."""
    kinds = {settings.external_id: EXTERNAL_ID, settings.alias: USER_ALIAS}
    for wanted, kind in kinds.items():
        for identifier in identifiers:
            if identifier.type == wanted:
                return Address(kind, identifier.value)
    return None


def follows(old: Address, new: Address, settings: BrazeSettings) -> bool:
    """An alias can become part of a user, and a user of another one, where settings allow."""
    if new.kind != EXTERNAL_ID:
        return False
    return settings.identify if old.kind == USER_ALIAS else settings.merge


def route(address: Address, handle: str, feed: Feed, value: Any, settings: BrazeSettings) -> str:
    """The kind of request: attributes have the empty one. The handle is KNOWN for who is
    there for sure."""
    del settings
    if feed.mode == EVENT:
        return "event"
    # Requests about subscriptions know no aliases and create nobody, so the first state of a
    # person stands among the attributes.
    if feed.mode == SUBSCRIPTION and handle and address.kind == EXTERNAL_ID:
        return f"subscription:{feed.field}"
    # A Canvas passes over people who are not there yet, so they are introduced first.
    if feed.mode == TRIGGER:
        return f"canvas:{feed.field}" if handle or not _starts(value) else INTRODUCTION
    if feed.mode == FOLLOW:
        return "identify" if address.kind == USER_ALIAS else "merge"
    return f"delete:{address.kind}" if feed.mode == ERASE else ""


def encode(send: Send, setup: Setup) -> Request:
    """The request; within each array the order is that of the send's items."""
    kind = send.route.partition(":")[0]
    return post(setup.settings, endpoint_of(kind).path, _BODIES[kind](send))


def post(settings: BrazeSettings, path: str, body: dict[str, Any]) -> Request:
    """A request to one of the workspace's endpoints."""
    headers = (
        ("Authorization", f"Bearer {settings.key}"),
        ("Content-Type", "application/json"),
    )
    url = settings.endpoint.rstrip("/") + path
    return Request("POST", url, headers, msgspec.json.encode(body))


def owners(send: Send) -> dict[str, list[int]]:
    """For each array of a /users/track request, whose each object is: the item's index."""
    found: dict[str, list[int]] = {"attributes": [], "events": []}
    for index, item in enumerate(send.items):
        events = sum(value.mode == EVENT for value in item.values)
        found["events"] += [index] * events
        found["attributes"] += [index] * (events < len(item.values))
    return found


def alias_of(address: Address) -> dict[str, str]:
    """A device as Braze names it."""
    return {"alias_name": address.value, "alias_label": ALIAS_LABEL}


def _track(send: Send) -> dict[str, Any]:
    attributes: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for item in send.items:
        held: dict[str, Any] | None = None
        for value in item.values:
            if value.mode == EVENT:
                events.append(_event(item.address, value))
                continue
            if held is None:
                held = _identified(item.address)
                attributes.append(held)
            if value.mode == SUBSCRIPTION:
                held.setdefault(GROUPS, []).append(_state(value))
            else:
                held[value.key] = _plain(value)
    arrays = {"attributes": attributes, "events": events}
    return {name: array for name, array in arrays.items() if array}


def _introduction(send: Send) -> dict[str, Any]:
    return {"attributes": [_identified(item.address) for item in send.items]}


def _identified(address: Address) -> dict[str, Any]:
    if address.kind == EXTERNAL_ID:
        return {"external_id": address.value}
    # Without the flag Braze only updates aliases and creates none.
    return {"user_alias": alias_of(address), "_update_existing_only": False}


def _event(address: Address, value: Value) -> dict[str, Any]:
    named = {"name": value.key, "time": iso(value.at_ms), "properties": _properties(value)}
    return _identified(address) | named


def _properties(value: Value) -> dict[str, Any]:
    """What a change is about; its version tells a repeat, as it rises with every change."""
    said = {"member": bool(value.value)} if value.kind == AUDIENCE else {"value": _plain(value)}
    return {**said, "version": value.version}


def _plain(value: Value) -> Any:
    """A timestamp as a date Braze can filter by; everything else as it is, null removes."""
    held = value.value
    if value.kind == "timestamp" and isinstance(held, int) and not isinstance(held, bool):
        return iso(held)
    return held


def _state(value: Value) -> dict[str, str]:
    state = "subscribed" if value.value is True else "unsubscribed"
    return {"subscription_group_id": value.key, "subscription_state": state}


def _statuses(send: Send) -> dict[str, Any]:
    """One entry for each state of the group, with everybody who is to have it."""
    entries: dict[str, dict[str, Any]] = {}
    for item in send.items:
        for value in item.values:
            state = _state(value)
            entry = entries.setdefault(state["subscription_state"], state | {"external_ids": []})
            entry["external_ids"].append(item.address.value)
    return {GROUPS: list(entries.values())}


def starts_any(send: Send) -> bool:
    """Whether a request starts a Canvas for anybody; one of exits alone does not."""
    return any(_starts(value.value) for item in send.items for value in item.values)


def _starts(value: Any) -> bool:
    """Whether a change starts a Canvas: entries do, exits have nothing to start."""
    return value is not None and value is not False


def _canvas(send: Send) -> dict[str, Any]:
    recipients = [
        {**_recipient(item.address), "canvas_entry_properties": _properties(value)}
        for item in send.items
        for value in item.values
        if _starts(value.value)
    ]
    return {"canvas_id": send.route.partition(":")[2], "recipients": recipients}


def _recipient(address: Address) -> dict[str, Any]:
    if address.kind == EXTERNAL_ID:
        return {"external_user_id": address.value}
    return {"user_alias": alias_of(address)}


def _identify(send: Send) -> dict[str, Any]:
    joined = [
        {"external_id": _new_home(value).value, "user_alias": alias_of(item.address)}
        for item in send.items
        for value in item.values
    ]
    return {"aliases_to_identify": joined, "merge_behavior": "merge"}


def _merge(send: Send) -> dict[str, Any]:
    updates = [
        {
            "identifier_to_merge": {EXTERNAL_ID: item.address.value},
            "identifier_to_keep": {EXTERNAL_ID: _new_home(value).value},
        }
        for item in send.items
        for value in item.values
    ]
    return {"merge_updates": updates}


def _new_home(value: Value) -> Address:
    """Where the errand says that a person lives now."""
    return parse_address(value.value)


def _delete(send: Send) -> dict[str, Any]:
    people = [item.address for item in send.items]
    if people[0].kind == EXTERNAL_ID:
        return {"external_ids": [address.value for address in people]}
    return {"user_aliases": [alias_of(address) for address in people]}


_BODIES: dict[str, Callable[[Send], dict[str, Any]]] = {
    "": _track,
    INTRODUCTION: _introduction,
    "event": _track,
    "subscription": _statuses,
    "canvas": _canvas,
    "identify": _identify,
    "merge": _merge,
    "delete": _delete,
}
