"""Conversations with Marketo in which what it holds is read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import Asked, Conversation, Found, Members, Readback, Refusal
from ebbline.connectors.marketo.answers import READ_LEADS, page_token, rows
from ebbline.connectors.marketo.asking import ask
from ebbline.connectors.marketo.encode import asking, made
from ebbline.connectors.marketo.limits import LEADS_MAX, PAGE, PAGES_MAX
from ebbline.connectors.marketo.settings import LEAD_ID, MarketoSettings
from ebbline.connectors.marketo.values import read
from ebbline.delivery import Address, Feed
from ebbline.delivery.feeds import ATTRIBUTE, LIST

Row = dict[str, Any]


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """What Marketo holds of people: their fields, and whether they are in lists."""
    leads: list[Row | None] = [None] * len(asked)
    places: dict[str, list[int]] = {}
    for place, one in enumerate(asked):
        places.setdefault(LEAD_ID if one.handle else one.address.kind, []).append(place)
    for kind, there in places.items():
        found = yield from _leads(asked, kind, there, setup)
        if isinstance(found, Refusal):
            return found
        for place in there:
            leads[place] = found.get(_name(asked[place], kind).lower())
    inside = yield from _memberships(asked, leads, setup)
    if isinstance(inside, Refusal):
        return inside
    return tuple(
        None if row is None else _told(one, row, inside)
        for one, row in zip(asked, leads, strict=True)
    )


def members(feed: Feed, setup: Setup) -> Members:
    """Everybody in a static list, by the preferred field of `identify` that the lead has; who
    has none of them, by Marketo's id."""
    settings: MarketoSettings = setup.settings
    kinds = list(dict.fromkeys(settings.identify.values()))
    found: list[Address] = []
    query = {"batchSize": str(PAGE), "fields": ",".join(dict.fromkeys([LEAD_ID, *kinds]))}
    for _ in range(PAGES_MAX):
        path = f"/rest/v1/lists/{quote(setup.ids[feed.field], safe='')}/leads.json"
        body = yield from ask(made(setup, "GET", f"{path}?{urlencode(query)}"), READ_LEADS)
        if isinstance(body, Refusal):
            return body
        found += [_address(row, kinds) for row in rows(body)]
        token = page_token(body)
        if not token:
            break
        query["nextPageToken"] = token
    return found


def _leads(
    asked: Sequence[Asked], kind: str, places: Sequence[int], setup: Setup
) -> Conversation[dict[str, Row]]:
    """Leads by the value they were asked for, in lower case. Of several with the same value
    the first counts."""
    names = list(dict.fromkeys(_name(asked[place], kind) for place in places))
    fields = [feed.field for place in places for feed in asked[place].feeds
              if feed.mode == ATTRIBUTE]  # fmt: skip
    found: dict[str, Row] = {}
    for first in range(0, len(names), LEADS_MAX):
        request = asking(setup, kind, names[first : first + LEADS_MAX], fields)
        for _ in range(PAGES_MAX):
            body = yield from ask(request, READ_LEADS)
            if isinstance(body, Refusal):
                return body
            for row in rows(body):
                name = str(row.get(kind, "")).lower()
                if name not in found or _number(row) < _number(found[name]):
                    found[name] = row
            token = page_token(body)
            if not token:
                break
            request = asking(setup, kind, names[first : first + LEADS_MAX], fields, token)
    return found


def _memberships(
    asked: Sequence[Asked], leads: Sequence[Row | None], setup: Setup
) -> Conversation[set[tuple[str, str]]]:
    """Lists and the ids of those asked for who are in them."""
    wanted: dict[str, dict[str, None]] = {}
    for one, row in zip(asked, leads, strict=True):
        for feed in one.feeds if row is not None else ():
            if feed.mode == LIST:
                wanted.setdefault(feed.field, {})[str((row or {}).get("id"))] = None
    inside: set[tuple[str, str]] = set()
    for field, ids in wanted.items():
        there = list(ids)
        for first in range(0, len(there), LEADS_MAX):
            query = urlencode([("id", one) for one in there[first : first + LEADS_MAX]])
            path = f"/rest/v1/lists/{quote(setup.ids[field], safe='')}/leads/ismember.json?{query}"
            body = yield from ask(made(setup, "GET", path), READ_LEADS)
            if isinstance(body, Refusal):
                return body
            inside |= {(field, str(row.get("id"))) for row in rows(body)
                       if row.get("status") == "memberof"}  # fmt: skip
    return inside


def _told(one: Asked, row: Row, inside: set[tuple[str, str]]) -> Found:
    """A lead in our words. Of campaigns nothing is held; a text that may have been anything is
    not told."""
    record = str(row.get("id", ""))
    values: dict[str, Any] = {}
    for feed in one.feeds:
        if feed.mode == LIST:
            values[feed.field] = (feed.field, record) in inside
        elif feed.mode == ATTRIBUTE and feed.kind != "any":
            values[feed.field] = read(feed.kind, row.get(feed.field))
    return Found(values, record)


def _name(one: Asked, kind: str) -> str:
    return one.handle if kind == LEAD_ID and one.handle else one.address.value


def _number(row: Row) -> int:
    record = row.get("id")
    return record if isinstance(record, int) else 0


def _address(row: Row, kinds: Sequence[str]) -> Address:
    for kind in kinds:
        if row.get(kind):
            return Address(kind, str(row[kind]))
    return Address(LEAD_ID, str(row.get("id", "")))
