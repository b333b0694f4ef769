"""What a webhook's answer means: only 2xx is success, 410 wants no more, 429 wants less."""

from __future__ import annotations

from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Failure, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Reply, Send
from ebbline.delivery.send import same_for_all

GONE = 410


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """One outcome for all of the request's changes: a webhook's body says nothing we know."""
    del setup
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    verdict = "gone" if result.status == GONE else status_verdict(result.status)
    if verdict == "done":
        return Reply(same_for_all(send, verdict))
    retry_at_ms = retry_after_ms(result, now_ms) if verdict != "split" else None
    return Reply(same_for_all(send, verdict, reason_of(result)), None, retry_at_ms)
