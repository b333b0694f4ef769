"""What Marketing Cloud's answer means for the rows of a request: it takes all or none.

A 400 may mean that somebody else is saving rows just now: error 10006 without further errors.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.sfmc.encode import FORGET, JOURNEY, NOTHING
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

_LOCKED = 10006

# What a package must be allowed to, as the list of its permissions says it.
_ALLOWED = {JOURNEY: "to execute journeys", FORGET: "to write list and subscribers"}
_ALLOWED_ROWS = "to read and write data extensions"


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """One outcome for all, and until when to wait."""
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    verdict = verdict_of(result)
    if verdict == "done" and send.route != NOTHING and json_of(result) is None:
        return Reply(same_for_all(send, "retry", reason_of(result, "the answer is not JSON")))
    if send.route == NOTHING and verdict in ("done", "split", "misconfigured"):
        return Reply(same_for_all(send, "done"))
    if verdict == "done":
        return Reply(same_for_all(send, "done"))
    reason = reason_of(result, words_of(result) + advice(result.status, send.route, setup))
    if verdict == "misconfigured" and result.status == 404 and send.route == JOURNEY:
        verdict = "refused"  # one journey that is not there holds up nothing else
    # A 503 says "later" as a 429 does, but not that nothing was saved.
    waits = verdict in ("throttled", "retry")
    retry_at_ms = retry_after_ms(result, now_ms) if waits else None
    return Reply(same_for_all(send, verdict, reason), None, retry_at_ms)


def verdict_of(response: Response) -> Verdict:
    """The verdict on a whole request."""
    if response.status == 401:
        return "expired"
    body = json_of(response)
    if response.status == 400 and isinstance(body, dict):
        locked = body.get("errorcode") == _LOCKED and not body.get("additionalErrors")
        return "retry" if locked else "split"
    return status_verdict(response.status)


def json_of(response: Response) -> Any:
    """The answer's JSON; None when it is none."""
    try:
        return msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def words_of(response: Response) -> str:
    """The message with its error code, and what stands in the further errors."""
    body = json_of(response)
    if not isinstance(body, dict):
        return response.body.decode("utf-8", "replace").strip()
    errors = [body, *(body.get("additionalErrors") or ())]
    return "; ".join(_said(error) for error in errors if isinstance(error, dict))


def _said(error: dict[str, Any]) -> str:
    text = error.get("message") or error.get("error_description") or error.get("error") or ""
    code = f" (error {error['errorcode']})" if error.get("errorcode") else ""
    return f"{text}{code}"


def advice(status: int, route: str, setup: Setup) -> str:
    """What is missing where a request is refused for what it is."""
    if status == 403:
        return f"; the installed package must be allowed {_ALLOWED.get(route, _ALLOWED_ROWS)}"
    if status == 404 and route == JOURNEY:
        return "; there is no event definition with the key that stands in as: ..."
    if status == 404:
        return f'; there is no data extension with the external key "{setup.settings.extension}"'
    return ""
