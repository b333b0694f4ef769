"""How requests leave: a seam, and HTTP over aiohttp behind it.

No redirects, no cookies, no proxies from the environment: what a project names is what is
asked. It decides nothing about an answer; a connector's `classify` does.
"""

from __future__ import annotations

from typing import Protocol

import aiohttp

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.limits import CONNECT_MS

_CHUNK_BYTES = 1 << 16


class Transport(Protocol):
    """Makes requests."""

    async def send(self, request: Request, limits: Limits) -> Result:
        """The response, or why there is none; it raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


class HttpTransport:
    """One pool of connections for all destinations; opened at the first request."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport`."""
        session = self._session = self._session or _open()
        timeout = aiohttp.ClientTimeout(
            total=limits.timeout_ms / 1000, connect=min(CONNECT_MS, limits.timeout_ms) / 1000
        )
        try:
            async with session.request(
                request.method, request.url, data=request.body, headers=request.headers,
                allow_redirects=False, timeout=timeout,
            ) as response:  # fmt: skip
                body = bytearray()
                async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
                    body += chunk
                    if len(body) > limits.response_bytes_max:
                        break
                headers = {name.lower(): value for name, value in response.headers.items()}
                kept = bytes(body[: limits.response_bytes_max])
                return Response(response.status, headers, kept)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            return Failure("unsent", _words(error))
        except TimeoutError:
            return Failure("timeout", f"no answer within {limits.timeout_ms} ms")
        except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
            return Failure("unsent", _words(error))
        except (aiohttp.ClientError, OSError) as error:
            return Failure("broken", _words(error))

    async def close(self) -> None:
        """See `Transport`."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _open() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),  # the lanes' own limits hold
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Ebbline"},
    )


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": ")
