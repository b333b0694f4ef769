"""Before the first call: a token, and the fields, lists and campaigns that are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Conversation, Refusal, Session
from ebbline.connectors.marketo.answers import (
    READ_CAMPAIGNS,
    READ_LEADS,
    WRITE_ASSETS,
    body_of,
    rows,
)
from ebbline.connectors.marketo.asking import ask
from ebbline.connectors.marketo.encode import FORM, made, made_form
from ebbline.connectors.marketo.limits import PAGE
from ebbline.connectors.marketo.settings import MarketoSettings
from ebbline.connectors.request import Failure, Request
from ebbline.connectors.statuses import reason_of, status_verdict
from ebbline.delivery import Feed
from ebbline.delivery.feeds import ATTRIBUTE, LIST, TRIGGER

Row = dict[str, Any]


def authorize(settings: MarketoSettings) -> Conversation[Session]:
    """A token by client credentials (RFC 6749, 4.4), which lives an hour; asked for again before
    it ends, Marketo gives the same one with the rest of its time. The secret goes in the body,
    so that it stands in no line."""
    body = urlencode({
        "grant_type": "client_credentials", "client_id": settings.client_id,
        "client_secret": settings.client_secret,
    })  # fmt: skip
    url = f"{settings.instance}/identity/oauth/token"
    result = yield Request("POST", url, (("Content-Type", FORM),), body.encode())
    if isinstance(result, Failure):
        return Refusal("unsent" if result.kind == "unsent" else "retry", result.reason)
    told = body_of(result) or {}
    if result.status >= 300:
        verdict = status_verdict(result.status)
        verdict = "retry" if verdict == "unknown" else verdict
        words = str(told.get("error_description") or "")
        return Refusal("misconfigured" if verdict == "split" else verdict, reason_of(result, words))
    token, lives_s = told.get("access_token"), told.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(lives_s, int):
        return Refusal("retry", reason_of(result, "the answer has no token"))
    return Session(token, lives_s * 1000)


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Make sure of everything the feeds name; gives the ids of lists and campaigns by their
    fields. Fields cannot be made with the permissions that are asked for here."""
    refused = yield from _look_at_fields(feeds, setup)
    if refused is not None:
        return refused
    ids: dict[str, str] = {}
    for feed in feeds:
        if feed.mode == LIST:
            found = yield from _list_id(feed.field, setup)
        elif feed.mode == TRIGGER:
            found = yield from _campaign_id(feed.field, setup)
        else:
            continue
        if isinstance(found, Refusal):
            return found
        ids[feed.field] = found
    return ids


def _look_at_fields(feeds: Sequence[Feed], setup: Setup) -> Conversation[None]:
    settings: MarketoSettings = setup.settings
    body = yield from ask(made(setup, "GET", "/rest/v1/leads/describe2.json"), READ_LEADS)
    if isinstance(body, Refusal):
        return body
    described = (rows(body) or [{}])[0]
    fields = {str(one.get("name")): one for one in _objects(described.get("fields"))}
    named = [feed.field for feed in feeds if feed.mode == ATTRIBUTE]
    missing = [name for name in (*settings.identify.values(), *named) if name not in fields]
    if missing:
        text = f"Marketo has no lead field {', '.join(dict.fromkeys(missing))}; make it there."
        return Refusal("misconfigured", text)
    fixed = [name for name in named if fields[name].get("updateable") is False]
    if fixed:
        return Refusal("misconfigured", f"Marketo lets nobody write to {', '.join(fixed)}.")
    searched = [one for one in described.get("searchableFields") or () if isinstance(one, list)]
    blind = [name for name in settings.identify.values() if searched and [name] not in searched]
    if blind:
        text = f"Marketo cannot look leads up by {', '.join(blind)}; identify them otherwise."
        return Refusal("misconfigured", text)
    return None


def _list_id(name: str, setup: Setup) -> Conversation[str]:
    """The id of a static list by its name or id; a new list if there is none."""
    settings: MarketoSettings = setup.settings
    found = yield from _named("/rest/v1/lists.json", name, {}, setup, READ_LEADS)
    if isinstance(found, Refusal):
        return found
    if len(found) > 1:
        return Refusal("misconfigured", _several("lists", name, found))
    if found:
        return str(found[0]["id"])
    if not settings.list_folder or name.isdecimal():
        text = f'Marketo has no list "{name}"; make it there, or set list_folder.'
        return Refusal("misconfigured", text)
    folder = {"id": settings.list_folder, "type": settings.list_folder_type}
    form = {"name": name, "folder": msgspec.json.encode(folder).decode()}
    request = made_form(setup, "/rest/asset/v1/staticLists.json", form)
    body = yield from ask(request, WRITE_ASSETS)
    if isinstance(body, Refusal):
        return body
    new = [row for row in rows(body) if "id" in row]
    return str(new[0]["id"]) if new else Refusal("retry", f'The new list "{name}" has no id.')


def _campaign_id(name: str, setup: Setup) -> Conversation[str]:
    """The id of a campaign that may be started from outside, by its name or id."""
    more = {"isTriggerable": "true"}
    found = yield from _named("/rest/v1/campaigns.json", name, more, setup, READ_CAMPAIGNS)
    if isinstance(found, Refusal):
        return found
    if len(found) > 1:
        return Refusal("misconfigured", _several("campaigns", name, found))
    if not found:
        text = (f'Marketo has no active campaign "{name}" with the trigger Campaign is Requested, '
                "source Web Service API.")  # fmt: skip
        return Refusal("misconfigured", text)
    return str(found[0]["id"])


def _named(
    path: str, name: str, more: dict[str, str], setup: Setup, permission: str
) -> Conversation[list[Row]]:
    """What has this name, or this id if it is a number."""
    key = "id" if name.isdecimal() else "name"
    query = urlencode({key: name, **more, "batchSize": str(PAGE)})
    body = yield from ask(made(setup, "GET", f"{path}?{query}"), permission)
    if isinstance(body, Refusal):
        return body
    return [row for row in rows(body) if str(row.get(key)) == name and "id" in row]


def _several(what: str, name: str, found: list[Row]) -> str:
    ids = ", ".join(str(row["id"]) for row in found)
    return f'Marketo has several {what} "{name}"; name one by its id: {ids}.'


def _objects(found: Any) -> list[Row]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
