"""One call of a conversation with Marketo, and what it means when it fails."""

from __future__ import annotations

from typing import Any

from ebbline.connectors.conversation import Conversation, Refusal
from ebbline.connectors.marketo.answers import (
    body_of,
    call_error,
    call_verdict,
    in_words,
)
from ebbline.connectors.request import Failure, Request, Result
from ebbline.connectors.statuses import reason_of, status_verdict
from ebbline.delivery.send import Verdict

Body = dict[str, Any]


def ask(request: Request, permission: str) -> Conversation[Body]:
    """The answer's body, if the call was carried out; `permission` is what it takes."""
    result = yield request
    refused = refusal(result, permission)
    if refused is not None or isinstance(result, Failure):
        return refused or {}
    return body_of(result) or {}


def refusal(result: Result, permission: str) -> Refusal | None:
    """Why a conversation ends here; None when it goes on."""
    if isinstance(result, Failure):
        # What is said in conversations may be said twice.
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    if result.status >= 300:
        return Refusal(_verdict(status_verdict(result.status)), reason_of(result))
    body = body_of(result)
    if body is None:
        return Refusal("retry", reason_of(result, "the answer is not JSON"))
    error = call_error(body)
    if error is None:
        return None
    return Refusal(_verdict(call_verdict(error.code)), in_words(result, error, permission))


def _verdict(verdict: Verdict) -> Verdict:
    """Of a whole conversation nobody can be singled out, and all of it may be said again."""
    if verdict == "split":
        return "misconfigured"
    return "retry" if verdict == "unknown" else verdict
