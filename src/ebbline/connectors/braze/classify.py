"""What Braze's answer means for each object of a request.

Success does not mean that every person was updated: errors are listed by index inside it.
Retry-After is not documented; a 429 says X-RateLimit-Reset in epoch seconds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.braze.encode import INTRODUCTION, KNOWN, owners, starts_any
from ebbline.connectors.braze.names import CANVAS, TRACK, Endpoint, endpoint_of
from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    server_now_ms,
    status_verdict,
)
from ebbline.delivery import Outcome, Quota, Reply, Send
from ebbline.delivery.feeds import SUBSCRIPTION, TRIGGER
from ebbline.delivery.send import same_for_all

# A Canvas that is not there: mending it is about one sync and must not hold up the others.
_NO_CANVAS = ("invalid canvas id", "invalid campaign id")


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """Outcomes in the order of the send's items, and what is left of the rate limit."""
    del setup
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    quota = _quota(result, now_ms)
    endpoint = endpoint_of(send.route)
    verdict = status_verdict(result.status)
    if verdict in ("done", "split"):
        if endpoint is not TRACK:
            return Reply(_as_a_whole(send, result), quota)
        outcomes = _by_object(send, result)
        handles = _handles(send, outcomes)
        if send.route == INTRODUCTION:
            again = Outcome("again", "introduced")
            outcomes = tuple(again if one.verdict == "done" else one for one in outcomes)
        return Reply(outcomes, quota, handles=handles)
    retry_at_ms = None
    if verdict == "throttled":
        retry_at_ms = retry_after_ms(result, now_ms)
        if quota is not None and retry_at_ms is None:
            retry_at_ms = quota.reset_ms
    reason = refusal_reason(result, endpoint)
    return Reply(same_for_all(send, verdict, reason), quota, retry_at_ms)


def refusal_reason(response: Response, endpoint: Endpoint) -> str:
    """Braze's words, and the permission that a refused key should have."""
    words = message_of(response)
    if response.status in (401, 403):
        words = f"{words or 'no reason given'} (the key needs the permission {endpoint.permission})"
    return reason_of(response, words)


def _by_object(send: Send, response: Response) -> tuple[Outcome, ...]:
    """Map listed errors to their objects; an error that names none concerns the whole."""
    body = body_of(response)
    accepted = response.status < 300
    if body is None and accepted:
        return same_for_all(send, "retry", reason_of(response, "the answer is not JSON"))
    errors = (body or {}).get("errors") or []
    whose = owners(send) if errors else {}
    named: dict[int, str] = {}
    unnamed: list[str] = []
    for error in errors if isinstance(errors, list) else [errors]:
        index = _owner(error, whose)
        text = str(error.get("type", error)) if isinstance(error, dict) else str(error)
        if index is None:
            unnamed.append(text)
        else:
            named.setdefault(index, text)
    if unnamed or (not accepted and not named):
        text = "; ".join([message_of(response), *unnamed]).strip("; ")
        return same_for_all(send, "split", reason_of(response, text))
    # Of a refused request nothing was applied: the objects not named go again without the others.
    rest = Outcome("done") if accepted else Outcome("unsent", "sent together with a bad object")
    return tuple(
        Outcome("refused", reason_of(response, named[i])) if i in named else rest
        for i in range(len(send.items))
    )


def _handles(send: Send, outcomes: tuple[Outcome, ...]) -> tuple[str | None, ...]:
    """Who is there for sure from now on, where that is of use."""
    modes = {value.mode for item in send.items for value in item.values}
    if not modes & {SUBSCRIPTION, TRIGGER}:
        return ()
    return tuple(KNOWN if outcome.verdict == "done" else None for outcome in outcomes)


def _as_a_whole(send: Send, response: Response) -> tuple[Outcome, ...]:
    """The other endpoints take a request or leave it."""
    if response.status < 300:
        if body_of(response) is None:
            return same_for_all(send, "retry", reason_of(response, "the answer is not JSON"))
        return same_for_all(send, "done")
    reason = reason_of(response, message_of(response))
    if endpoint_of(send.route) is CANVAS:
        if not starts_any(send):
            return same_for_all(send, "done")  # exits only: "No Recipients" is what we meant
        if any(text in reason.lower() for text in _NO_CANVAS):
            reason = f"{reason} (no Canvas has the id that stands in as: ...)"
            return same_for_all(send, "refused", reason)
    return same_for_all(send, "split", reason)


def _owner(error: Any, whose: dict[str, list[int]]) -> int | None:
    if not isinstance(error, dict):
        return None
    objects = whose.get(error.get("input_array", "attributes"), [])
    index = error.get("index")
    return objects[index] if type(index) is int and 0 <= index < len(objects) else None


def body_of(response: Response) -> dict[str, Any] | None:
    """The answer's JSON object; None when it is none."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def message_of(response: Response) -> str:
    """Braze's own sentence."""
    message = (body_of(response) or {}).get("message", "")
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
