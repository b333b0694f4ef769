"""How a route of the API is declared: with one scope, its shapes, and every reply it may give.

A route without a scope, or with one that the table of roles does not have, is an error when the
module is imported. Before a route does anything its caller is looked at.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

import msgspec
from fastapi import APIRouter, Depends
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ebbline.client.shapes.access import Trouble
from ebbline.console.api.limits import BODY_BYTES_MAX, UNITS_HEAVY, UNITS_READ
from ebbline.console.api.problems import CODES, MEDIA_TYPE, Trip, on_error
from ebbline.console.api.shaping import encode
from ebbline.errors import Invariant
from ebbline.hosts.embedded.access import SCOPES, Key

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Posted = TypeVar("Posted", bound=msgspec.Struct)

ALWAYS: Final = ("unauthenticated", "forbidden", "rate_limited", "internal", "unavailable")
_DECLARED: Final = "declared"
PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}


class Declared(msgspec.Struct, frozen=True):
    """What a route says of itself beside its path."""

    scope: str
    gives: Any
    takes: Any
    units: int
    records: bool


def admit(context: Any, key: Key, scope: str, units: int) -> None:
    """Let a key through to something of a scope, or a Trip: forbidden, or too often."""
    if scope not in key.scopes:
        raise Trip(
            "forbidden", f"This needs the scope {scope}, which the role {key.role} of the key"
            f" {key.name} does not have or which the key was narrowed from.",
        )  # fmt: skip
    wait = context.buckets.take(key.id, units, key.units, context.clock.now_ms())
    if wait > 0:
        raise Trip(
            "rate_limited", f"The key {key.name} asks more than its rate allows.",
            retry_seconds=wait,
        )  # fmt: skip


class GuardedRoute(APIRoute):
    """A route that lets nobody in whose key does not have its scope, and that records changes."""

    def get_route_handler(self) -> Handler:
        """As the framework's, behind the guard."""
        inner = super().get_route_handler()
        declared = declared_of(self)
        name = self.operation_id or self.name

        async def guarded(request: Request) -> Response:
            context, key = request.app.state.context, request.scope["ebbline.key"]
            try:
                admit(context, key, declared.scope, declared.units)
                response = await inner(request)
            except (RequestValidationError, HTTPException):
                raise  # the framework's own words, which the application has a reply for
            except Exception as error:  # noqa: BLE001 - every failure has its reply
                return on_error(request, error)
            if declared.records and response.status_code < 400:
                detail = getattr(request.state, "posted", "")
                await run_in_threadpool(
                    context.access.tell, context.clock.now_ms(), key.name, name,
                    request.url.path, detail, key.id,
                )  # fmt: skip
            return response

        return guarded


def declared_of(route: APIRoute) -> Declared:
    """What a route said of itself."""
    found: Declared = getattr(route.endpoint, _DECLARED)
    return found


class Routes:
    """The routes of one topic."""

    def __init__(self, topic: str) -> None:
        self.router = APIRouter(route_class=GuardedRoute, tags=[topic])

    def get(self, path: str, *, scope: str, gives: Any, also: tuple[str, ...] = (),
            heavy: bool = False, media: str = "application/json",
            ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        """A route that reads. `gives` is its shape; `also` codes of problems beside those that
        every route may have."""
        return self._route("GET", path, scope, gives, None, also, heavy, media, 200, False)

    def post(self, path: str, *, scope: str, gives: Any, takes: Any = None,
             also: tuple[str, ...] = (), heavy: bool = False, status: int = 200,
             records: bool = True) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        """A route that changes something and is recorded, unless `records` is false."""
        return self._route(
            "POST", path, scope, gives, takes, also, heavy, "application/json", status, records
        )

    def delete(self, path: str, *, scope: str, gives: Any, also: tuple[str, ...] = (),
               ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        """A route that ends something; recorded."""
        media = "application/json"
        return self._route("DELETE", path, scope, gives, None, also, False, media, 200, True)

    def _route(self, method: str, path: str, scope: str, gives: Any, takes: Any,
               also: tuple[str, ...], heavy: bool, media: str, status: int, records: bool,
               ) -> Callable[[Endpoint], Endpoint]:  # fmt: skip
        if scope not in SCOPES:
            raise Invariant(f"{method} {path} has the scope {scope!r}, which no role can have.")
        units = UNITS_HEAVY if heavy else UNITS_READ
        declared = Declared(scope, gives, takes, units, records)

        def add(endpoint: Endpoint) -> Endpoint:
            shaped = _shaped(endpoint, status)
            setattr(shaped, _DECLARED, declared)
            codes = [*ALWAYS, *also, *(("busy",) if heavy else ())]
            if takes is not None:
                codes += ["bad_json", "too_large", "not_json"]
            if takes is not None or _has_parameters(endpoint):
                codes.append("invalid")
            summary, _, text = (inspect.getdoc(endpoint) or "").partition("\n\n")
            self.router.add_api_route(
                path, shaped, methods=[method], operation_id=endpoint.__name__,
                summary=summary.rstrip("."), description=text or summary, status_code=status,
                response_model=None, response_class=Response,
                responses=_replies(codes, gives, status, media),
                openapi_extra=_extra(declared, takes),
            )  # fmt: skip
            return endpoint

        return add


def posted(shape: type[Posted]) -> Any:
    """What makes a parameter be read from the request's body, as the second part of its
    `Annotated` type. Trips for a body that is none."""

    async def read(request: Request) -> Posted:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Trip("not_json", f"The body came as {kind or 'nothing'}; send JSON.")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_BYTES_MAX:
                raise Trip("too_large", f"A body has at most {BODY_BYTES_MAX:,} bytes.")
        found = decoded(bytes(body), shape)
        request.state.posted = _recorded(found)
        return found

    return Depends(read)


def decoded(body: bytes, shape: type[Posted]) -> Posted:
    """A body as a shape. Trips: bad_json, invalid."""
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        where = "body" + place.rstrip("`")
        trouble = Trouble(where=where, message=message)
        raise Trip("invalid", f"{where}: {message}.", errors=[trouble]) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Trip("bad_json", f"The body cannot be read: {error}.") from error


def _recorded(found: msgspec.Struct) -> str:
    """What the record of changes keeps of a body: of files, their names."""
    told = msgspec.to_builtins(found)
    if told.get("files"):
        told["files"] = sorted(told["files"])
    return encode(told).decode()


def _shaped(endpoint: Callable[..., Any], status: int) -> Any:
    """The endpoint, giving bytes of what it gave."""

    def respond(found: Any) -> Response:
        if isinstance(found, Response):
            return found
        return Response(encode(found), status, media_type="application/json")

    if inspect.iscoroutinefunction(endpoint):

        @functools.wraps(endpoint)
        async def waited(*args: Any, **named: Any) -> Response:
            return respond(await endpoint(*args, **named))

        return waited

    @functools.wraps(endpoint)
    def called(*args: Any, **named: Any) -> Response:
        return respond(endpoint(*args, **named))

    return called


def _has_parameters(endpoint: Callable[..., Any]) -> bool:
    return not {"api", "caller", "body", "request"}.issuperset(
        inspect.signature(endpoint).parameters
    )


def _replies(codes: list[str], gives: Any, status: int, media: str) -> dict[int | str, Any]:
    """Every reply a route may give, for the document."""
    found: dict[int | str, Any] = {
        status: {"description": "Done", "content": {media: {"schema": _schema(gives)}}}
    }
    for code in codes:
        number, title = CODES[code]
        there = found.setdefault(number, {"description": "", "content": {}})
        words = f"`{code}`: {title}."
        there["description"] = f"{there['description']} {words}".strip()
        there["content"] = {MEDIA_TYPE: {"schema": PROBLEM}}
    return found


def _schema(gives: Any) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{gives.__name__}"} if inspect.isclass(gives) and (
        issubclass(gives, msgspec.Struct)
    ) else dict(gives)  # fmt: skip


def _extra(declared: Declared, takes: Any) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "x-scope": declared.scope,
        "security": [{"key": [declared.scope]}],
    }
    if takes is not None:
        content = {"application/json": {"schema": _schema(takes)}}
        extra["requestBody"] = {"required": True, "content": content}
    return extra
