"""One HTTP connection: uvicorn's, with bounds on what a sender may hold without sending.

A connection costs a descriptor and some memory, so it must get on: heads have a time and a
size, answers must be taken, and when too many connections are open, the one that has been
waited for longest goes. It knows nothing of what is sent.
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from ebbline.hosts.embedded.collect import answers
from ebbline.hosts.embedded.collect.limits import Limits


class _HeadTooLarge(Exception):
    """The parser ends with it; the answer is in `send_400_response`."""


class Connection(HttpToolsProtocol):
    """See `connection_type`, which makes the class that a server is given."""

    limits: ClassVar[Limits]
    waiting: ClassVar[dict[Connection, None]]  # those whose next request is not all there

    _head_timer: asyncio.TimerHandle | None = None
    _send_timer: asyncio.TimerHandle | None = None
    _extra_bytes = 0  # received and not body: head, chunk sizes, trailers
    _too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected; a request must come soon."""
        super().connection_made(transport)
        self._wait()
        self._start_head_timer()
        if len(self.connections) > self.limits.connections_max:
            oldest = next(iter(self.waiting))
            del self.waiting[oldest]
            oldest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self.waiting.pop(self, None)
        self._stop_head_timer()
        self._stop_send_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; bytes that are no body are counted."""
        self._extra_bytes += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._extra_bytes > self.limits.head_bytes_max:
            self._too_large = True
            self.send_400_response("")
        elif self._is_at_rest() and self._head_timer is None:
            # uvicorn stopped its keep-alive timer at the first byte of what should be a head.
            self._start_head_timer()

    def on_message_begin(self) -> None:
        """A request begins; what else this piece of data holds is counted by its parts."""
        self._extra_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head is there; the app watches over the time of the body.

        A head that came in one piece with what follows it is measured here; one that does not
        end is stopped by the bytes received.
        """
        head_bytes = len(self.url)
        for name, value in self.headers:
            head_bytes += len(name) + len(value)
        if head_bytes > self.limits.head_bytes_max:
            self._too_large = True
            raise _HeadTooLarge
        self._stop_head_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of the body."""
        self._extra_bytes = max(0, self._extra_bytes - len(body))
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there as a whole: now it waits for us."""
        if not self._is_at_rest():
            self.waiting.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is on its way; uvicorn starts its keep-alive timer."""
        super().on_response_complete()
        if self._is_at_rest() and not self.transport.is_closing():
            self._wait()

    def pause_writing(self) -> None:
        """The sender does not take its answers."""
        super().pause_writing()
        self._stop_send_timer()
        self._send_timer = self.loop.call_later(self.limits.send_seconds_max, self.transport.abort)

    def resume_writing(self) -> None:
        """It takes them again."""
        self._stop_send_timer()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no request of ours is answered as JSON too, and ends the connection."""
        if self._too_large:
            allowed = f"at most {self.limits.head_bytes_max:,} bytes of headers are taken"
            answer = answers.refusal("head_too_large", allowed, close=True)
        else:
            answer = answers.refusal("bad_http", msg, close=True)
        head = [STATUS_LINE[answer.status]]
        for name, value in answers.head(answer, None):
            head += [name, b": ", value, b"\r\n"]
        self.transport.write(b"".join([*head, b"\r\n", answer.body]))
        self.transport.close()

    def _is_at_rest(self) -> bool:
        """Whether no request is under way here."""
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def _wait(self) -> None:
        self.waiting.pop(self, None)  # and then to the end of the line
        self.waiting[self] = None

    def _start_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self.limits.head_seconds_max, self.transport.abort)

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_send_timer(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None


def connection_type(limits: Limits) -> type[Connection]:
    """The class to give to one uvicorn server as its `http`."""

    class Bounded(Connection):
        """A connection of one server."""

    Bounded.limits = limits
    Bounded.waiting = {}
    return Bounded
