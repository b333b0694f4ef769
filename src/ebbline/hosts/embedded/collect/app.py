"""The HTTP door: Segment's tracking API as one raw ASGI callable.

It authenticates, reads, parses, and answers `200` only after the appender has made everything
durable. What it refuses goes to the quarantine by the same append. It keeps no events itself.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import structlog

from ebbline.events.envelope import read_write_key
from ebbline.events.fault import UNKNOWN_SOURCE, Fault, reject
from ebbline.events.parse import Parser
from ebbline.events.request import Parsed
from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.body import Bodies, Gone, Unread, inflate
from ebbline.hosts.embedded.collect.keys import Keys, Strangers, basic_key
from ebbline.hosts.embedded.collect.limits import Limits
from ebbline.hosts.embedded.collect.nobody import refuse_nobody
from ebbline.hosts.embedded.collect.ports import NotStored, Overloaded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, MutableMapping

    from ebbline.events.event import Event, Rejection
    from ebbline.hosts.embedded.collect.answers import Answer
    from ebbline.hosts.embedded.collect.meters import Meters
    from ebbline.hosts.embedded.collect.ports import Appender

    Scope = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
    Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_KINDS: Final = ("track", "identify", "page", "screen", "group", "alias")
CALLS: Final[dict[str, str | None]] = {
    **{f"/v1/{kind}": kind for kind in _KINDS},
    **{f"/v1/{kind[0]}": kind for kind in _KINDS},
    **dict.fromkeys(("/v1/batch", "/v1/import", "/v1/b")),
}
"""Paths that bring events, to the call they imply; None is a batch."""

LIBRARY_METRICS: Final = "/v1/m"

_log = structlog.get_logger("ebbline.collect")


def collect_app(
    parser: Parser,
    keys: Mapping[str, str],
    appender: Appender,
    meters: Meters,
    now_ms: Callable[[], int],
    *,
    limits: Limits | None = None,
    trouble: Callable[[], str | None] = lambda: None,
    more_metrics: Callable[[], bytes] = lambda: b"",
    names_somebody: Callable[[Event], bool] = lambda _: True,
) -> CollectApp:
    """The ASGI app. `keys` maps write keys to source names (empty: the default key);
    `trouble` says why the process is not ready, None when it is; `more_metrics` gives the
    figures of processes that have no door of their own; events of which `names_somebody` says
    no are refused."""
    return CollectApp(
        parser, Keys(keys), appender, meters, now_ms, limits or Limits(), trouble, more_metrics,
        names_somebody,
    )  # fmt: skip


class CollectApp:
    """See `collect_app`."""

    def __init__(
        self,
        parser: Parser,
        keys: Keys,
        appender: Appender,
        meters: Meters,
        now_ms: Callable[[], int],
        limits: Limits,
        trouble: Callable[[], str | None],
        more_metrics: Callable[[], bytes],
        names_somebody: Callable[[Event], bool],
    ) -> None:
        self._parser = parser
        self._keys = keys
        self._appender = appender
        self._meters = meters
        self._now_ms = now_ms
        self._limits = limits
        self._bodies = Bodies(limits)
        self._trouble = trouble
        self._more_metrics = more_metrics
        self._names_somebody = names_somebody
        self._strangers = Strangers()
        self._handled = 0

    def read_as(
        self, parser: Parser, keys: Mapping[str, str], names_somebody: Callable[[Event], bool]
    ) -> None:
        """Read by other definitions from the next request on; see `collect_app`."""
        self._parser, self._keys, self._names_somebody = parser, Keys(keys), names_somebody

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI 3)."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path = scope["path"].rstrip("/") or "/"
        try:
            answer = await self._answer(scope["method"], path, headers, receive)
        except Gone:
            self._meters.answered(_endpoint(path), 499)
            return
        except asyncio.CancelledError:
            # The server ends, and this request has not come to its end within the time for that.
            answer = answers.later(Overloaded("the collector is shutting down"), close=True)
        except Exception:  # noqa: BLE001 - a bug must not lose the sender's events
            _log.exception("the collector failed on a request", path=path)
            answer = answers.failure()
        self._meters.answered(_endpoint(path), answer.status)
        head = answers.head(answer, headers.get(b"origin"))
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(
        self, method: str, path: str, headers: dict[bytes, bytes], receive: Receive
    ) -> Answer:
        if path.startswith("/v1/"):
            if method == "OPTIONS":
                return answers.PREFLIGHT
            if path not in CALLS and path != LIBRARY_METRICS:
                return answers.refusal("not_found", f"nothing is at {path[:100]}")
            if method != "POST":
                return answers.refusal("method_not_allowed", f"{path} takes POST")
            return await self._collect(path, headers, receive)
        if method in ("GET", "HEAD"):
            if path == "/livez":
                return answers.plain(200, "live")
            if path == "/readyz":
                trouble = self._trouble()
                return answers.plain(503, trouble) if trouble else answers.plain(200, "ready")
            if path == "/metrics":
                return answers.metrics(self._meters.text() + self._more_metrics())
        return answers.refusal("not_found", f"nothing is at {path[:100]}")

    async def _collect(self, path: str, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        source = self._keys.source(basic_key(headers.get(b"authorization")))
        try:
            raw = await self._bodies.read(receive, headers.get(b"content-length"))
        except NotStored as problem:
            return answers.later(problem, close=True)
        except Unread as unread:
            return await self._refuse(unread.fault, unread.start, source, close=True)
        if path == LIBRARY_METRICS:
            return answers.SUCCESS
        if self._handled >= self._limits.requests_max:
            return answers.later(Overloaded("too many requests at once; try again later"))
        self._handled += 1
        try:
            return await self._take(path, headers, raw, source)
        finally:
            self._handled -= 1

    async def _take(
        self, path: str, headers: dict[bytes, bytes], raw: bytes, source: str | None
    ) -> Answer:
        """Handles a body that is there as a whole."""
        encoding = headers.get(b"content-encoding", b"")
        body = inflate(raw, encoding, self._limits.body_bytes_max)
        if isinstance(body, Fault):
            return await self._refuse(body, raw, source)
        if source is None:
            key = read_write_key(body) or basic_key(headers.get(b"authorization"))
            source = self._keys.source(key)
            if source is None:
                return await self._unknown(key, body, CALLS[path])
        batch = CALLS[path] is None
        parsed = self._parser.parse_request(body, self._now_ms(), source, CALLS[path])
        parsed = refuse_nobody(parsed, body, self._names_somebody, batch=batch)
        return await self._store(parsed, len(body), batch=batch)

    async def _unknown(self, key: str | None, body: bytes, call: str | None) -> Answer:
        """A body without a known key. If it cannot even be read, that is the better reason."""
        now_ms = self._now_ms()
        if key is None:
            parsed = self._parser.parse_request(body, now_ms, UNKNOWN_SOURCE, call)
            if parsed.rejections and parsed.rejections[0].where == "":
                return await self._store(Parsed([], parsed.rejections[:1]), len(body), batch=False)
        self._keys.alarm(key, now_ms)
        fault = Fault("unknown_write_key", "the write key belongs to no source of this project")
        return await self._refuse(fault, body, None)

    async def _refuse(
        self, fault: Fault, body: bytes, source: str | None, *, close: bool = False
    ) -> Answer:
        """Quarantines a whole body and says why."""
        rejection = reject(fault, body, self._now_ms(), source or UNKNOWN_SOURCE)
        problem = await self._append([], [rejection], len(rejection.body))
        if problem is not None:
            return answers.later(problem, close=close)
        return answers.refusal(fault.code, fault.message, fault.where, close=close)

    async def _store(self, parsed: Parsed, size_bytes: int, *, batch: bool) -> Answer:
        """Makes a parsed body durable and says what became of it."""
        events, rejections = parsed.events, parsed.rejections
        problem = await self._append(events, rejections, size_bytes)
        if problem is not None:
            return answers.later(problem)
        if not rejections:
            return answers.SUCCESS
        if batch and events:
            return answers.partly(len(events), rejections)
        first = rejections[0]
        return answers.refusal(first.code, first.message, first.where)

    async def _append(
        self, events: list[Event], rejections: list[Rejection], size_bytes: int
    ) -> NotStored | None:
        # Without a known key there is one rejection and no event.
        strange = bool(rejections) and rejections[0].source == UNKNOWN_SOURCE
        if strange and not self._strangers.keep(self._now_ms()):
            self._meters.unkept(rejections)
            return None
        try:
            await self._appender.append(events, rejections, size_bytes)
        except NotStored as problem:
            return problem
        self._meters.stored(len(events), rejections, size_bytes)
        return None


def _endpoint(path: str) -> str:
    """A metric label out of a fixed set."""
    known = path in CALLS or path in (LIBRARY_METRICS, "/livez", "/readyz", "/metrics")
    return path if known else "other"


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol: there is nothing to start; the host closes the appender."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
