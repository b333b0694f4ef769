"""A Mailchimp account with one audience: authentication, connections, and its endpoints."""

from __future__ import annotations

import base64
import binascii
from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ebbline.connectors.mailchimp.sandbox.contacts import Contacts
from ebbline.connectors.mailchimp.sandbox.endpoints import ENDPOINTS, Answer, Query
from ebbline.connectors.request import Request, Response

CONNECTIONS_MAX = 10


class Account:
    """A `Vendor`: see `connectors.sandbox`. Requests hold a connection for `busy_ms`."""

    def __init__(self, key: str, list_id: str, *, busy_ms: int = 0) -> None:
        self.contacts = Contacts()
        self._key = key
        self._list_id = list_id
        self._busy_ms = busy_ms
        self._open: deque[int] = deque()  # when each connection is free again

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        while self._open and self._open[0] <= now_ms:
            self._open.popleft()
        if len(self._open) >= 2 * CONNECTIONS_MAX:
            return Response(403, {"content-type": "text/html"}, b"<html>Forbidden</html>")
        if self._busy_ms:
            self._open.append(now_ms + self._busy_ms)
        if len(self._open) > CONNECTIONS_MAX:
            text = "You have exceeded the limit of 10 simultaneous connections."
            return self.refused(429, text, now_ms)
        if not self._is_ours(request):
            text = "Your API key may be invalid, or you've attempted to access the wrong datacenter"
            return self.refused(401, text, now_ms)
        url = urlsplit(request.url)
        status, content = self._work(
            request.method, url.path, dict(parse_qsl(url.query)), request.body
        )
        if status >= 400:
            return self.refused(status, content, now_ms)
        body = b"" if content is None else msgspec.json.encode(content)
        return Response(status, {"content-type": "application/json"}, body)

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done, as a problem document."""
        problem = {
            "type": "https://mailchimp.com/developer/marketing/docs/errors/",
            "title": _TITLES.get(status, "Internal Server Error"),
            "status": status,
            "detail": message,
            "instance": f"instance-{now_ms}",
        }
        headers = {"content-type": "application/problem+json"}
        return Response(status, headers, msgspec.json.encode(problem))

    def views(self, name: str, query: Query) -> Any:
        """`users`: every contact, or those asked for by `email`."""
        if name != "users":
            return None
        held = self.contacts
        chosen = [
            contact
            for contact in held.by_hash.values()
            if query.get("email", contact.email) == contact.email
        ]
        shown = [held.shown(one) | {"events": one.events} for one in chosen]
        return {"count": len(shown), "users": shown}

    def reset(self) -> None:
        """Forget everything."""
        self.contacts = Contacts()
        self._open.clear()

    def _is_ours(self, request: Request) -> bool:
        given = dict(request.headers).get("authorization", "")
        if given.startswith("Bearer "):
            return given.removeprefix("Bearer ") == self._key
        try:
            pair = base64.b64decode(given.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return False
        return given.startswith("Basic ") and pair.partition(":")[2] == self._key

    def _work(self, method: str, path: str, query: Query, body: bytes) -> Answer:
        start = f"/3.0/lists/{self._list_id}"
        if path != start and not path.startswith(f"{start}/"):
            return 404, "The requested resource could not be found."
        content: Any = {}
        if body:
            try:
                content = msgspec.json.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return 400, "We encountered an unspecified JSON parsing error."
        for wanted, pattern, work in ENDPOINTS:
            found = pattern.fullmatch(path.removeprefix(start))
            if found and method == wanted:
                return work(self.contacts, content, query, *found.groups())
        return 404, "The requested resource could not be found."


_TITLES = {
    400: "Invalid Resource",
    401: "API Key Invalid",
    403: "Forbidden",
    404: "Resource Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
}
