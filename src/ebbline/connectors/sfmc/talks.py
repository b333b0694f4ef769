"""What is asked of Marketing Cloud besides sending: a token, whether the data extension is
there, and what it holds of some people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import (
    Asked,
    Conversation,
    Found,
    Readback,
    Refusal,
    Session,
)
from ebbline.connectors.request import Failure, Request, Response, Result
from ebbline.connectors.sfmc.classify import advice, json_of, verdict_of, words_of
from ebbline.connectors.sfmc.encode import ROWS, get, rowset
from ebbline.connectors.sfmc.limits import TOKEN_MS_MAX
from ebbline.connectors.sfmc.settings import SfmcSettings
from ebbline.connectors.statuses import reason_of, status_verdict
from ebbline.delivery import Feed
from ebbline.delivery.feeds import ATTRIBUTE, AUDIENCE

_NO_EXTENSION = (
    "There are values to send and no data extension for them; set `extension` to its external key."
)
# How a date is told: ISO 8601, or as the tenant's American default writes it.
_DATE_FORMATS = ("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y")


def authorize(settings: SfmcSettings) -> Conversation[Session]:
    """A token by client credentials; it is used for 18 of its 20 minutes."""
    body = {
        "grant_type": "client_credentials",
        "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    }
    if settings.account_id:
        body["account_id"] = settings.account_id
    headers = (("Content-Type", "application/json"),)
    content = msgspec.json.encode(body)
    result = yield Request("POST", f"{settings.auth_url}/v2/token", headers, content)
    if isinstance(result, Failure):
        return _failed(result)
    told = json_of(result)
    if result.status < 300 and isinstance(told, dict):
        token, seconds = told.get("access_token"), told.get("expires_in")
        if isinstance(token, str) and token and isinstance(seconds, int):
            return Session(token, min(TOKEN_MS_MAX, seconds * 1000))
        return Refusal("retry", reason_of(result, "the answer holds no token"))
    return _not_let_in(result, settings)


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Read one row of the extension: that needs it to be there, and leave to read it."""
    if not any(feed.mode == ATTRIBUTE for feed in feeds):
        return {}
    if not setup.settings.extension:
        return Refusal("misconfigured", _NO_EXTENSION)
    result = yield get(setup, f"{rowset(setup.settings)}?$page=1&$pagesize=1")
    rows = _rows(result, setup)
    return rows if isinstance(rows, Refusal) else {}


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """The row of each person, by a filter on the primary key."""
    settings: SfmcSettings = setup.settings
    found: list[Found | None] = []
    for one in asked:
        key = one.address.value.replace("'", "''")
        wanted = quote(f"{settings.key_field} eq '{key}'", safe="")
        path = f"{rowset(settings)}?$page=1&$pagesize=1&$filter={wanted}"
        rows = _rows((yield get(setup, path)), setup)
        if isinstance(rows, Refusal):
            return rows
        found.append(_found(one, rows[0]) if rows else None)
    return tuple(found)


def _rows(result: Result, setup: Setup) -> list[dict[str, Any]] | Refusal:
    """The rows of a page, or why there are none to read."""
    if isinstance(result, Failure):
        return _failed(result)
    body = json_of(result)
    verdict = verdict_of(result)
    if verdict == "done" and isinstance(body, dict):
        return body.get("items") or []
    if verdict == "done":
        return Refusal("retry", reason_of(result, "the answer is not JSON"))
    reason = reason_of(result, words_of(result) + advice(result.status, ROWS, setup))
    return Refusal("misconfigured" if verdict == "split" else verdict, reason)


def _failed(failure: Failure) -> Refusal:
    return Refusal("unsent" if failure.kind == "unsent" else "retry", failure.reason)


def _not_let_in(response: Response, settings: SfmcSettings) -> Refusal:
    verdict = status_verdict(response.status)
    if verdict in ("split", "misconfigured"):
        expected = "expected client_id and client_secret of a server-to-server API integration"
        unit = f" that may use the business unit {settings.account_id}"
        where = f"{expected}{unit if settings.account_id else ''}"
        return Refusal("misconfigured", reason_of(response, f"{words_of(response)}; {where}"))
    verdict = "throttled" if response.status in (429, 503) else verdict
    return Refusal(verdict, reason_of(response, words_of(response)))


def _found(asked: Asked, row: dict[str, Any]) -> Found:
    """Columns are told in lower case; one that is not told holds nothing."""
    held = {name.lower(): value for name, value in (row.get("values") or {}).items()}
    values = {
        feed.field: _ours(feed, held.get(feed.field.lower()))
        for feed in asked.feeds
        if feed.mode == ATTRIBUTE and feed.kind != "list"  # a list was joined, for good
    }
    return Found(values)


def _ours(feed: Feed, held: Any) -> Any:
    if feed.kind == AUDIENCE:
        return str(held).lower() == "true"
    if held in ("", None):
        return None
    if feed.kind == "boolean":
        return {"true": True, "false": False}.get(str(held).lower(), held)
    if feed.kind == "number" and isinstance(held, str):
        return _number(held)
    if feed.kind == "timestamp":
        return _instant_ms(str(held))
    return held


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _instant_ms(text: str) -> int | str:
    """A date in milliseconds; the text itself where it is none, so that it is seen to differ."""
    moment = None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        for pattern in _DATE_FORMATS:
            moment = moment or _parsed(text, pattern)
    if moment is None:
        return text
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)


def _parsed(text: str, pattern: str) -> datetime | None:
    try:
        return datetime.strptime(text, pattern).replace(tzinfo=UTC)
    except ValueError:
        return None
