"""One request of a conversation with HubSpot, and what it means when it fails."""

from __future__ import annotations

from ebbline.connectors.conversation import Conversation, Refusal
from ebbline.connectors.hubspot.answers import body_of, failed, in_words
from ebbline.connectors.hubspot.classify import MOVING
from ebbline.connectors.request import Failure, Request, Response
from ebbline.connectors.statuses import date_ms, retry_after_ms, status_verdict
from ebbline.delivery.send import Verdict


def ask(request: Request, *fine: int) -> Conversation[Response]:
    """The answer, if it is a success or has a status that is `fine` too."""
    result = yield request
    if isinstance(result, Failure):
        # What is said in conversations may be said twice.
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    if result.status < 300 or result.status in fine:
        return result
    return refusal(result)


def refusal(response: Response) -> Refusal:
    """Why a conversation ends here. What HubSpot minds about it is for people to mend."""
    verdict: Verdict = status_verdict(response.status)
    if verdict == "split":
        verdict = "throttled" if response.status == MOVING else "misconfigured"
    elif verdict == "unknown":
        verdict = "retry"
    at_ms = date_ms(response.headers.get("date", ""))
    retry_at_ms = None if at_ms is None else retry_after_ms(response, at_ms)
    return Refusal(verdict, in_words(response, failed(body_of(response))), retry_at_ms)
