"""The HTTP door as one raw ASGI callable: Segment's tracking API, and the way to the other doors.

It authenticates, reads, parses, and answers `200` only after the appender has made everything
durable. What it refuses goes to the quarantine by the same append. It keeps no events itself.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

import structlog

from ebbline.events.envelope import read_write_key
from ebbline.events.fault import UNKNOWN_SOURCE, Fault
from ebbline.events.parse import Parser
from ebbline.events.request import Parsed
from ebbline.hosts.embedded.collect import answers, browser, measurement, mixpanel
from ebbline.hosts.embedded.collect import pixel as pixels
from ebbline.hosts.embedded.collect.body import Gone, Unread, inflate
from ebbline.hosts.embedded.collect.browser import Site, site_from
from ebbline.hosts.embedded.collect.intake import UNKNOWN_KEY, Intake, Unusable
from ebbline.hosts.embedded.collect.keys import Keys, basic_key
from ebbline.hosts.embedded.collect.limits import Limits
from ebbline.hosts.embedded.collect.nobody import refuse_nobody
from ebbline.hosts.embedded.collect.ports import NotStored, Overloaded
from ebbline.hosts.embedded.collect.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from ebbline.events.event import Event
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

Door = Callable[[Intake, Request], Awaitable["Answer"]]
DOORS: Final[dict[str, tuple[tuple[str, ...], Door]]] = {
    **dict.fromkeys(pixels.PATHS, (("GET", "HEAD"), pixels.pixel)),
    measurement.PATH: (("POST",), measurement.collect),
    measurement.DEBUG_PATH: (("POST",), measurement.debug),
    mixpanel.TRACK: (("POST",), mixpanel.track),
    mixpanel.ENGAGE: (("POST",), mixpanel.track),
    mixpanel.IMPORT: (("POST",), mixpanel.import_),
}
"""Doors for other wire formats: the methods that each path takes, and what answers."""

_PLAIN: Final = (LIBRARY_METRICS, "/livez", "/readyz", "/metrics")

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
    site: Site | None = None,
) -> CollectApp:
    """The ASGI app. `keys` maps write keys to source names (empty: the default key);
    `trouble` says why the process is not ready, None when it is; `more_metrics` gives the
    figures of processes that have no door of their own; events of which `names_somebody` says
    no are refused; `site` is what browsers fetch, without one as the environment says."""
    intake = Intake(
        parser, Keys(keys), appender, meters, now_ms, limits or Limits(), names_somebody
    )
    return CollectApp(intake, trouble, more_metrics, site or site_from(os.environ))


class CollectApp:
    """See `collect_app`."""

    def __init__(
        self,
        intake: Intake,
        trouble: Callable[[], str | None],
        more_metrics: Callable[[], bytes],
        site: Site,
    ) -> None:
        self._intake = intake
        self._trouble = trouble
        self._more_metrics = more_metrics
        self._site = site

    def read_as(
        self, parser: Parser, keys: Mapping[str, str], names_somebody: Callable[[Event], bool]
    ) -> None:
        """Read by other definitions from the next request on; see `collect_app`."""
        self._intake.read_as(parser, keys, names_somebody)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request (ASGI 3)."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        path, method = scope["path"], scope["method"]
        if path not in CALLS:
            path = path.rstrip("/") or "/"
        try:
            if method == "POST" and path in CALLS:
                answer = await self._collect(path, headers, receive)
            else:
                scheme = scope.get("scheme", "http")
                query = scope.get("query_string", b"")
                answer = await self._elsewhere(
                    Request(method, path, query, headers, scheme, receive)
                )
        except Gone:
            self._intake.meters.answered(_endpoint(path), 499)
            return
        except asyncio.CancelledError:
            # The server ends, and this request has not come to its end within the time for that.
            answer = answers.later(Overloaded("the collector is shutting down"), close=True)
        except Exception:  # noqa: BLE001 - a bug must not lose the sender's events
            _log.exception("the collector failed on a request", path=path)
            answer = answers.failure()
        self._intake.meters.answered(_endpoint(path), answer.status)
        head = answers.head(answer, headers.get(b"origin"))
        await send({"type": "http.response.start", "status": answer.status, "headers": head})
        await send({"type": "http.response.body", "body": answer.body})

    async def _elsewhere(self, request: Request) -> Answer:
        """Everything but Segment's calls."""
        path, method = request.path, request.method
        if method == "OPTIONS":
            return answers.PREFLIGHT
        known = DOORS.get(path)
        if known is not None:
            methods, door = known
            if method in methods:
                return await door(self._intake, request)
            return answers.refusal("method_not_allowed", f"{path} takes {' or '.join(methods)}")
        if path in CALLS or path == LIBRARY_METRICS:
            if path == LIBRARY_METRICS and method == "POST":
                return await self._ignore(request)
            return answers.refusal("method_not_allowed", f"{path} takes POST")
        if method in ("GET", "HEAD"):
            if path == "/livez":
                return answers.plain(200, "live")
            if path == "/readyz":
                trouble = self._trouble()
                return answers.plain(503, trouble) if trouble else answers.plain(200, "ready")
            if path == "/metrics":
                return answers.metrics(self._intake.meters.text() + self._more_metrics())
            answer = await self._site.answer(self._intake, request)
            if answer is not None:
                return answer
        return answers.refusal("not_found", f"nothing is at {path[:100]}")

    async def _ignore(self, request: Request) -> Answer:
        """The library's metrics about itself: read and left."""
        try:
            body = await self._intake.body(request)
        except NotStored as problem:
            return answers.later(problem, close=True)
        close = isinstance(body, Unusable) and body.close
        return answers.json_answer(200, answers.SUCCESS.body, close=close)

    async def _collect(self, path: str, headers: dict[bytes, bytes], receive: Receive) -> Answer:
        intake = self._intake
        key = basic_key(headers.get(b"authorization"))
        source = intake.keys.source(key)
        try:
            raw = await intake.bodies.read(receive, headers.get(b"content-length"))
        except NotStored as problem:
            return answers.later(problem, close=True)
        except Unread as unread:
            return await self._refuse(unread.fault, unread.start, source, close=True)
        try:
            intake.admit()
        except NotStored as problem:
            del raw  # not held in memory meanwhile
            await intake.hold()
            return answers.later(problem)
        intake.handled += 1
        try:
            return await self._take(path, headers.get(b"content-encoding"), raw, key, source)
        finally:
            intake.handled -= 1

    async def _take(
        self, path: str, encoding: bytes | None, raw: bytes, key: str | None, source: str | None
    ) -> Answer:
        """Handles a body that is there as a whole."""
        intake, call = self._intake, CALLS[path]
        body = raw
        if encoding:
            unpacked = inflate(raw, encoding, intake.limits.body_bytes_max)
            if isinstance(unpacked, Fault):
                return await self._refuse(unpacked, raw, source)
            body = unpacked
        if source is None:
            key = read_write_key(body) or key
            source = intake.keys.source(key)
            if source is None:
                return await self._unknown(key, body, call)
        parsed = intake.parser.parse_request(body, intake.now_ms(), source, call)
        parsed = refuse_nobody(parsed, body, intake.names_somebody, batch=call is None)
        return await self._store(parsed, len(body), batch=call is None)

    async def _unknown(self, key: str | None, body: bytes, call: str | None) -> Answer:
        """A body without a known key. If it cannot even be read, that is the better reason."""
        intake = self._intake
        now_ms = intake.now_ms()
        if key is None:
            parsed = intake.parser.parse_request(body, now_ms, UNKNOWN_SOURCE, call)
            if parsed.rejections and parsed.rejections[0].where == "":
                return await self._store(Parsed([], parsed.rejections[:1]), len(body), batch=False)
        intake.keys.alarm(key, now_ms)
        return await self._refuse(UNKNOWN_KEY, body, None)

    async def _refuse(
        self, fault: Fault, body: bytes, source: str | None, *, close: bool = False
    ) -> Answer:
        """Quarantines a whole body and says why."""
        try:
            await self._intake.refuse(fault, body, source)
        except NotStored as problem:
            return answers.later(problem, close=close)
        return answers.refusal(fault.code, fault.message, fault.where, close=close)

    async def _store(self, parsed: Parsed, size_bytes: int, *, batch: bool) -> Answer:
        """Makes a parsed body durable and says what became of it."""
        events, rejections = parsed.events, parsed.rejections
        try:
            await self._intake.append(events, rejections, size_bytes)
        except NotStored as problem:
            return answers.later(problem)
        if not rejections:
            return answers.SUCCESS
        if batch and events:
            return answers.partly(len(events), rejections)
        first = rejections[0]
        return answers.refusal(first.code, first.message, first.where)


def _endpoint(path: str) -> str:
    """A metric label out of a fixed set."""
    if path in CALLS or path in DOORS or path in _PLAIN:
        return path
    return browser.label(path) or "other"


async def _live(receive: Receive, send: Send) -> None:
    """The lifespan protocol: there is nothing to start; the host closes the appender."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
