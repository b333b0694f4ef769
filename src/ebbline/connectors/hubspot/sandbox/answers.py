"""HubSpot's answers as the sandbox gives them: a status, and one form of body for all errors."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.request import Response

CORRELATION = "c033cdaa-2c40-4a64-ae48-b4cec88dad24"
_CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    423: "LOCKED",
    429: "RATE_LIMITS",
}


class Refused(Exception):
    """A request is not carried out; caught where the sandbox answers."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.response = error(status, message, **more)


def answer(status: int, content: Any = None) -> Response:
    """A success; without content it has no body."""
    if content is None:
        return Response(status, {}, b"")
    return Response(status, {"content-type": "application/json"}, msgspec.json.encode(content))


def error(status: int, message: str, *, headers: dict[str, str] | None = None,
          category: str = "", **more: Any) -> Response:  # fmt: skip
    """An error that concerns the whole request."""
    content = {
        "status": "error",
        "message": message,
        "correlationId": CORRELATION,
        "category": category or _CATEGORIES.get(status, "INTERNAL_ERROR"),
        **more,
    }
    told = answer(status, content)
    return Response(status, told.headers | (headers or {}), told.body)


def limited(policy: str) -> Response:
    """A 429: nothing was done."""
    period = "daily" if policy == "DAILY" else "ten_secondly_rolling"
    content = {
        "status": "error",
        "message": f"You have reached your {period} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": CORRELATION,
        "policyName": policy,
        "requestId": "3d3e35b7-0dae-4b9f-a6e3-9c230cbcf8dd",
    }
    return answer(429, content)


def unscoped(scope: str) -> Refused:
    """What a token without a scope is told."""
    inner = {
        "message": "One or more of the following scopes are required.",
        "context": {"requiredGranularScopes": [scope]},
    }
    text = "This app hasn't been granted all required scopes to make this call."
    return Refused(403, text, errors=[inner])


def record_error(message: str, context: dict[str, list[str]],
                 category: str = "VALIDATION_ERROR") -> dict[str, Any]:  # fmt: skip
    """An error about one record inside an answer that is a success for others."""
    return {
        "status": "error",
        "category": category,
        "message": message,
        "context": context,
        "links": {},
    }


def batch(results: list[dict[str, Any]], errors: list[dict[str, Any]]) -> Response:
    """The answer to a batch: 207 as soon as there is an error in it."""
    content: dict[str, Any] = {"status": "COMPLETE", "results": results}
    if errors:
        content |= {"numErrors": len(errors), "errors": errors}
    return answer(207 if errors else 200, content)
