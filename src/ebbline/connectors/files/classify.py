"""What became of a file: it is there as a whole, or it is not."""

from __future__ import annotations

from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Failure, Result
from ebbline.connectors.statuses import failure_outcomes, reason_of, status_verdict
from ebbline.delivery import Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

_NO_ROOM = 507


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """One outcome for all changes of the file."""
    del setup, now_ms
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    verdict: Verdict = "throttled" if result.status == _NO_ROOM else status_verdict(result.status)
    reason = "" if verdict == "done" else reason_of(result)
    if result.status == 403:
        reason += "; the folder must be there, and Ebbline's user must be allowed to write in it"
    return Reply(same_for_all(send, verdict, reason))
