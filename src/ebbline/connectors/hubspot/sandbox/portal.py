"""A HubSpot account: the token and its scopes, the limits, and the calls by their paths."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ebbline.connectors.hubspot.sandbox.answers import (
    Refused,
    answer,
    error,
    limited,
    unscoped,
)
from ebbline.connectors.hubspot.sandbox.contacts import Contacts
from ebbline.connectors.hubspot.sandbox.events import Events
from ebbline.connectors.hubspot.sandbox.lists import CONTACT_TYPE, Lists
from ebbline.connectors.hubspot.sandbox.properties import Properties
from ebbline.connectors.request import Request, Response

WINDOW_MS = 10_000
DAY_MS = 86_400_000

READ, WRITE = "crm.objects.contacts.read", "crm.objects.contacts.write"
SCHEMAS = "crm.schemas.contacts.write"
READ_LISTS, WRITE_LISTS = "crm.lists.read", "crm.lists.write"
EVENTS = "analytics.behavioral_events.send"
ALL_SCOPES = frozenset([READ, WRITE, SCHEMAS, READ_LISTS, WRITE_LISTS, EVENTS])

Step = tuple[str, Callable[[], Response]]


class Portal:
    """A `Vendor`: see `connectors.sandbox`. Its days begin at midnight UTC; `events` are those
    that were defined by hand, with their properties."""

    def __init__(self, token: str, *, scopes: frozenset[str] = ALL_SCOPES, requests: int = 100,
                 requests_a_day: int = 250_000,
                 events: Mapping[str, frozenset[str]] | None = None) -> None:  # fmt: skip
        self.scopes = scopes
        self._token = token
        self._defined = dict(events or {})
        self._requests = requests
        self._a_day = requests_a_day
        self._recent: deque[int] = deque()
        self._day = (0, 0)  # number of the present day, requests in it
        self.turned_away = 0  # requests that came too fast
        self.reset()

    def reset(self) -> None:
        """Forget everything but the token and what was defined by hand."""
        self.properties = Properties()
        self.contacts = Contacts(self.properties)
        self.lists = Lists(self.contacts)
        self.events = Events(self.contacts, self._defined)

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        if dict(request.headers).get("authorization") != f"Bearer {self._token}":
            return error(401, "Authentication credentials not found.")
        policy = self._count(now_ms)
        self.turned_away += bool(policy)
        response = limited(policy) if policy else self._do(request)
        return Response(response.status, response.headers | self._headers(now_ms), response.body)

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        del now_ms
        return limited("TEN_SECONDLY_ROLLING") if status == 429 else error(status, message)

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`contacts` (perhaps of one `email`), `lists` with their members, `properties`,
        `events`."""
        if name == "contacts":
            found = self.contacts.listed()
            if "email" in query:
                found = [one for one in found if one["properties"].get("email") == query["email"]]
            return {"count": len(found), "contacts": found}
        if name == "lists":
            held = self.lists.held.values()
            return {"lists": [{**one, "members": list(self.lists.members[one["listId"]])}
                              for one in held]}  # fmt: skip
        shown = {"properties": list(self.properties.defined.values()),
                 "events": list(self.events.told.values())}  # fmt: skip
        return {name: shown[name]} if name in shown else None

    def _do(self, request: Request) -> Response:
        parts = urlsplit(request.url)
        steps = tuple(unquote(part) for part in parts.path.strip("/").split("/"))
        try:
            content = msgspec.json.decode(request.body) if request.body else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return error(400, "Invalid input JSON")
        try:
            scope, work = self._step(request.method, steps, dict(parse_qsl(parts.query)), content)
            if scope and scope not in self.scopes:
                raise unscoped(scope)
            return work()
        except Refused as refused:
            return refused.response

    def _step(self, method: str, steps: tuple[str, ...], query: dict[str, str],
              content: Any) -> Step:  # fmt: skip
        """The scope a call takes, and what it does."""
        match method, *steps:
            case "POST", "oauth", "v2", "private-apps", "get", "access-token-info":
                told = {"hubId": 62515, "appId": 54321, "scopes": sorted(self.scopes)}
                return "", lambda: answer(200, told)
            case "POST", "crm", "v3", "objects", "contacts", *rest:
                return self._contact_step("/".join(rest), content)
            case "POST", "crm", "v3", "properties", "contacts":
                return SCHEMAS, lambda: self.properties.create(content)
            case "POST", "events", "v3", "send":
                return EVENTS, lambda: self.events.send([content])
            case "POST", "events", "v3", "send", "batch":
                return EVENTS, lambda: self.events.send((content or {}).get("inputs", []))
            case _, "crm", "v3", "lists", *rest:
                return self._list_step(method, tuple(rest), query, content)
            case _:
                raise Refused(404, "No such path")

    def _contact_step(self, name: str, content: Any) -> Step:
        match name:
            case "batch/upsert":
                return WRITE, lambda: self.contacts.upsert(content)
            case "batch/read":
                return READ, lambda: self.contacts.read(content)
            case "batch/archive":
                return WRITE, lambda: self._forget(self.contacts.archive(content))
            case "gdpr-delete":
                return WRITE, lambda: self._forget(self.contacts.erase(content))
            case _:
                raise Refused(404, "No such path")

    def _list_step(self, method: str, steps: tuple[str, ...], query: dict[str, str],
                   content: Any) -> Step:  # fmt: skip
        match method, *steps:
            case ("POST",):
                return WRITE_LISTS, lambda: self.lists.create(content)
            case "GET", "object-type-id", kind, "name", name if kind == CONTACT_TYPE:
                return READ_LISTS, lambda: self.lists.named(name)
            case "GET", "records", kind, contact, "memberships" if kind == CONTACT_TYPE:
                return READ_LISTS, lambda: self.lists.of(contact)
            case "GET", record, "memberships":
                return READ_LISTS, lambda: self.lists.page(record, query)
            case "PUT", record, "memberships", verb:
                return WRITE_LISTS, lambda: self.lists.change(record, verb, content)
            case _:
                raise Refused(404, "No such path")

    def _forget(self, gone: list[str]) -> Response:
        self.lists.forget(gone)
        return answer(204)

    def _count(self, now_ms: int) -> str:
        """Count a request; the policy it breaks, if it does."""
        while self._recent and self._recent[0] <= now_ms - WINDOW_MS:
            self._recent.popleft()
        day, used = self._day
        used = used if day == now_ms // DAY_MS else 0
        if used >= self._a_day:
            return "DAILY"
        if len(self._recent) >= self._requests:
            return "TEN_SECONDLY_ROLLING"
        self._recent.append(now_ms)
        self._day = (now_ms // DAY_MS, used + 1)
        return ""

    def _headers(self, now_ms: int) -> dict[str, str]:
        del now_ms
        return {
            "x-hubspot-ratelimit-daily": str(self._a_day),
            "x-hubspot-ratelimit-daily-remaining": str(max(0, self._a_day - self._day[1])),
            "x-hubspot-ratelimit-interval-milliseconds": str(WINDOW_MS),
            "x-hubspot-ratelimit-max": str(self._requests),
            "x-hubspot-ratelimit-remaining": str(self._requests - len(self._recent)),
        }
