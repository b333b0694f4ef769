"""A Marketo instance: its tokens, its limits, and the calls by their paths."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from ebbline.connectors.marketo.sandbox.answers import Refused, failure, plain
from ebbline.connectors.marketo.sandbox.leads import Leads
from ebbline.connectors.marketo.sandbox.lists import Campaigns, Lists
from ebbline.connectors.request import Request, Response

WINDOW_MS = 20_000
DAY_MS = 86_400_000
DAY_OFFSET_MS = 6 * 3_600_000  # 00:00 CST
TOKEN_MS = 3_600_000
BODY_BYTES_MAX = 1 << 20
URI_BYTES_MAX = 8 << 10

Work = Callable[[], Response]
Query = dict[str, str]


class Instance:
    """A `Vendor`: see `connectors.sandbox`. `fields` (with their types), `unique` (those by
    which leads can be looked up) and `campaigns` are made by hand, so they stay."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        *,
        fields: Mapping[str, str] | None = None,
        unique: Iterable[str] = (),
        campaigns: Mapping[int, str] | None = None,
        requests: int = 100,
        requests_a_day: int = 50_000,
    ) -> None:
        self._client = (client_id, client_secret)
        self._fields, self._unique = dict(fields or {}), tuple(unique)
        self._campaigns = dict(campaigns or {})
        self._requests, self._a_day = requests, requests_a_day
        self._recent: deque[int] = deque()
        self._day = (0, 0)  # number of the present day, calls in it
        self._tokens = 0
        self._token = ("", 0)  # the present one and when it ends
        self.denied: set[str] = set()  # paths that the API user's role does not allow
        self.turned_away = 0  # calls that came too fast
        self.reset()

    def reset(self) -> None:
        """Forget everybody."""
        self.leads = Leads(self._fields, self._unique)
        self.lists = Lists(self.leads)
        self.campaigns = Campaigns(self.leads, self._campaigns)

    def expire(self) -> None:
        """Let the present token end before its time."""
        self._token = (self._token[0], 0)

    def answer(self, request: Request, now_ms: int) -> Response:
        """Do what the call asks and say so."""
        parts = urlsplit(request.url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        if len(request.url) > URI_BYTES_MAX:
            return plain(414, {"error": "Request-URI Too Long"})
        if len(request.body) > BODY_BYTES_MAX:
            return plain(413, {"error": "Request Entity Too Large"})
        if parts.path == "/identity/oauth/token":
            return self._identify(dict(query) | _form(request), now_ms)
        refused = self._refusal(request, dict(query), now_ms) or self._too_much(now_ms)
        if refused is not None:
            return refused
        steps = tuple(unquote(part) for part in parts.path.strip("/").split("/"))
        try:
            return self._work(request, steps, query)()
        except Refused as problem:
            return problem.response

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An answer with that status and nothing done; with 200 and a code before the message
        it is an error of Marketo's own."""
        del now_ms
        if status == 200:
            code, _, text = message.partition(" ")
            return failure(code, text) if code.isdigit() else failure("611", message)
        return plain(status, {"error": message})

    def views(self, name: str, query: Query) -> Any:
        """`leads` (perhaps of one `email`), `lists` with their members, `campaigns` that were
        started."""
        if name == "leads":
            found = [row for row in self.leads.held.values()
                     if query.get("email", row.get("email")) == row.get("email")]  # fmt: skip
            return {"count": len(found), "leads": found}
        if name == "lists":
            return {"lists": [{"id": record, "name": text,
                               "members": list(self.lists.members[record])}
                              for record, text in self.lists.names.items()]}  # fmt: skip
        return {"started": self.campaigns.started} if name == "campaigns" else None

    def _identify(self, form: Query, now_ms: int) -> Response:
        """A token for an hour, or the present one with the rest of its time."""
        if form.get("grant_type") != "client_credentials":
            return plain(400, {"error": "unsupported_grant_type", "error_description": "expected "
                               "client_credentials"})  # fmt: skip
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return plain(401, {"error": "unauthorized", "error_description": "No client with "
                               f"requested id: {form.get('client_id')}"})  # fmt: skip
        token, until_ms = self._token
        if until_ms <= now_ms:
            self._tokens += 1
            token, until_ms = f"token-{self._tokens}:int", now_ms + TOKEN_MS
            self._token = (token, until_ms)
        return plain(200, {"access_token": token, "token_type": "bearer",
                           "expires_in": (until_ms - now_ms) // 1000,
                           "scope": "apis@acme.com"})  # fmt: skip

    def _refusal(self, request: Request, query: Query, now_ms: int) -> Response | None:
        """What is wrong with the token, or with what it may do; in the line it is not taken any
        more."""
        given = dict(request.headers).get("authorization", "")
        if "access_token" in query or not given:
            return failure("600", "Access token not specified")
        token, until_ms = self._token
        if given != f"Bearer {token}" or not token:
            return failure("601", "Access token invalid")
        if until_ms <= now_ms:
            return failure("602", "Access token expired")
        denied = urlsplit(request.url).path in self.denied
        return failure("603", "Access denied") if denied else None

    def _too_much(self, now_ms: int) -> Response | None:
        """Count a call, unless it is one too many: then it counts for nothing."""
        while self._recent and self._recent[0] <= now_ms - WINDOW_MS:
            self._recent.popleft()
        day, used = (now_ms - DAY_OFFSET_MS) // DAY_MS, self._day[1]
        used = used if day == self._day[0] else 0
        if used >= self._a_day:
            self.turned_away += 1
            return failure("607", f"Daily API quota '{self._a_day}' reached")
        if len(self._recent) >= self._requests:
            self.turned_away += 1
            text = f"Max rate limit '{self._requests}' exceeded with in '20' secs"
            return failure("606", text)
        self._recent.append(now_ms)
        self._day = (day, used + 1)
        return None

    def _work(self, request: Request, steps: tuple[str, ...], query: list[tuple[str, str]]) -> Work:
        method, asked = request.method, dict(query)
        form = asked | _form(request)
        ids = [value for key, value in query if key == "id"]
        match (asked.get("_method", method), *steps):
            case ("POST", "rest", "v1", "leads.json"):
                return lambda: self.leads.sync(_content(request))
            case ("GET", "rest", "v1", "leads.json"):
                return lambda: self.leads.found(form)
            case ("GET", "rest", "v1", "leads", "describe2.json"):
                return self.leads.described
            case ("POST", "rest", "v1", "leads", "delete.json"):
                return lambda: self._delete(_content(request))
            case ("GET", "rest", "v1", "lists.json"):
                return lambda: self.lists.named(asked)
            case ("POST", "rest", "asset", "v1", "staticLists.json"):
                return lambda: self.lists.create(form)
            case ("GET", "rest", "v1", "lists", record, "leads.json"):
                return lambda: self.lists.page(_number(record), asked)
            case ("POST" | "DELETE" as verb, "rest", "v1", "lists", record, "leads.json"):
                return lambda: self.lists.change(_number(record), ids, add=verb == "POST")
            case ("GET", "rest", "v1", "lists", record, "leads", "ismember.json"):
                return lambda: self.lists.has(_number(record), ids)
            case ("GET", "rest", "v1", "campaigns.json"):
                return lambda: self.campaigns.named(asked)
            case ("POST", "rest", "v1", "campaigns", record, "trigger.json"):
                return lambda: self.campaigns.start(_number(record), _content(request))
            case _:
                raise Refused("610", "Requested resource not found")

    def _delete(self, content: Any) -> Response:
        gone, response = self.leads.delete(content)
        self.lists.forget(gone)
        return response


def _content(request: Request) -> Any:
    headers = dict(request.headers)
    if not headers.get("content-type", "").startswith("application/json"):
        raise Refused("612", "Invalid Content Type")
    try:
        return msgspec.json.decode(request.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("609", "Invalid JSON") from None


def _form(request: Request) -> Query:
    """The fields of a form in the body."""
    if "form-urlencoded" not in dict(request.headers).get("content-type", ""):
        return {}
    return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))


def _number(text: str) -> int:
    return int(text) if text.isdigit() else -1
