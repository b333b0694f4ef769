"""A request's body: read within limits of size and time, then inflated within the same size."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from isal import isal_zlib

from ebbline.events.fault import Fault, too_large
from ebbline.hosts.embedded.collect.deadlines import Deadlines
from ebbline.hosts.embedded.collect.ports import Overloaded

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    from ebbline.hosts.embedded.collect.limits import Limits

_GZIP_OR_ZLIB = 47
_RAW_DEFLATE = -15
# Its stub declares the error class as an instance.
_DAMAGED = cast("type[Exception]", isal_zlib.IsalError)
_PLAIN = (b"", b"identity")
_GZIP = (b"gzip", b"x-gzip")


class Gone(Exception):
    """The sender went away before its body was complete: there is nobody to answer."""


class Unread(Exception):
    """The body was not read to its end; `start` is what had come of it."""

    def __init__(self, fault: Fault, start: bytes) -> None:
        super().__init__(fault.message)
        self.fault = fault
        self.start = start


class Bodies:
    """Reads bodies and bounds how many bytes of unfinished requests are held together."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held_bytes = 0
        self._deadlines = Deadlines(limits.body_seconds_max)

    async def read(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        length: bytes | None,
        limit: int | None = None,
    ) -> bytes:
        """The whole body as sent, of at most `limit` bytes (None: the limit of all doors).

        Raises `Unread` beyond the size or the time allowed, without reading on; `Overloaded`
        when all bodies together are too much; `Gone` when the sender hangs up.
        """
        if limit is None:
            limit = self._limits.body_bytes_max
        if length is not None and length.isdigit() and _above(length, limit):
            fault = Fault("too_large", f"the request is too large; at most {limit:,} are taken")
            raise Unread(fault, b"")
        chunks: list[bytes] = []
        task, late = self._deadlines.begin(), False
        try:
            return await self._read(receive, limit, chunks)
        except asyncio.CancelledError:
            late = self._deadlines.end(task)
            if not late:
                raise
        finally:
            if not late:
                self._deadlines.end(task)
            self._held_bytes -= sum(map(len, chunks))
        seconds = self._limits.body_seconds_max
        fault = Fault("timeout", f"the body did not arrive within {seconds:g} s")
        raise Unread(fault, b"".join(chunks))

    async def _read(
        self,
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        limit: int,
        chunks: list[bytes],
    ) -> bytes:
        """Everything, into `chunks`, which the caller gives back from what is held."""
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            size += len(chunk)
            chunks.append(chunk)
            self._hold(len(chunk))
            if size > limit:
                raise Unread(too_large(size, limit, "the request"), b"".join(chunks))
            if not message.get("more_body", False):
                return chunk if size == len(chunk) else b"".join(chunks)

    def _hold(self, size_bytes: int) -> None:
        self._held_bytes += size_bytes
        if self._held_bytes > self._limits.bodies_bytes_max:
            message = "too many bodies are arriving at once; try again later"
            raise Overloaded(message)


def inflate(body: bytes, encoding: bytes, limit_bytes: int) -> bytes | Fault:
    """The body without its content encoding; never more than `limit_bytes` are unpacked."""
    encoding = encoding.strip().lower()
    if encoding in _PLAIN:
        return body
    if encoding in _GZIP:
        return _unpack(body, limit_bytes, _GZIP_OR_ZLIB)
    if encoding == b"deflate":
        unpacked = _unpack(body, limit_bytes, _GZIP_OR_ZLIB)
        # Some clients send deflate without the zlib wrapper that HTTP asks for.
        if isinstance(unpacked, Fault) and unpacked.code == "bad_encoding":
            return _unpack(body, limit_bytes, _RAW_DEFLATE)
        return unpacked
    shown = encoding[:40].decode("latin-1")
    return Fault("unknown_encoding", f'content encoding "{shown}" is not known; use gzip')


def _unpack(body: bytes, limit_bytes: int, format_bits: int) -> bytes | Fault:
    inflater = isal_zlib.decompressobj(format_bits)
    try:
        unpacked = inflater.decompress(body, limit_bytes + 1)
    except (_DAMAGED, ValueError, OverflowError) as error:
        return Fault("bad_encoding", f"the body does not decompress: {error}")
    if len(unpacked) > limit_bytes:
        return Fault(
            "too_large", f"the body unpacks to more than the {limit_bytes:,} bytes allowed"
        )
    if not inflater.eof:
        return Fault("bad_encoding", "the compressed body ends too early")
    if inflater.unused_data:
        return Fault("bad_encoding", "something follows the compressed body")
    return bytes(unpacked)


def _above(digits: bytes, limit: int) -> bool:
    """Whether a number in text passes the limit, however long the text is."""
    return len(digits) > len(str(limit)) + 20 or int(digits) > limit
