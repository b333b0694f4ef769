"""Every destination of a plan as its vendor's sandbox, and the transport that leads there.

Requests are handed to the sandbox's ASGI app in the same event loop: no socket, no real secret,
nothing leaves the process. Waiting, on both sides, is the virtual clock's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import quote, urlsplit

from ebbline.connectors import Failure, Request, Response, Result, connector_of
from ebbline.connectors.braze.sandbox import braze_sandbox
from ebbline.connectors.files.sandbox import files_sandbox
from ebbline.connectors.hubspot.sandbox import hubspot_sandbox
from ebbline.connectors.mailchimp.sandbox import mailchimp_sandbox
from ebbline.connectors.marketo.sandbox import marketo_sandbox
from ebbline.connectors.postgres.sandbox import postgres_sandbox
from ebbline.connectors.registry import parts
from ebbline.connectors.s3.sandbox import s3_sandbox
from ebbline.connectors.s3.signing import host_of
from ebbline.connectors.sandbox import SandboxApp
from ebbline.connectors.sfmc.sandbox import sfmc_sandbox
from ebbline.connectors.webhook.sandbox import webhook_sandbox
from ebbline.definitions.plan import DestinationDef, Plan
from ebbline.delivery import Limits
from ebbline.errors import SetupError
from ebbline.hosts.embedded.secrets.references import with_secrets
from ebbline.testing.virtual_clock import VirtualClock

# What every `env:` reference is in a test: good for keys as well as for signing secrets.
STAND_IN_SECRET = "whsec_" + "A" * 32  # a public value, it opens nothing

Made = tuple[str, SandboxApp]  # where the destination points, and what answers there


def _braze(settings: Any, clock: VirtualClock) -> Made:
    return settings.endpoint, braze_sandbox(clock.now_ms, clock.sleep, key=settings.key)


def _webhook(settings: Any, clock: VirtualClock) -> Made:
    secret = next(iter(settings.signing_secrets), None)
    app = webhook_sandbox(
        clock.now_ms,
        clock.sleep,
        secret=secret,
        shared_secret=settings.shared_secret,
        any_body=bool(settings.body),
    )
    return settings.url, app


def _hubspot(settings: Any, clock: VirtualClock) -> Made:
    return settings.endpoint, hubspot_sandbox(clock.now_ms, clock.sleep, token=settings.token)


def _marketo(settings: Any, clock: VirtualClock) -> Made:
    app = marketo_sandbox(
        clock.now_ms,
        clock.sleep,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
    )
    return settings.endpoint, app


def _postgres(settings: Any, clock: VirtualClock) -> Made:
    app = postgres_sandbox(clock.now_ms, clock.sleep, dsn=settings.dsn, schema=settings.schema)
    return "postgresql:" + settings.schema, app


def _files(settings: Any, clock: VirtualClock) -> Made:
    return "file://" + quote(settings.path.rstrip("/")), files_sandbox(clock.now_ms, clock.sleep)


def _s3(settings: Any, clock: VirtualClock) -> Made:
    app = s3_sandbox(
        clock.now_ms,
        clock.sleep,
        key=settings.key,
        bucket=settings.bucket,
        host=host_of(settings.root),
    )
    return settings.root, app


def _mailchimp(settings: Any, clock: VirtualClock) -> Made:
    app = mailchimp_sandbox(clock.now_ms, clock.sleep, key=settings.key, list_id=settings.list_id)
    return settings.url.removesuffix("/3.0"), app


def _sfmc(settings: Any, clock: VirtualClock) -> Made:
    app = sfmc_sandbox(
        clock.now_ms,
        clock.sleep,
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        extension=settings.extension,
    )
    # One app for both of the tenant's hosts.
    return settings.endpoint or f"https://{settings.subdomain}.", app


_MAKERS: dict[str, Callable[[Any, VirtualClock], Made]] = {
    "braze": _braze,
    "files": _files,
    "hubspot": _hubspot,
    "mailchimp": _mailchimp,
    "marketo": _marketo,
    "postgres": _postgres,
    "s3": _s3,
    "sfmc": _sfmc,
    "webhook": _webhook,
}


class Sandboxes:
    """A `Transport` into sandboxes. `apps` are they by destination; two destinations of one
    address share one. `environ` holds the stand-ins for the secrets that the plan names."""

    def __init__(self, plan: Plan, clock: VirtualClock) -> None:
        self.apps: dict[str, SandboxApp] = {}
        self.environ = _stand_ins(plan)
        self.requests = 0
        self._clock = clock
        self._by_url: dict[str, SandboxApp] = {}
        self._working: set[asyncio.Task[None]] = set()
        for destination in plan.destinations:
            self._open(destination)

    def follow(self, plan: Plan) -> None:
        """Open what another version of the plan adds; what is there stays as it is."""
        self.environ.update(_stand_ins(plan))
        for destination in plan.destinations:
            if destination.name not in self.apps:
                self._open(destination)

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `deliver.transport`; gives up after the vendor's time limit on the virtual clock,
        while the sandbox may go on with the request."""
        if request.url == "none:":  # a connector that had nothing to make of it
            return Response(422 if request.body else 204, {}, request.body)
        self.requests += 1
        url = max((url for url in self._by_url if request.url.startswith(url)), default=None)
        if url is None:
            return Failure("unsent", f"no destination of the plan is at {request.url}")
        exchange = _Exchange(request)
        work = asyncio.create_task(exchange.run(self._by_url[url]))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        patience = asyncio.create_task(self._clock.sleep(limits.timeout_ms / 1000))
        try:
            await asyncio.wait((work, patience), return_when=asyncio.FIRST_COMPLETED)
        finally:
            patience.cancel()
        if not work.done():
            return Failure("timeout", f"no answer within {limits.timeout_ms} ms")
        work.result()  # a sandbox that breaks is a bug, not a vendor's failure
        return exchange.result()

    async def close(self) -> None:
        """End what is still being worked on."""
        working = list(self._working)
        for work in working:
            work.cancel()
        await asyncio.gather(*working, return_exceptions=True)

    def _open(self, destination: DestinationDef) -> None:
        """A sandbox for one destination; what is wrong with its settings, deliver says."""
        make = _MAKERS.get(destination.type)
        if make is None:
            return
        connector = connector_of(destination.type)
        try:
            raw, _ = with_secrets(connector, destination.settings, self.environ)
        except SetupError:
            return
        settings = connector.read_settings(raw)
        if isinstance(settings, tuple):
            return
        url, app = make(settings, self._clock)
        self.apps[destination.name] = self._by_url.setdefault(url, app)


class _Exchange:
    """One request and its answer over ASGI."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._status = 0
        self._headers: dict[str, str] = {}
        self._body = bytearray()
        self._complete = False

    async def run(self, app: SandboxApp) -> None:
        """Let the app answer."""
        url = urlsplit(self._request.url)
        headers = [(name.lower(), value) for name, value in self._request.headers]
        scope: MutableMapping[str, Any] = {
            "type": "http",
            "method": self._request.method,
            "path": url.path or "/",
            "query_string": url.query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers],
        }
        await app(scope, self._receive, self._send)

    def result(self) -> Result:
        """The answer, if it came to its end."""
        if not self._complete:
            return Failure("broken", "the connection ended before the answer did")
        return Response(self._status, self._headers, bytes(self._body))

    async def _receive(self) -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": self._request.body, "more_body": False}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            pairs = message["headers"]
            self._headers = {name.decode().lower(): value.decode() for name, value in pairs}
        else:
            self._body += message.get("body", b"")
            self._complete = not message.get("more_body", False)


def _stand_ins(plan: Plan) -> dict[str, str]:
    """A value for each variable of the environment that a destination refers to."""
    found: dict[str, str] = {}
    for destination in plan.destinations:
        for setting in destination.settings.values():
            for part in parts(setting):
                if isinstance(part, str) and part.startswith("env:"):
                    found[part.removeprefix("env:")] = STAND_IN_SECRET
    return found
