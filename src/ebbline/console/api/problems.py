"""Errors of the API: a table of stable codes, and the replies they make (RFC 9457).

Every code is a heading of docs/reference/api.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import apsw
import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import Response

from ebbline.client.shapes.access import Problem, Trouble
from ebbline.errors import (
    EbblineError,
    NotFound,
    NotInSql,
    ProjectError,
    Refused,
    SetupError,
)
from ebbline.hosts.embedded.log import LogUnavailable

DOCS: Final = "docs/reference/api.md#"
MEDIA_TYPE: Final = "application/problem+json"

CODES: Final[dict[str, tuple[int, str]]] = {
    "bad_json": (400, "The body is not JSON"),
    "unauthenticated": (401, "A key is needed"),
    "forbidden": (403, "The key may not do this"),
    "not_found": (404, "Not found"),
    "method_not_allowed": (405, "Not this method"),
    "refused": (409, "Nothing was changed"),
    "not_running": (409, "The system does not run"),
    "not_in_sql": (409, "No query can say this"),
    "too_large": (413, "The body is too large"),
    "not_json": (415, "The body must be application/json"),
    "invalid": (422, "The request is not as documented"),
    "bad_project": (422, "The project has errors"),
    "rate_limited": (429, "Too many requests"),
    "busy": (429, "Too much is being worked out"),
    "internal": (500, "A bug"),
    "unavailable": (503, "Not available just now"),
}


class Trip(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, code: str, detail: str, *, errors: Iterable[Trouble] = (), retry_seconds: float = 0
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_seconds = retry_seconds


def reply(trip: Trip, path: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as a response; 429 and 401 say what to do about it in a header too."""
    status, title = CODES[trip.code]
    told = Problem(
        type=f"{DOCS}{trip.code}", title=title, status=status, code=trip.code,
        detail=trip.detail, instance=path, errors=list(trip.errors),
    )  # fmt: skip
    more = dict(headers or {})
    if status == 429 or trip.retry_seconds:
        more["retry-after"] = str(max(1, round(trip.retry_seconds + 0.5)))
    if status == 401:
        more["www-authenticate"] = 'Bearer realm="ebbline"'
    return Response(msgspec.json.encode(told), status, more, MEDIA_TYPE)


def trip_of(error: Exception) -> Trip:
    """What an error of the product means to somebody outside. A bug says nothing of itself."""
    if isinstance(error, Trip):
        return error
    for kind, code in _KINDS:
        if isinstance(error, kind):
            return Trip(code, str(error), retry_seconds=_PAUSE if code == "unavailable" else 0)
    if isinstance(error, apsw.BusyError | apsw.FullError | apsw.IOError | OSError):
        return Trip("unavailable", f"The data folder: {error}.", retry_seconds=_PAUSE)
    return Trip("internal", "Something went wrong inside; the process's log says what.")


_PAUSE = 2.0  # seconds until it may be worth another try
_KINDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (NotFound, "not_found"),
    (Refused, "refused"),
    (NotInSql, "not_in_sql"),
    (ProjectError, "bad_project"),
    (LogUnavailable, "unavailable"),
    (SetupError, "unavailable"),
    (EbblineError, "refused"),
)


def on_error(request: Request, error: Exception) -> Response:
    """The reply to any error of a route."""
    trip = trip_of(error)
    if trip.code == "internal":
        log = structlog.get_logger()
        log.error("a request failed", path=request.url.path, exc_info=error)
    return reply(trip, request.url.path)
