"""What is asked of Braze besides sending: whether the key may do what it must, and what a
workspace holds of some people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from ebbline.connectors.braze.classify import body_of, message_of, refusal_reason
from ebbline.connectors.braze.encode import alias_of, post
from ebbline.connectors.braze.names import (
    BY_MODE,
    EXPORT,
    EXTERNAL_ID,
    IDENTIFY,
    MERGE,
    STANDARD,
    Endpoint,
)
from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Asked, Conversation, Found, Readback, Refusal
from ebbline.connectors.request import Failure, Response, Result
from ebbline.connectors.statuses import reason_of, status_verdict
from ebbline.delivery import Address, Feed
from ebbline.delivery.feeds import ATTRIBUTE, AUDIENCE


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Ask every endpoint that will be needed for nothing at all: a key with the permission gets
    400 for the empty body, one without gets 401 or 403."""
    settings: BrazeSettings = setup.settings
    for endpoint in _needed(feeds, settings):
        result = yield post(settings, endpoint.path, {})
        if isinstance(result, Failure) or result.status != 400:
            refusal = _refusal(result, endpoint)
            if refusal is not None:
                return refusal
    return {}


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """One /users/export/ids request. A field that is missing there is null, false or empty."""
    named = {one.address for one in asked}
    body: dict[str, Any] = {}
    external = [one.value for one in sorted(named) if one.kind == EXTERNAL_ID]
    aliases = [alias_of(one) for one in sorted(named) if one.kind != EXTERNAL_ID]
    if external:
        body["external_ids"] = external
    if aliases:
        body["user_aliases"] = aliases
    standard = {feed.field for one in asked for feed in one.feeds} & STANDARD
    always = ["external_id", "user_aliases", "custom_attributes"]
    body["fields_to_export"] = [*always, *sorted(standard)]
    result = yield post(setup.settings, EXPORT.path, body)
    if isinstance(result, Failure):
        return Refusal("retry", result.reason)
    held = _users(result)
    if held is None:
        return _refusal(result, EXPORT) or Refusal("retry", "the answer is not a list of users")
    return tuple(_found(one, held.get(one.address)) for one in asked)


def _needed(feeds: Iterable[Feed], settings: BrazeSettings) -> list[Endpoint]:
    """Each endpoint once, in the order in which the feeds need them."""
    found = [endpoint for feed in feeds for endpoint in BY_MODE.get(feed.mode, ())]
    joining = [(settings.identify, IDENTIFY), (settings.merge, MERGE)]
    return list(dict.fromkeys([*found, *(endpoint for wanted, endpoint in joining if wanted)]))


def _refusal(result: Result, endpoint: Endpoint) -> Refusal | None:
    """What an answer that is no 400 says of the endpoint; None when it is as good."""
    if isinstance(result, Failure):
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    verdict = status_verdict(result.status)
    if verdict == "done":
        return None
    if verdict == "misconfigured":
        words = refusal_reason(result, endpoint)
        if result.status not in (401, 403):
            words += f": there is no {endpoint.path}; is `endpoint` a Braze REST address?"
        return Refusal("misconfigured", words)
    reset = result.headers.get("x-ratelimit-reset", "")
    reset_ms = int(reset) * 1000 if verdict == "throttled" and reset.isdecimal() else None
    # An export that is refused is our mistake, so asking again would be another one.
    verdict = "refused" if verdict == "split" else verdict
    return Refusal(verdict, reason_of(result, message_of(result)), reset_ms)


def _users(response: Response) -> dict[Address, dict[str, Any]] | None:
    """Exported profiles by every name we know them by; None when there are none to read."""
    users = (body_of(response) or {}).get("users")
    if response.status >= 300 or not isinstance(users, list):
        return None
    found: dict[Address, dict[str, Any]] = {}
    for user in users:
        if isinstance(user.get("external_id"), str):
            found[Address(EXTERNAL_ID, user["external_id"])] = user
        for alias in user.get("user_aliases") or []:
            if alias_of(Address("", alias.get("alias_name", ""))) == alias:
                found[Address("user_alias", alias["alias_name"])] = user
    return found


def _found(asked: Asked, user: dict[str, Any] | None) -> Found | None:
    if user is None:
        return None
    custom = user.get("custom_attributes") or {}
    values = {
        feed.field: _ours(feed, (user if feed.field in STANDARD else custom).get(feed.field))
        for feed in asked.feeds
        if feed.mode == ATTRIBUTE
    }
    return Found(values)


def _ours(feed: Feed, held: Any) -> Any:
    if feed.kind in (AUDIENCE, "boolean"):
        return held is True
    if feed.kind == "list":
        return held or []
    if feed.kind == "timestamp" and isinstance(held, str):
        return _instant_ms(held)
    return held


def _instant_ms(text: str) -> int | str:
    """A date in milliseconds; the text itself where it is none, so that it is seen to differ."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return round(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
