"""Values as HubSpot keeps them, which is always text, and back."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from ebbline.connectors.instants import iso
from ebbline.delivery.feeds import AUDIENCE

_BOOLEANS = {"true": True, "false": False}


def written(kind: str, value: Any) -> str:
    """A value as the text of a property; nothing clears it, a list becomes `a;b`.

    >>> written("audience", True), written("number", 1e-7), written("list", ["a", 2])
    ('true', '0.0000001', 'a;2')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if kind == "timestamp" and isinstance(value, int):
        return iso(value)
    if isinstance(value, int | float):
        return f"{Decimal(repr(value)):f}"
    if isinstance(value, list | tuple):
        return ";".join(written("any", part) for part in value)
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def read(kind: str, text: Any) -> Any:
    """The inverse of `written`, as far as text allows; what cannot be read stays as it is, and
    so is seen to differ.

    >>> read("audience", "true"), read("number", "82.50"), read("timestamp", "1970-01-01T00:00:01Z")
    (True, 82.5, 1000)
    """
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        return text
    if kind in (AUDIENCE, "boolean"):
        return _BOOLEANS.get(text.lower(), text)
    if kind == "number":
        return _number(text)
    if kind == "timestamp":
        return _instant_ms(text)
    return text.split(";") if kind == "list" else text


def _number(text: str) -> int | float | str:
    try:
        found = float(text)
        return int(found) if found.is_integer() else found
    except (ValueError, OverflowError):
        return text


def _instant_ms(text: str) -> int | str:
    """Epoch milliseconds, or ISO 8601 with a zone."""
    if text.removeprefix("-").isdecimal():
        return int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        return text
    return round(moment.timestamp() * 1000)
