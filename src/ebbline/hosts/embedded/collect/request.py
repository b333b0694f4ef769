"""One HTTP request as the doors see it, its body not read yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_plus

from ebbline.hosts.embedded.collect.limits import QUERY_FIELDS_MAX

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Request:
    """Method, path without a slash at its end, raw query, headers, scheme."""

    __slots__ = ("headers", "method", "path", "query", "receive", "scheme")

    def __init__(
        self,
        method: str,
        path: str,
        query: bytes,
        headers: dict[bytes, bytes],
        scheme: str,
        receive: Receive,
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.scheme = scheme
        self.receive = receive

    def parameters(self) -> dict[str, str]:
        """The query's fields, the first of each name."""
        return fields_of(self.query)


def fields_of(encoded: bytes) -> dict[str, str]:
    """The fields of a query or of a form, the first of each name; what is no UTF-8 is replaced.

    >>> fields_of(b"a=1&a=2&b=x+y%21")
    {'a': '1', 'b': 'x y!'}
    """
    found: dict[str, str] = {}
    for part in encoded.split(b"&", QUERY_FIELDS_MAX)[:QUERY_FIELDS_MAX]:
        name, _, value = part.decode("latin-1").partition("=")
        if name:
            found.setdefault(_unquoted(name), _unquoted(value))
    return found


def _unquoted(text: str) -> str:
    # Bytes that a sender left unescaped are UTF-8 as well.
    return unquote_plus(text.encode("latin-1").decode("utf-8", "replace"), errors="replace")
