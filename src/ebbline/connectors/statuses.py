"""What failures and HTTP statuses mean where a vendor says nothing of its own."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import assert_never

from ebbline.connectors.limits import REASON_CHARACTERS_MAX
from ebbline.connectors.request import Failure, Response
from ebbline.delivery import Outcome, Send
from ebbline.delivery.send import Verdict, same_for_all

# A gateway gave up waiting, but what stands behind it may still be working on the request.
_STILL_WORKING = frozenset([502, 504])
_CONFIGURATION = frozenset([401, 403, 404, 405])
_RETRIED = frozenset([408, 423, 425])


def failure_outcomes(send: Send, failure: Failure) -> tuple[Outcome, ...]:
    """Outcomes of a request that got no answer."""
    match failure.kind:
        case "unsent":
            return same_for_all(send, "unsent", failure.reason)
        case "broken" | "timeout" | "interrupted":
            return same_for_all(send, "unknown", failure.reason)
        case _:
            assert_never(failure.kind)


def status_verdict(status: int) -> Verdict:
    """The verdict on a whole request, by its status alone.

    >>> status_verdict(204), status_verdict(504), status_verdict(404), status_verdict(422)
    ('done', 'unknown', 'misconfigured', 'split')
    """
    if 200 <= status < 300:
        return "done"
    if 300 <= status < 400 or status in _CONFIGURATION:
        return "misconfigured"
    if status == 429:
        return "throttled"
    if status in _STILL_WORKING:
        return "unknown"
    if status in _RETRIED or (status >= 500 and status != 501):
        return "retry"
    return "split"


def reason_of(response: Response, text: str = "") -> str:
    """The status and the vendor's own words, cut to a sentence's length."""
    words = text or response.body[: REASON_CHARACTERS_MAX * 4].decode("utf-8", "replace").strip()
    return f"{response.status} {words}".strip()[:REASON_CHARACTERS_MAX]


def retry_after_ms(response: Response, now_ms: int) -> int | None:
    """When the Retry-After header (RFC 9110, 10.2.3: seconds or a date) lets us try again."""
    text = response.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return now_ms + int(text[:9]) * 1000
    at_ms = date_ms(text)
    return None if at_ms is None else now_ms + max(0, at_ms - server_now_ms(response, now_ms))


def server_now_ms(response: Response, now_ms: int) -> int:
    """The server's own time, so that a clock that is wrong on either side does no harm."""
    at_ms = date_ms(response.headers.get("date", ""))
    return now_ms if at_ms is None else at_ms


def date_ms(text: str) -> int | None:
    """An HTTP date in milliseconds; None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
