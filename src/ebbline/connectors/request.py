"""A request to make and what came of it, as values: no connector touches a socket."""

from __future__ import annotations

from typing import Literal

import msgspec


class Request(msgspec.Struct, frozen=True):
    """One HTTP request. Header values may hold secrets: see `Connector.secret_keys`."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Response(msgspec.Struct, frozen=True):
    """One HTTP response; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Failure(msgspec.Struct, frozen=True):
    """Why there is no response.

    unsent: no connection came about, so nothing left. broken: the connection ended before the
    whole answer was there. timeout: no answer in time. interrupted: we stopped while waiting.
    """

    kind: Literal["unsent", "broken", "timeout", "interrupted"]
    reason: str


Result = Response | Failure
