"""Values as Marketo's fields take them, and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from ebbline.connectors.instants import iso
from ebbline.delivery.feeds import AUDIENCE

_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def written(kind: str, value: Any) -> Any:
    """A value as JSON: a timestamp in whole seconds, a list as the text `a;b`; null clears.

    >>> written("audience", True), written("timestamp", 1_999), written("list", ["a", 2])
    (True, '1970-01-01T00:00:01Z', 'a;2')
    """
    if value is None or isinstance(value, bool):
        return value
    if kind == "timestamp" and isinstance(value, int):
        return iso(value - value % 1000).replace(".000", "")
    if isinstance(value, list | tuple):
        return ";".join(_text(part) for part in value)
    return value if isinstance(value, str | int | float) else _text(value)


def read(kind: str, held: Any) -> Any:
    """The inverse of `written`; what cannot be read stays as it is, and so is seen to differ.

    >>> read("audience", "1"), read("number", "82.5"), read("timestamp", "1970-01-01T00:00:01Z")
    (True, 82.5, 1000)
    """
    if held is None or held == "":
        return None
    if kind in (AUDIENCE, "boolean"):
        return held if isinstance(held, bool) else _BOOLEANS.get(str(held).lower(), held)
    if kind == "number" and isinstance(held, str):
        return _number(held)
    if kind == "timestamp" and isinstance(held, str):
        return _instant_ms(held)
    if kind == "list" and isinstance(held, str):
        return held.split(";")
    return held


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _instant_ms(text: str) -> int | str:
    """ISO 8601 with a zone, as `Z`, `-06:00` or `-0600`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo is None else round(moment.timestamp() * 1000)
