"""How requests leave: a seam, and HTTP over aiohttp behind it.

No redirects, no cookies, no proxies from the environment: what a project names is what is
asked, if the guard lets it. It decides nothing about an answer; a connector's `classify` does.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import zlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import aiohttp
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.connectors.addresses import Target
from ebbline.delivery import Limits
from ebbline.hosts.embedded.deliver.guard import Guard, RequestRefused
from ebbline.hosts.embedded.deliver.limits import CONNECT_MS

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host's name, as text; OSError when there are none."""

_CHUNK_BYTES = 1 << 16

# Bytes of the status line and of each header of a response, and how many headers: together
# under a megabyte, and several times what any service sends.
_HEADER_BYTES_MAX = 8_190
_HEADERS_MAX = 100

_REFUSED = "refused address: "
_log = structlog.get_logger("deliver")


class Transport(Protocol):
    """Makes requests."""

    async def send(self, request: Request, limits: Limits) -> Result:
        """The response, or why there is none; it raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses the machine's own resolver gives for a name."""
    infos = await asyncio.get_running_loop().getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    return [str(info[4][0]) for info in infos]


class HttpTransport:
    """A pool of connections for all destinations, opened at the first request.

    A name is looked up once for a connection; what came back is judged by the guard, and only
    that is connected to. Without a guard of yours nothing but the public internet is reached.
    """

    def __init__(self, guard: Guard | None = None, lookup: Lookup = look_up) -> None:
        self._guard = guard or Guard()
        self._lookup = lookup
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def send(self, request: Request, limits: Limits) -> Result:
        """See `Transport`."""
        timeout = aiohttp.ClientTimeout(
            total=limits.timeout_ms / 1000, connect=min(CONNECT_MS, limits.timeout_ms) / 1000
        )
        try:
            target = self._guard.check(request.url)
            async with self._session(target.scheme).request(
                request.method, request.url, data=request.body, headers=request.headers,
                allow_redirects=False, timeout=timeout,
            ) as response:  # fmt: skip
                return await _read(response, target, limits.response_bytes_max)
        except RequestRefused as refused:
            return Failure("unsent", f"{_REFUSED}{refused}")
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
        while self._sessions:
            _, session = self._sessions.popitem()
            await session.close()

    def _session(self, scheme: str) -> aiohttp.ClientSession:
        """The session of a scheme; the guard's answer for an address depends on it."""
        if scheme not in self._sessions:
            self._sessions[scheme] = _open(_Vetting(self._guard, scheme, self._lookup))
        return self._sessions[scheme]


class _Vetting(AbstractResolver):
    """Where connections get their addresses and their sockets: none without the guard's yes."""

    def __init__(self, guard: Guard, scheme: str, lookup: Lookup) -> None:
        self._guard = guard
        self._scheme = scheme
        self._lookup = lookup
        # The latest addresses of names that the operator listed: those alone say nothing of
        # their addresses. As many as names were listed.
        self._listed: dict[tuple[str, int], frozenset[str]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a name. Raises RequestRefused when one of them is not allowed."""
        addresses = tuple(dict.fromkeys(await self._lookup(host, port)))
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, f"{host} has no address")
        target = Target(self._scheme, host, port)
        self._guard.vet(target, addresses)
        if self._guard.lists(target):
            self._listed[host, port] = frozenset(addresses)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0,
                          flags=socket.AI_NUMERICHOST)
            for address in addresses
        ]  # fmt: skip

    def open_socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        """The last look, at the very address that is about to be connected to.

        It holds whatever way the client took to get there: addresses written in a URL are
        never resolved.
        """
        family, kind, protocol, _, (address, port, *_) = info
        known = (held for (_, at), held in self._listed.items() if at == port)
        if not any(address in held for held in known):
            try:
                self._guard.vet(Target(self._scheme, str(address), int(port)), [str(address)])
            except RequestRefused as refused:
                raise PermissionError(errno.EACCES, f"{_REFUSED}{refused}") from refused
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        """Nothing is held open."""


def _open(vetting: _Vetting) -> aiohttp.ClientSession:
    tls = ssl.create_default_context()  # checks certificates and names
    tls.minimum_version = ssl.TLSVersion.TLSv1_2
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0,  # the lanes' own limits hold
            ssl=tls,
            resolver=vetting,
            socket_factory=vetting.open_socket,
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "Ebbline", "Accept-Encoding": "identity"},
        auto_decompress=False,  # a small answer could unpack to gigabytes; see `_unpacked`
        trust_env=False,
        max_line_size=_HEADER_BYTES_MAX,
        max_field_size=_HEADER_BYTES_MAX,
        max_headers=_HEADERS_MAX,
    )


async def _read(response: aiohttp.ClientResponse, target: Target, bytes_max: int) -> Response:
    """The response with as much of its body as the limit allows; the rest is not read."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > bytes_max:
            break
    headers = {name.lower(): value for name, value in response.headers.items()}
    if headers.get("content-encoding", "").lower() in ("gzip", "x-gzip", "deflate"):
        body = _unpacked(body, bytes_max)
    if len(body) > bytes_max:
        _log.warning("answer cut off", host=target.host, kept_bytes=bytes_max)
    return Response(response.status, headers, bytes(body[:bytes_max]))


def _unpacked(body: bytearray, bytes_max: int) -> bytearray:
    """A body that was packed although we asked for a plain one, at most a byte over the limit;
    as it came when it cannot be unpacked."""
    try:
        return bytearray(zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(body, bytes_max + 1))
    except zlib.error:
        return body


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".strip(": ")
