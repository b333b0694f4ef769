"""The application: the key first, then the fast lane, then the routes.

Nothing is answered without a key that works, not even that a path does not exist.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ebbline import __version__
from ebbline.client.shapes.access import Trouble
from ebbline.console.api.context import Context
from ebbline.console.api.doors import ALL
from ebbline.console.api.limits import USER_CHARACTERS_MAX
from ebbline.console.api.openapi import document
from ebbline.console.api.problems import Trip, reply, trip_of
from ebbline.console.api.routes import admit
from ebbline.hosts.embedded.access import Key

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

MEMBERSHIPS = "/v1/memberships"
_JSON = (b"content-type", b"application/json")
_UNSTORED = (b"cache-control", b"no-store")


def framework() -> FastAPI:
    """The routes in the framework, without a folder: enough for the document."""
    app = FastAPI(
        title="Ebbline management API", version=__version__, docs_url=None, redoc_url=None,
        openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    for routes in ALL:
        app.include_router(routes.router)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _plain)
    app.state.document = document(app, ALL)
    return app


class ApiApp:
    """The whole API of one folder, as an ASGI application."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.routes = framework()
        self.routes.state.context = context

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        try:
            key = self._key(scope)
            if scope["path"] == MEMBERSHIPS and scope["method"] == "GET":
                await self._memberships(scope, key, send)
                return
        except Exception as error:  # noqa: BLE001 - every failure has its reply
            trip = trip_of(error)
            if trip.code == "internal":
                structlog.get_logger().error("a request failed", exc_info=error)
            await reply(trip, scope["path"])(scope, receive, send)
            return
        scope["ebbline.key"] = key
        await self.routes(scope, receive, send)

    def _key(self, scope: Scope) -> Key:
        """Whose key a request bears; a Trip when it bears none that works."""
        text = ""
        for name, value in scope["headers"]:
            if name == b"authorization":
                kind, _, text = value.decode("latin-1").partition(" ")
                text = text.strip() if kind.lower() == "bearer" else ""
        key = self.context.access.who_has(text, self.context.clock.now_ms()) if text else None
        if key is None:
            raise Trip(
                "unauthenticated",
                "Send `Authorization: Bearer ebk_…` with a key that is neither revoked nor past"
                " its end; `ebbline key create` makes one.",
            )
        return key

    async def _memberships(self, scope: Scope, key: Key, send: Send) -> None:
        """The read that personalisation makes, past the framework."""
        admit(self.context, key, "memberships:read", 1)
        answer = memberships(self.context, scope["query_string"])
        headers = [_JSON, _UNSTORED, (b"content-length", b"%d" % len(answer))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def memberships(context: Context, query: bytes) -> bytes:
    """The answer about `user` of a query; Trips: invalid, not_found."""
    user = _user(query)
    if not 0 < len(user) <= USER_CHARACTERS_MAX:
        trouble = Trouble(where="query.user", message="an identifier of 1 to 1,000 characters")
        raise Trip("invalid", "user: name a person by any identifier.", errors=[trouble])
    found = context.memberships.of(user)
    if found is None:
        raise Trip("not_found", f'Nobody is known as "{user}".')
    return found


def _user(query: bytes) -> str:
    """The last `user` of a query, empty when there is none."""
    plain = query[5:]
    if query.startswith(b"user=") and plain.isalnum():  # most ids: nothing to take apart
        return plain.decode("ascii")
    try:
        pairs = parse_qs(query.decode("ascii"), keep_blank_values=True, errors="strict")
    except (UnicodeDecodeError, ValueError):
        return ""
    return pairs.get("user", [""])[-1]


def _invalid(request: Request, error: Exception) -> Response:
    """What the framework found wrong with parameters."""
    assert isinstance(error, RequestValidationError)
    troubles = [
        Trouble(where=".".join(map(str, each["loc"])), message=each["msg"])
        for each in error.errors()
    ]
    detail = "; ".join(f"{each.where}: {each.message}" for each in troubles)
    return reply(Trip("invalid", detail, errors=troubles), request.url.path)


def _plain(request: Request, error: Exception) -> Response:
    """What the framework answers itself: no such path, or not this method."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 405:
        trip = Trip("method_not_allowed", f"{request.method} is not for {path}.")
    elif error.status_code == 404:
        trip = Trip("not_found", f"There is nothing at {path}.")
    else:
        trip = Trip("invalid", str(error.detail))
    return reply(trip, path, error.headers)
