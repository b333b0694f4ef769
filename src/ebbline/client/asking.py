"""Connections of the client for asyncio, over aiohttp."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

import aiohttp

from ebbline.client import wire
from ebbline.client.problem import error_of

Shape = TypeVar("Shape")
LINE_BYTES_MAX = 8 << 20  # bytes of one line of a stream: an event with all its properties


class Asking:
    """What the methods of the client ask through; of one event loop."""

    def __init__(self, url: str, key: str, *, timeout: float = 60.0) -> None:
        """`url` is where `ebbline run` says its API is; `timeout` in seconds, for every read."""
        self._address = wire.address(url)
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=None, sock_read=timeout, sock_connect=timeout)
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        """Use it in a block."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def _ask(self, method: str, path: str, query: Mapping[str, Any], shape: type[Shape],
                   body: Mapping[str, Any] | None = None) -> Shape:  # fmt: skip
        async with self._response(method, wire.target(path, query), body, None) as response:
            return wire.decoded(await response.read(), shape)

    async def _lines(self, path: str, query: Mapping[str, Any],
                     shape: type[Shape]) -> AsyncIterator[Shape]:  # fmt: skip
        async with self._response("GET", wire.target(path, query), None, None) as response:
            async for line in response.content:
                yield wire.decoded(line, shape)

    async def _chunks(self, path: str, query: Mapping[str, Any]) -> AsyncIterator[bytes]:
        async with self._response("GET", wire.target(path, query), None, None) as response:
            async for chunk in response.content.iter_any():
                yield chunk

    async def _events(self, path: str, query: Mapping[str, Any], headers: Mapping[str, Any],
                      shape: type[Shape]) -> AsyncIterator[Shape]:  # fmt: skip
        events = wire.EventLines()
        async with self._response("GET", wire.target(path, query), None, headers) as response:
            async for line in response.content:
                if (data := events.take(line)) is not None:
                    yield wire.decoded(data, shape)

    @asynccontextmanager
    async def _response(self, method: str, target: str, body: Mapping[str, Any] | None,
                        more: Mapping[str, Any] | None,
                        ) -> AsyncIterator[aiohttp.ClientResponse]:  # fmt: skip
        if self._session is None:
            where = self._address
            scheme, port = "https" if where.secure else "http", where.port
            host = f"[{where.host}]" if ":" in where.host else where.host
            self._base = f"{scheme}://{host}{f':{port}' if port else ''}{where.prefix}"
            self._session = aiohttp.ClientSession(
                timeout=self._timeout, read_bufsize=LINE_BYTES_MAX
            )
        headers = wire.headers(self._key, body=body is not None, more=more)
        url = self._base + target
        async with self._session.request(
            method, url, data=wire.encoded(body), headers=headers
        ) as response:
            if response.status >= 400:
                said = {name.lower(): value for name, value in response.headers.items()}
                raise error_of(response.status, said, await response.read(), target)
            yield response
