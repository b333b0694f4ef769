"""Before the first request: the token's scopes, the properties and the lists that are named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Conversation, Refusal
from ebbline.connectors.hubspot.answers import body_of
from ebbline.connectors.hubspot.asking import ask
from ebbline.connectors.hubspot.encode import LISTS, made
from ebbline.connectors.hubspot.settings import HubSpotSettings
from ebbline.delivery import Feed
from ebbline.delivery.feeds import ATTRIBUTE, AUDIENCE, EVENT, LIST

READ_CONTACTS = "crm.objects.contacts.read"
WRITE_CONTACTS = "crm.objects.contacts.write"
WRITE_SCHEMAS = "crm.schemas.contacts.write"
READ_LISTS = "crm.lists.read"
WRITE_LISTS = "crm.lists.write"
SEND_EVENTS = "analytics.behavioral_events.send"

TOKEN_INFO = "/oauth/v2/private-apps/get/access-token-info"  # noqa: S105 - a path
PROPERTIES = "/crm/v3/properties/contacts"
CONTACT_TYPE = "0-1"

_TRUTH = [
    {"label": "True", "value": "true", "displayOrder": 0},
    {"label": "False", "value": "false", "displayOrder": 1},
]
_BOOLEAN = {"type": "enumeration", "fieldType": "booleancheckbox", "options": _TRUTH}
_TYPES: dict[str, dict[str, Any]] = {
    AUDIENCE: _BOOLEAN,
    "boolean": _BOOLEAN,
    "number": {"type": "number", "fieldType": "number"},
    "timestamp": {"type": "datetime", "fieldType": "date"},
}
_TEXT = {"type": "string", "fieldType": "text"}


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Make sure of everything the feeds name; gives the ids of lists by their fields."""
    settings: HubSpotSettings = setup.settings
    refused = yield from _look_at_scopes(feeds, setup)
    if refused is not None:
        return refused
    for feed in feeds:
        if feed.mode == ATTRIBUTE and settings.create_properties:
            answer = yield from ask(
                made(setup, "POST", PROPERTIES, definition(feed, settings)), 409
            )
            if isinstance(answer, Refusal):
                return answer
    ids: dict[str, str] = {}
    for feed in feeds:
        if feed.mode == LIST:
            found = yield from _list_id(feed.field, setup)
            if isinstance(found, Refusal):
                return found
            ids[feed.field] = found
    return ids


def definition(feed: Feed, settings: HubSpotSettings) -> dict[str, Any]:
    """A property that can hold a feed's values."""
    return {
        "name": feed.field,
        "label": feed.field.replace("_", " ").capitalize(),
        "groupName": settings.property_group,
        **_TYPES.get(feed.kind, _TEXT),
    }


def needed(feeds: Sequence[Feed], settings: HubSpotSettings) -> list[str]:
    """The scopes it takes to send and read back the feeds."""
    modes = {feed.mode for feed in feeds}
    scopes = [READ_CONTACTS, WRITE_CONTACTS]
    if ATTRIBUTE in modes and settings.create_properties:
        scopes.append(WRITE_SCHEMAS)
    if LIST in modes:
        scopes += [READ_LISTS, WRITE_LISTS]
    if EVENT in modes:
        scopes.append(SEND_EVENTS)
    return scopes


def _look_at_scopes(feeds: Sequence[Feed], setup: Setup) -> Conversation[None]:
    """Tell at once which scopes the token lacks. Only private apps' tokens can be looked at; a
    token of another kind shows it when something is refused."""
    settings: HubSpotSettings = setup.settings
    content = {"tokenKey": settings.token}
    answer = yield from ask(made(setup, "POST", TOKEN_INFO, content), 400, 403, 404, 405)
    if isinstance(answer, Refusal):
        return answer
    held = (body_of(answer) or {}).get("scopes")
    if answer.status >= 300 or not isinstance(held, list):
        return None
    missing = [scope for scope in needed(feeds, settings) if scope not in held]
    if missing:
        text = f"The token lacks {', '.join(missing)}; add them to the app's scopes."
        return Refusal("misconfigured", text)
    return None


def _list_id(name: str, setup: Setup) -> Conversation[str]:
    """The id of a list by its name; a new list if there is none."""
    settings: HubSpotSettings = setup.settings
    path = f"{LISTS}/object-type-id/{CONTACT_TYPE}/name/{quote(name, safe='')}"
    answer = yield from ask(made(setup, "GET", path), 404)
    if isinstance(answer, Refusal):
        return answer
    if answer.status == 404:
        if not settings.create_lists:
            return Refusal("misconfigured", f'HubSpot has no list "{name}"; create_lists is off.')
        content = {"name": name, "objectTypeId": CONTACT_TYPE, "processingType": "MANUAL"}
        answer = yield from ask(made(setup, "POST", LISTS, content))
        if isinstance(answer, Refusal):
            return answer
    found = (body_of(answer) or {}).get("list")
    if not isinstance(found, dict) or not found.get("listId"):
        return Refusal("retry", f'HubSpot\'s answer about the list "{name}" has no id.')
    if found.get("processingType") == "DYNAMIC":
        text = f'The list "{name}" is a dynamic one, which HubSpot fills itself; name another.'
        return Refusal("misconfigured", text)
    return str(found["listId"])
