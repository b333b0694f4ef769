"""What Braze's answer means for each object of a request.

Success does not mean that every person was updated: errors are listed by index inside it.
Retry-After is not documented; a 429 says X-RateLimit-Reset in epoch seconds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    server_now_ms,
    status_verdict,
)
from ebbline.delivery import Outcome, Quota, Reply, Send
from ebbline.delivery.send import same_for_all


def classify(send: Send, result: Result, settings: BrazeSettings, now_ms: int) -> Reply:
    """Outcomes in the order of the send's items, and what is left of the rate limit."""
    del settings
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    quota = _quota(result, now_ms)
    verdict = status_verdict(result.status)
    if verdict in ("done", "split"):
        return Reply(_by_object(send, result), quota)
    retry_at_ms = None
    if verdict == "throttled":
        retry_at_ms = retry_after_ms(result, now_ms)
        if quota is not None and retry_at_ms is None:
            retry_at_ms = quota.reset_ms
    return Reply(same_for_all(send, verdict, reason_of(result, _message(result))), quota,
                 retry_at_ms)  # fmt: skip


def _by_object(send: Send, response: Response) -> tuple[Outcome, ...]:
    """Map listed errors to their objects; an error that names none concerns the whole."""
    body = _body(response)
    accepted = response.status < 300
    if body is None and accepted:
        return same_for_all(send, "retry", reason_of(response, "the answer is not JSON"))
    errors = (body or {}).get("errors") or []
    named: dict[int, str] = {}
    unnamed: list[str] = []
    for error in errors if isinstance(errors, list) else [errors]:
        index = _index(error, len(send.items))
        text = str(error.get("type", error)) if isinstance(error, dict) else str(error)
        if index is None:
            unnamed.append(text)
        else:
            named.setdefault(index, text)
    if unnamed or (not accepted and not named):
        text = "; ".join([_message(response), *unnamed]).strip("; ")
        return same_for_all(send, "split", reason_of(response, text))
    # Of a refused request nothing was applied: the objects not named go again without the others.
    rest = Outcome("done") if accepted else Outcome("unsent", "sent together with a bad object")
    return tuple(
        Outcome("refused", reason_of(response, named[i])) if i in named else rest
        for i in range(len(send.items))
    )


def _index(error: Any, count: int) -> int | None:
    if not isinstance(error, dict) or error.get("input_array", "attributes") != "attributes":
        return None
    index = error.get("index")
    return index if type(index) is int and 0 <= index < count else None


def _body(response: Response) -> dict[str, Any] | None:
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def _message(response: Response) -> str:
    message = (_body(response) or {}).get("message", "")
    return message if isinstance(message, str) else ""


def _quota(response: Response, now_ms: int) -> Quota | None:
    """Requests left and until when, by our clock."""
    try:
        remaining = int(response.headers["x-ratelimit-remaining"])
        reset_ms = int(response.headers["x-ratelimit-reset"]) * 1000
    except (KeyError, ValueError):
        return None
    wait_ms = reset_ms - server_now_ms(response, now_ms)
    return Quota(remaining, now_ms + max(0, wait_ms))
