"""Requests and replies as bytes, the same for both clients: paths, queries, bodies, streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

Shape = TypeVar("Shape")
JSON = "application/json"


class Address(msgspec.Struct, frozen=True):
    """Where the API is: `prefix` is a path in front of /v1, where a proxy puts one."""

    secure: bool
    host: str
    port: int | None
    prefix: str


def address(url: str) -> Address:
    """The address in a URL; ValueError for what is none.

    >>> address("https://api.example.com/ebbline/")
    Address(secure=True, host='api.example.com', port=None, prefix='/ebbline')
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = f'"{url}" is no http:// or https:// address.'
        raise ValueError(message)
    prefix = parts.path.rstrip("/").removesuffix("/v1")
    return Address(parts.scheme == "https", parts.hostname, parts.port, prefix)


def segment(value: object) -> str:
    """A value as one part of a path.

    >>> segment("a/b c"), segment(7)
    ('a%2Fb%20c', '7')
    """
    return quote(str(value), safe="")


def target(path: str, query: Mapping[str, Any]) -> str:
    """A path with its query; what is None is left out.

    >>> target("/v1/x", {"user": "ana@b", "at": None, "effective": True})
    '/v1/x?user=ana%40b&effective=true'
    """
    said = {name: _text(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(said)}" if said else path


def encoded(body: Mapping[str, Any] | None) -> bytes | None:
    """A body as JSON."""
    return None if body is None else msgspec.json.encode(body)


def headers(key: str, *, body: bool, more: Mapping[str, Any] | None = None) -> dict[str, str]:
    """What every request says of itself; `more` are headers of its own, None left out."""
    said = {"authorization": f"Bearer {key}", "accept": "*/*"}
    if body:
        said["content-type"] = JSON
    return said | {name: str(value) for name, value in (more or {}).items() if value is not None}


def decoded(body: bytes, shape: type[Shape]) -> Shape:
    """A reply as its shape; fields that this version does not know are passed over."""
    return msgspec.json.decode(body, type=shape)


class EventLines:
    """Takes server-sent events apart, line by line."""

    def __init__(self) -> None:
        self._data: list[bytes] = []

    def take(self, line: bytes) -> bytes | None:
        """The data of an event that ends with this line, else None.

        >>> lines = EventLines()
        >>> [lines.take(line) for line in (b": hello", b"id: 1:0", b"data: {}", b"")]
        [None, None, None, b'{}']
        """
        line = line.rstrip(b"\r\n")
        if line.startswith(b"data:"):
            self._data.append(line[5:].removeprefix(b" "))
        elif not line and self._data:
            data, self._data = b"\n".join(self._data), []
            return data
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
