"""What Mailchimp's answer means for each person of a request.

A batch is answered with 200 although some of it failed; errors are listed by address. Nothing
says how long to wait after a 429, and a 403 without JSON is one too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.mailchimp.encode import (
    EVENTS,
    FORGET,
    HANDLE,
    MEMBERS,
    NEW,
    TAG,
    handle_of,
)
from ebbline.connectors.mailchimp.limits import INTRODUCTION_TIMES
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Outcome, Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

_EXISTS = "ERROR_CONTACT_EXISTS"
_GONE_FOR_GOOD = "was deleted for good there and has to sign up again through a Mailchimp form"
_COMPLIANCE = "unsubscribed, bounced or is under review there and has to sign up again themselves"
_EXPLAINED = {"compliance": _COMPLIANCE, "forgotten": _GONE_FOR_GOOD, "permanently": _GONE_FOR_GOOD}

_Judged = tuple[Outcome, str | None]


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """Outcomes in the order of the send's items, and the handles that were learned."""
    del setup
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    verdict = verdict_of(result)
    kind = send.route.partition(":")[0]
    if verdict == "done":
        return _accepted(send, result, kind)
    if result.status == 404 and kind == FORGET:
        return Reply(same_for_all(send, "done"))
    if result.status == 404 and kind == EVENTS:
        again = Outcome("again", reason_of(result, words_of(result)))
        return _reply([_introduced(send, again)])
    reason = reason_of(result, words_of(result))
    if verdict == "split":
        reason = explained(reason)
    elif verdict == "misconfigured":
        reason = reason_of(result, words_of(result) + _advice(result.status, kind))
    retry_at_ms = retry_after_ms(result, now_ms) if verdict == "throttled" else None
    return Reply(same_for_all(send, verdict, reason), None, retry_at_ms)


def verdict_of(response: Response) -> Verdict:
    """The verdict on a whole request."""
    if response.status == 403 and body_of(response) is None:
        return "throttled"  # far too many requests: the gateway does not even say so
    return status_verdict(response.status)


def body_of(response: Response) -> dict[str, Any] | None:
    """The answer's JSON object; None when it is none."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def words_of(response: Response) -> str:
    """The title and the detail of a problem document (RFC 9457), and the fields it names."""
    body = body_of(response) or {}
    said = [str(body[key]) for key in ("title", "detail") if body.get(key)]
    errors = body.get("errors")
    named = [error for error in errors if isinstance(error, dict)] if errors else []
    said += [f"{error.get('field', '')} {error.get('message', '')}".strip() for error in named]
    return ": ".join(said)


def explained(reason: str) -> str:
    """Mailchimp's words, and what they mean for the contact where that is not obvious."""
    for word, meaning in _EXPLAINED.items():
        if word in reason.lower():
            return f"{reason} (the contact {meaning})"
    return reason


def _advice(status: int, kind: str) -> str:
    if status == 401:
        return " (expected an API key of this account that has not been revoked)"
    if status == 403:
        return " (the key's user must be allowed to manage this audience, in the key's data center)"
    what = "tag" if kind == TAG else "audience"
    return f" (there is no such {what} in the account)" if status == 404 else ""


def _accepted(send: Send, response: Response, kind: str) -> Reply:
    if kind in (EVENTS, FORGET):
        return Reply(same_for_all(send, "done"))
    body = body_of(response)
    if body is None:
        return Reply(same_for_all(send, "retry", reason_of(response, "the answer is not JSON")))
    errors = _errors(body)
    if kind == TAG:
        return _reply(_tagged(send, index, errors) for index in range(len(send.items)))
    there = {
        str(member.get("email_address", "")).lower()
        for array in ("new_members", "updated_members")
        for member in body.get(array) or ()
    }
    return _reply(_stored(send, index, kind, errors, there) for index in range(len(send.items)))


def _errors(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Errors by the address they name, in lower case."""
    found: dict[str, dict[str, Any]] = {}
    for error in body.get("errors") or ():
        named = [error.get("email_address"), *(error.get("email_addresses") or ())]
        for email in named:
            if isinstance(email, str):
                found.setdefault(email.lower(), error)
    return found


def _stored(
    send: Send, index: int, kind: str, errors: Mapping[str, Any], there: set[str]
) -> _Judged:
    """One contact of a batch."""
    email = send.items[index].address.value
    error = errors.get(email)
    learned = None if kind == MEMBERS else handle_of(email)
    known = Outcome("again", "introduced") if kind == HANDLE else Outcome("done")
    if error is None:
        # A contact that the answer does not name may not be there: believe only what is said.
        missing = Outcome("retry", "the answer does not name this address")
        return (known, learned) if email in there else (missing, None)
    if error.get("error_code") == _EXISTS and kind in (NEW, HANDLE):
        return Outcome("again", "it is a contact already"), learned
    reason = _error_words(error)
    if kind == MEMBERS and not error.get("field") and explained(reason) == reason:
        return _introduced(send, Outcome("again", reason))
    return Outcome("refused", explained(reason)), None


def _tagged(send: Send, index: int, errors: Mapping[str, Any]) -> _Judged:
    """One address of a change of a tag."""
    item = send.items[index]
    error = errors.get(item.address.value)
    if error is None or not any(value.value for value in item.values):
        return Outcome("done"), None  # who is not there does not have the tag
    return _introduced(send, Outcome("again", _error_words(error)))


def _introduced(send: Send, again: Outcome) -> _Judged:
    """Somebody we took for a contact is none: introduce them anew, but not without end."""
    if send.attempt > INTRODUCTION_TIMES:
        return Outcome("refused", explained(again.reason)), None
    return again, ""


def _error_words(error: Mapping[str, Any]) -> str:
    parts = [str(error.get(key) or "") for key in ("error", "field", "field_message")]
    return reason_of(Response(200, {}, b""), ": ".join(part for part in parts if part))


def _reply(judged: Iterable[_Judged]) -> Reply:
    outcomes, handles = zip(*judged, strict=True)
    return Reply(tuple(outcomes), handles=tuple(handles))
