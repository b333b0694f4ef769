"""Connections of the blocking client: kept open, each used by one thread at a time."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, TypeVar

from ebbline.client import wire
from ebbline.client.problem import error_of

Shape = TypeVar("Shape")
CHUNK_BYTES = 64 << 10  # bytes read at a time from a stream
KEPT_MAX = 8  # connections kept open while nobody asks
RESTING = (http.client.RemoteDisconnected, ConnectionError)


class Blocking:
    """What the methods of the client ask through; any thread may."""

    def __init__(self, url: str, key: str, *, timeout: float = 60.0) -> None:
        """`url` is where `ebbline run` says its API is; `timeout` in seconds, for every read."""
        self._address = wire.address(url)
        self._key = key
        self._timeout = timeout
        self._lock = threading.Lock()
        self._idle: list[http.client.HTTPConnection] = []

    def close(self) -> None:
        """Close the connections that rest."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def __enter__(self) -> Self:
        """Use it in a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _ask(self, method: str, path: str, query: Mapping[str, Any], shape: type[Shape],
             body: Mapping[str, Any] | None = None) -> Shape:  # fmt: skip
        with self._response(method, wire.target(path, query), body, None) as response:
            return wire.decoded(response.read(), shape)

    def _lines(self, path: str, query: Mapping[str, Any], shape: type[Shape]) -> Iterator[Shape]:
        with self._response("GET", wire.target(path, query), None, None) as response:
            for line in response:
                yield wire.decoded(line, shape)

    def _chunks(self, path: str, query: Mapping[str, Any]) -> Iterator[bytes]:
        with self._response("GET", wire.target(path, query), None, None) as response:
            while chunk := response.read1(CHUNK_BYTES):
                yield chunk

    def _events(self, path: str, query: Mapping[str, Any], headers: Mapping[str, Any],
                shape: type[Shape]) -> Iterator[Shape]:  # fmt: skip
        events = wire.EventLines()
        with self._response("GET", wire.target(path, query), None, headers) as response:
            for line in response:
                if (data := events.take(line)) is not None:
                    yield wire.decoded(data, shape)

    @contextmanager
    def _response(self, method: str, target: str, body: Mapping[str, Any] | None,
                  more: Mapping[str, Any] | None,
                  ) -> Iterator[http.client.HTTPResponse]:  # fmt: skip
        connection, response = self._send(method, target, body, more)
        try:
            if response.status >= 400:
                said = {name.lower(): value for name, value in response.getheaders()}
                raise error_of(response.status, said, response.read(), target)
            yield response
        finally:
            self._rest(connection, response)

    def _send(self, method: str, target: str, body: Mapping[str, Any] | None,
              more: Mapping[str, Any] | None,
              ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:  # fmt: skip
        """Over a connection that rests; over a new one when the server has closed it meanwhile,
        which for what changes something is only known to be harmless before it was sent."""
        data = wire.encoded(body)
        headers = wire.headers(self._key, body=body is not None, more=more)
        while True:
            connection, fresh = self._connection()
            try:
                connection.request(method, self._address.prefix + target, data, headers)
                return connection, connection.getresponse()
            except RESTING:
                connection.close()
                if fresh or method != "GET":
                    raise
            except BaseException:
                connection.close()
                raise

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        with self._lock:
            if self._idle:
                return self._idle.pop(), False
        where = self._address
        kind = http.client.HTTPSConnection if where.secure else http.client.HTTPConnection
        return kind(where.host, where.port, timeout=self._timeout), True

    def _rest(self, connection: http.client.HTTPConnection,
              response: http.client.HTTPResponse) -> None:  # fmt: skip
        """Keep a connection whose reply was read to its end."""
        whole = response.isclosed() and not response.will_close
        with self._lock:
            if whole and len(self._idle) < KEPT_MAX:
                self._idle.append(connection)
                return
        connection.close()
