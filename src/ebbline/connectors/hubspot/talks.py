"""Conversations with HubSpot: what it lacks is made, and what it holds is read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Asked, Conversation, Found, Members, Readback, Refusal
from ebbline.connectors.hubspot.answers import body_of, failed, in_words, rows
from ebbline.connectors.hubspot.asking import ask
from ebbline.connectors.hubspot.classify import NOT_FOUND
from ebbline.connectors.hubspot.encode import LISTS, asking, made
from ebbline.connectors.hubspot.limits import CONTACTS_MAX, MEMBERS_PAGE, PAGES_MAX
from ebbline.connectors.hubspot.settings import RECORD_ID, HubSpotSettings
from ebbline.connectors.hubspot.values import read
from ebbline.delivery import Address, Feed
from ebbline.delivery.feeds import ATTRIBUTE, LIST

Row = dict[str, Any]


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """What HubSpot holds of people: their properties, and whether they are in lists. Somebody
    whose id is known is asked for by it, since an e-mail address may have become a second one."""
    found: list[Found | None] = [None] * len(asked)
    places: dict[str, list[int]] = {}
    for place, one in enumerate(asked):
        places.setdefault(RECORD_ID if one.handle else one.address.kind, []).append(place)
    for kind, there in places.items():
        named: dict[str, list[int]] = {}
        for place in there:
            named.setdefault(_name(asked[place], kind), []).append(place)
        feeds = [feed for place in there for feed in asked[place].feeds]
        contacts = yield from _contacts(setup, kind, list(named), _properties(kind, feeds))
        if isinstance(contacts, Refusal):
            return contacts
        for name, same in named.items():
            row = contacts.get(name.lower())
            for place in same if row is not None else ():
                told = yield from _told(asked[place], row or {}, setup)
                if isinstance(told, Refusal):
                    return told
                found[place] = told
    return tuple(found)


def members(feed: Feed, setup: Setup) -> Members:
    """Everybody in a list, by the preferred property of `identify` that the contact has; who
    has none of them, by HubSpot's id."""
    settings: HubSpotSettings = setup.settings
    kinds = list(dict.fromkeys(settings.identify.values()))
    found: list[Address] = []
    after = ""
    for _ in range(PAGES_MAX):
        query = f"?limit={MEMBERS_PAGE}" + (f"&after={quote(after, safe='')}" if after else "")
        path = f"{LISTS}/{quote(setup.ids[feed.field], safe='')}/memberships{query}"
        answer = yield from ask(made(setup, "GET", path))
        if isinstance(answer, Refusal):
            return answer
        body = body_of(answer) or {}
        ids = [str(row.get("recordId", "")) for row in rows(body, "results")]
        contacts = yield from _contacts(setup, RECORD_ID, ids, kinds)
        if isinstance(contacts, Refusal):
            return contacts
        found += [_address(one, contacts.get(one), kinds) for one in ids]
        after = _after(body)
        if not after:
            break
    return found


def _name(one: Asked, kind: str) -> str:
    return one.handle if kind == RECORD_ID and one.handle else one.address.value


def _properties(kind: str, feeds: Sequence[Feed]) -> list[str]:
    fields = [feed.field for feed in feeds if feed.mode == ATTRIBUTE]
    return list(dict.fromkeys([kind, *fields]))


def _contacts(
    setup: Setup, kind: str, values: Sequence[str], properties: Sequence[str]
) -> Conversation[dict[str, Row]]:
    """Contacts by the value they were asked for, in lower case; who is missing is not there."""
    found: dict[str, Row] = {}
    for first in range(0, len(values), CONTACTS_MAX):
        some = values[first : first + CONTACTS_MAX]
        answer = yield from ask(asking(setup, kind, some, properties))
        if isinstance(answer, Refusal):
            return answer
        body = body_of(answer)
        lost = [one for one in map(failed, rows(body, "errors")) if one.category != NOT_FOUND]
        if body is None or lost:
            return Refusal("retry", in_words(answer, lost[0]) if lost else "no JSON in the answer")
        for row in rows(body, "results"):
            name = row.get("id") if kind == RECORD_ID else _held(row).get(kind)
            found[str(name).lower()] = row
    return found


def _told(one: Asked, row: Row, setup: Setup) -> Conversation[Found]:
    """A contact in our words. Of events nothing is held; a text that may have been anything
    is not told."""
    record, held = str(row.get("id", "")), _held(row)
    values: dict[str, Any] = {
        feed.field: read(feed.kind, held.get(feed.field))
        for feed in one.feeds
        if feed.mode == ATTRIBUTE and feed.kind != "any"
    }
    lists = [feed.field for feed in one.feeds if feed.mode == LIST]
    if lists:
        path = f"{LISTS}/records/0-1/{quote(record, safe='')}/memberships"
        answer = yield from ask(made(setup, "GET", path))
        if isinstance(answer, Refusal):
            return answer
        there = {str(found.get("listId")) for found in rows(body_of(answer), "results")}
        values |= {field: setup.ids[field] in there for field in lists}
    return Found(values, record)


def _held(row: Row) -> dict[str, Any]:
    held = row.get("properties")
    return held if isinstance(held, dict) else {}


def _address(record: str, row: Row | None, kinds: Sequence[str]) -> Address:
    held = _held(row or {})
    for kind in kinds:
        if held.get(kind):
            return Address(kind, str(held[kind]))
    return Address(RECORD_ID, record)


def _after(body: dict[str, Any]) -> str:
    """Where the next page begins; "" for no further one."""
    paging = body.get("paging")
    following = paging.get("next") if isinstance(paging, dict) else None
    return str(following.get("after") or "") if isinstance(following, dict) else ""
