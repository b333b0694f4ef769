"""What HubSpot's answers say, apart from what follows from it: errors, whom they name, limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from ebbline.connectors.hubspot.limits import WINDOW_MS
from ebbline.connectors.request import Response
from ebbline.connectors.statuses import reason_of
from ebbline.delivery import Item, Quota

UNKNOWN_PROPERTY = "PROPERTY_DOESNT_EXIST"
_SCOPES = ("requiredGranularScopes", "requiredScopes", "missingScopes")


class Failed(msgspec.Struct, frozen=True):
    """One error of an answer, or an answer that is one. `said` are its words and those of the
    errors in it; `context` what it names: ids, scopes, properties."""

    category: str
    said: str
    codes: tuple[str, ...] = ()
    context: dict[str, tuple[str, ...]] = {}

    @property
    def unknown_property(self) -> bool:
        """Whether it minds a property that the account does not have."""
        return UNKNOWN_PROPERTY in self.codes or (
            'Property "' in self.said and "does not exist" in self.said
        )

    def names(self, item: Item, trace: str) -> bool:
        """Whether it is about this item of a request, or one of several."""
        if trace in self.context.get("objectWriteTraceId", ()):
            return True
        return item.address.value in (*self.context.get("ids", ()), *self.context.get("id", ()))


def body_of(response: Response) -> dict[str, Any] | None:
    """The body if it is a JSON object."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def rows(body: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    """The objects of an array in a body."""
    found = (body or {}).get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def failed(error: dict[str, Any] | None) -> Failed:
    """An error's parts, whatever of them is there."""
    error = error or {}
    inner = rows(error, "errors")
    said = [_text(error, "message"), *(_text(one, "message") for one in inner)]
    codes = [_text(one, key) for one in (error, *inner) for key in ("code", "subCategory")]
    context: dict[str, tuple[str, ...]] = {}
    for one in (error, *inner):
        for key, values in _context(one):
            context[key] = (*context.get(key, ()), *values)
    return Failed(
        _text(error, "category") or _text(error, "errorType"),
        "; ".join(dict.fromkeys(text for text in said if text)),
        tuple(code.rpartition(".")[2] for code in codes if code),
        context,
    )


def in_words(response: Response, error: Failed) -> str:
    """A reason for people: status, category, HubSpot's words, and the scopes it wants."""
    scopes = [scope for key in _SCOPES for scope in error.context.get(key, ())]
    parts = [f"{error.category}:" if error.category else "", error.said]
    if scopes:
        parts.append(f"The token needs {', '.join(dict.fromkeys(scopes))}.")
    return reason_of(response, " ".join(part for part in parts if part))


def quota_of(response: Response, now_ms: int) -> Quota | None:
    """Requests left in the window that rolls; search and OAuth answers say less, or nothing."""
    headers = response.headers
    try:
        remaining = int(headers["x-hubspot-ratelimit-remaining"])
        interval_ms = int(headers.get("x-hubspot-ratelimit-interval-milliseconds", WINDOW_MS))
    except (KeyError, ValueError):
        return None
    return Quota(remaining, now_ms + interval_ms)


def day_is_over(response: Response) -> bool:
    """Whether the headers say that nothing is left of the day's quota."""
    return response.headers.get("x-hubspot-ratelimit-daily-remaining") == "0"


def _context(error: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(error.get("id"), str):
        yield "id", (error["id"],)
    context = error.get("context")
    for key, value in context.items() if isinstance(context, dict) else ():
        values = value if isinstance(value, list) else [value]
        yield str(key), tuple(str(one) for one in values)


def _text(error: dict[str, Any], key: str) -> str:
    found = error.get(key)
    return found if isinstance(found, str) else ""
