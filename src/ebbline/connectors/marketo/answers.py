"""What Marketo's answers say. A success in HTTP may hold an error for the whole call, with a
code of three or four digits, or skip single records, each with its reason."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.request import Response
from ebbline.connectors.statuses import reason_of
from ebbline.delivery.send import Verdict

# What a code means for a whole call. A code that is not here says that something in the call is
# wrong, without saying what.
_CALL: dict[str, Verdict] = {
    "600": "misconfigured",
    "601": "expired",
    "602": "expired",
    "603": "misconfigured",
    "604": "unknown",  # it ran for too long, and may be running still
    "605": "misconfigured",
    "606": "throttled",
    "607": "throttled",
    "608": "retry",
    "610": "misconfigured",
    "611": "retry",
    "612": "misconfigured",
    "614": "retry",
    "615": "throttled",
    "703": "misconfigured",
    "713": "retry",
    "719": "retry",
    "1006": "misconfigured",
    "1008": "misconfigured",
    "1009": "misconfigured",
    "1010": "misconfigured",
    "1013": "misconfigured",
    "1016": "throttled",
}

# What a code means for one record; any other says that the record is wrong.
_RECORD: dict[str, Verdict] = {
    "1006": "misconfigured",
    "1008": "misconfigured",
    "1009": "misconfigured",
    "1010": "misconfigured",
    "1013": "misconfigured",
}

# What the role of the API user has to allow, by Marketo's own names.
READ_LEADS = "Read-Only Lead or Read-Write Lead"
WRITE_LEADS = "Read-Write Lead"
READ_CAMPAIGNS = "Read-Only Campaign or Read-Write Campaign"
RUN_CAMPAIGNS = "Execute Campaign"
WRITE_ASSETS = "Read-Write Assets"

DENIED = "603"
TOO_FAST = "606"
DAY_IS_OVER = "607"
BUSY = "615"
NO_LEAD = "1004"
NOT_IN_LIST = "1015"


class Error(msgspec.Struct, frozen=True):
    """A code and Marketo's words."""

    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.code} {self.message}".strip()


def body_of(response: Response) -> dict[str, Any] | None:
    """The body if it is a JSON object."""
    try:
        body = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return body if isinstance(body, dict) else None


def rows(body: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The objects of a body's result."""
    found = (body or {}).get("result")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def first_error(holder: dict[str, Any] | None, name: str = "errors") -> Error | None:
    """The first of the errors of a body, or of the reasons of a record."""
    found = (holder or {}).get(name)
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        return None
    return Error(str(found[0].get("code", "")), str(found[0].get("message", "")))


def call_error(body: dict[str, Any] | None) -> Error | None:
    """Why a call as a whole was not carried out; None when it was."""
    if body is None or body.get("success") is True:
        return None
    return first_error(body) or Error("", "it was not carried out, without a reason")


def call_verdict(code: str) -> Verdict:
    """What a code means for a whole call.

    >>> call_verdict("602"), call_verdict("606"), call_verdict("609")
    ('expired', 'throttled', 'split')
    """
    return _CALL.get(code, "split")


def record_verdict(code: str) -> Verdict:
    """What a code means for one record."""
    return _RECORD.get(code, "refused")


def in_words(response: Response, error: Error, permission: str) -> str:
    """A reason for people; where access is denied, with the permission that is missing."""
    told = f"; the API user's role needs {permission}" if error.code == DENIED else ""
    return reason_of(response, f"{error}{told}")


def page_token(body: dict[str, Any] | None) -> str:
    """Where the next page begins; "" for no further one."""
    token = (body or {}).get("nextPageToken")
    return token if isinstance(token, str) and (body or {}).get("moreResult") is not False else ""
