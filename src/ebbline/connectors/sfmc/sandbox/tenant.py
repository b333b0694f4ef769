"""A tenant of Marketing Cloud: tokens, one data extension, journeys' entry events."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ebbline.connectors.request import Request, Response
from ebbline.connectors.sfmc.sandbox.extension import Extension

TOKEN_MS = 1_200_000
EXPIRES_IN_SECONDS = 1_079
_WINDOW_MS = 1_000
_SAVE = re.compile(r"/hub/v1/dataevents/key:(.+)/rowset")
_READ = re.compile(r"/data/v1/customobjectdata/key/(.+)/rowset")

Answer = tuple[int, Any]


class Tenant:
    """A `Vendor`: see `connectors.sandbox`. `events` are the event definitions, None for any;
    as many of the next saves as `locked` says find the rows locked."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        extension: str,
        *,
        key_field: str = "SubscriberKey",
        columns: dict[str, str] | None = None,
        events: Collection[str] | None = None,
        rows_max: int = 50,
        requests: int = 100,
    ) -> None:
        self.extension = Extension(key_field, columns)
        self.entries: list[dict[str, Any]] = []
        self.forgotten: list[str] = []
        self.locked = 0
        self._client = (client_id, client_secret)
        self._key = extension
        self._events = events
        self._rows_max = rows_max
        self._requests = requests
        self._window = (0, 0)
        self._tokens: dict[str, int] = {}  # until when each is good

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the request asks and say so."""
        number, count = self._window
        present = now_ms // _WINDOW_MS
        self._window = (present, count + 1 if number == present else 1)
        if self._window[1] > self._requests:
            return self.refused(429, "Too many requests", now_ms)
        url = urlsplit(request.url)
        content = _json(request.body)
        if (request.method, url.path) == ("POST", "/v2/token"):
            return _respond(*self._token(content, now_ms))
        token = dict(request.headers).get("authorization", "").removeprefix("Bearer ")
        if self._tokens.get(token, 0) <= now_ms:
            return self.refused(401, "Not Authorized", now_ms)
        if content is _BROKEN:
            return self.refused(400, "The request body is not valid JSON", now_ms)
        query = dict(parse_qsl(url.query))
        return _respond(*self._work(request.method, unquote(url.path), query, content))

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done."""
        del now_ms
        return _respond(*_error(status, message))

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`users`: the rows by key; `entries`: the events that journeys got."""
        del query
        if name == "entries":
            return {"count": len(self.entries), "entries": self.entries}
        if name != "users":
            return None
        return {"count": len(self.extension.rows), "users": self.extension.rows}

    def reset(self) -> None:
        """Forget everything but who may come in."""
        self.extension = Extension(self.extension.key_field, self.extension.columns)
        self.entries.clear()
        self.forgotten.clear()

    def _token(self, content: Any, now_ms: int) -> Answer:
        asked = content if isinstance(content, dict) else {}
        client = (asked.get("client_id"), asked.get("client_secret"))
        if asked.get("grant_type") != "client_credentials" or client != self._client:
            said = {"error": "invalid_client", "error_description": "Invalid client ID or secret."}
            return 401, said
        token = f"token-{len(self._tokens) + 1}"
        self._tokens[token] = now_ms + TOKEN_MS
        return 200, {
            "access_token": token,
            "expires_in": EXPIRES_IN_SECONDS,
            "token_type": "Bearer",
            "scope": "data_extensions_read data_extensions_write",
        }

    def _work(self, method: str, path: str, query: dict[str, str], content: Any) -> Answer:
        save, read = _SAVE.fullmatch(path), _READ.fullmatch(path)
        if method == "POST" and save:
            return self._save(save[1], content)
        if method == "GET" and read:
            return self._read(read[1], query)
        if (method, path) == ("POST", "/interaction/v1/events"):
            return self._enter(content)
        if (method, path) == ("POST", "/contacts/v1/contacts/actions/delete"):
            return self._forget(content)
        return _error(404, "Not Found")

    def _save(self, key: str, content: Any) -> Answer:
        if key != self._key:
            return _error(404, "Unable to find a data extension with the given key")
        failed = "Unable to save rows for data extension ID sandbox"
        if self.locked > 0:
            self.locked -= 1
            return _error(400, failed, 10006)
        if not isinstance(content, list) or not content or len(content) > self._rows_max:
            text = f"A rowset has 1 to {self._rows_max} rows"
            return _error(400, failed, 10006, [{"message": text, "errorcode": 10005}])
        wrong = [found for row in content if (found := self.extension.row_error(row))]
        if wrong:
            errors = [{"message": text, "errorcode": 10000} for text in wrong]
            return _error(400, failed, 10006, errors)
        for row in content:
            self.extension.save(row)
        return 200, content

    def _read(self, key: str, query: dict[str, str]) -> Answer:
        if key != self._key:
            return _error(404, "Unable to find a data extension with the given key")
        number, size = int(query.get("$page", 1)), int(query.get("$pagesize", 2_500))
        rows = self.extension.page(number, size, query.get("$filter", ""))
        if rows is None:
            return _error(400, "The filter is not valid", 10001, [{"message": "filter"}])
        count = len(self.extension.rows)
        return 200, {"page": number, "pageSize": size, "count": count, "items": rows}

    def _enter(self, content: Any) -> Answer:
        given = content if isinstance(content, dict) else {}
        if not given.get("ContactKey") or not given.get("EventDefinitionKey"):
            return _error(400, "ContactKey and EventDefinitionKey are required", 30003, [{}])
        if self._events is not None and given["EventDefinitionKey"] not in self._events:
            return _error(404, "Event definition not found", 30000)
        self.entries.append(given)
        return 201, {"eventInstanceId": f"event-{len(self.entries)}"}

    def _forget(self, content: Any) -> Answer:
        given = content if isinstance(content, dict) else {}
        if not given.get("values") or given.get("DeleteOperationType") != "ContactAndAttributes":
            return _error(400, "values and DeleteOperationType are required", 10001, [{}])
        for key in given["values"]:
            self.forgotten.append(key)
            self.extension.rows.pop(key, None)
        return 200, {"operationID": len(self.forgotten), "operationInitiated": True}


_BROKEN = object()


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body) if body else {}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _BROKEN


def _error(status: int, message: str, code: int = 0, errors: list[Any] | None = None) -> Answer:
    said: dict[str, Any] = {"message": message, "errorcode": code, "documentation": ""}
    return status, said | ({"additionalErrors": errors} if errors else {})


def _respond(status: int, content: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, msgspec.json.encode(content))
