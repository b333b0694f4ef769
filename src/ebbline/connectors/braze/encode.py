"""People's values as a Braze request: one attributes object for each person.

Attributes set absolute values, so a repeated request does no harm. It sends no events and no
increments, which a repeat would count twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.instants import iso
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Item, Send, Value
from ebbline.profiles.graph import Identifier

PATH = "/users/track"
ALIAS_LABEL = "anonymous_id"
EXTERNAL_ID = "external_id"
USER_ALIAS = "user_alias"

_KINDS = {"user_id": EXTERNAL_ID, "anonymous_id": USER_ALIAS}


def address(identifiers: Sequence[Identifier]) -> Address | None:
    """The person's user id as external_id, else their first device as an alias, else nothing."""
    for wanted, kind in _KINDS.items():
        for identifier in identifiers:
            if identifier.type == wanted:
                return Address(kind, identifier.value)
    return None


def encode(send: Send, settings: BrazeSettings) -> Request:
    """The request; the order of its attributes is the order of the send's items."""
    body = {"attributes": [_attributes(item) for item in send.items]}
    headers = (
        ("Authorization", f"Bearer {settings.key}"),
        ("Content-Type", "application/json"),
    )
    url = settings.endpoint.rstrip("/") + PATH
    return Request("POST", url, headers, msgspec.json.encode(body))


def _attributes(item: Item) -> dict[str, Any]:
    if item.address.kind == EXTERNAL_ID:
        found: dict[str, Any] = {"external_id": item.address.value}
    else:
        # Without the flag Braze only updates aliases and creates none.
        alias = {"alias_name": item.address.value, "alias_label": ALIAS_LABEL}
        found = {"user_alias": alias, "_update_existing_only": False}
    for value in item.values:
        found[value.field] = _plain(value)
    return found


def _plain(value: Value) -> Any:
    """A timestamp as a date Braze can filter by; everything else as it is, null removes."""
    held = value.value
    if value.kind == "timestamp" and isinstance(held, int) and not isinstance(held, bool):
        return iso(held)
    return held
