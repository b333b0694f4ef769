"""What S3's answer means, by the code in its XML (S3 API reference, "Error responses")."""

from __future__ import annotations

import re

from ebbline.connectors.connector import Setup
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import (
    failure_outcomes,
    reason_of,
    retry_after_ms,
    status_verdict,
)
from ebbline.delivery import Reply, Send
from ebbline.delivery.send import Verdict, same_for_all

_CODES: dict[str, Verdict] = {
    "AuthorizationHeaderMalformed": "misconfigured",
    "ExpiredToken": "misconfigured",
    "InvalidToken": "misconfigured",
    "TokenRefreshRequired": "misconfigured",
    "PermanentRedirect": "misconfigured",
    "TemporaryRedirect": "retry",
    "RequestTimeout": "retry",
    "BadDigest": "retry",
    "XAmzContentSHA256Mismatch": "retry",
    "IncompleteBody": "retry",
    "OperationAborted": "retry",
    "ConditionalRequestConflict": "retry",
    "SlowDown": "throttled",
    "EntityTooLarge": "split",
    "KMS.DisabledException": "misconfigured",
}
_ADVICE = {
    "AccessDenied": "the key needs s3:PutObject on this bucket and prefix",
    "AuthorizationHeaderMalformed": "the setting region is not the bucket's",
    "PermanentRedirect": "the setting region or endpoint is not the bucket's",
    "InvalidAccessKeyId": "key_id is not known there",
    "SignatureDoesNotMatch": "secret does not belong to key_id",
    "RequestTimeTooSkewed": "this machine's clock is more than 15 minutes off",
    "NoSuchBucket": "create the bucket, or mend the setting",
    "ExpiredToken": "session_token is over; a lasting key needs none",
}
_CODE = re.compile(r"<Code>\s*([^<\s]+)\s*</Code>")
_MESSAGE = re.compile(r"<Message>([^<]*)</Message>")


def classify(send: Send, result: Result, setup: Setup, now_ms: int) -> Reply:
    """One outcome for all changes of the object."""
    del setup
    if isinstance(result, Failure):
        return Reply(failure_outcomes(send, result))
    code = _found(_CODE, result)
    verdict = status_verdict(result.status)
    if verdict == "done":
        return Reply(same_for_all(send, verdict))
    verdict = _CODES.get(code, verdict)
    waits = verdict in ("throttled", "retry")
    retry_at_ms = retry_after_ms(result, now_ms) if waits else None
    return Reply(same_for_all(send, verdict, _reason(result, code)), None, retry_at_ms)


def _reason(response: Response, code: str) -> str:
    if not code:
        return reason_of(response)
    said = reason_of(response, f"{code}: {_found(_MESSAGE, response)}".strip(": "))
    return f"{said}; {_ADVICE[code]}" if code in _ADVICE else said


def _found(pattern: re.Pattern[str], response: Response) -> str:
    match = pattern.search(response.body.decode("utf-8", "replace"))
    return match[1] if match else ""
