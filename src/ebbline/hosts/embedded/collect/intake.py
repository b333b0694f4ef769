"""What every door for events shares: reading within limits, whose key it is, storing, refusing.

It knows no wire format and gives no answers: doors do, each in its sender's words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from ebbline.events.event import Event, Rejection
from ebbline.events.fault import UNKNOWN_SOURCE, Fault, reject
from ebbline.events.foreign import Call, as_parsed, read_calls
from ebbline.hosts.embedded.collect.arrivals import Arrivals
from ebbline.hosts.embedded.collect.body import Bodies, Unread, inflate
from ebbline.hosts.embedded.collect.keys import Keys, Strangers
from ebbline.hosts.embedded.collect.nobody import NOBODY_NAMED
from ebbline.hosts.embedded.collect.ports import Overloaded
from ebbline.hosts.embedded.collect.request import Request
from ebbline.hosts.embedded.collect.spreading import Spreading

if TYPE_CHECKING:
    from ebbline.events.parse import Parser
    from ebbline.hosts.embedded.collect.limits import Limits
    from ebbline.hosts.embedded.collect.meters import Meters
    from ebbline.hosts.embedded.collect.ports import Appender

UNKNOWN_KEY = Fault("unknown_write_key", "the write key belongs to no source of this project")


class Unusable(msgspec.Struct, frozen=True):
    """A body that did not come as a whole, or does not unpack. `close`: the connection holds
    unread bytes, so it must end."""

    fault: Fault
    start: bytes
    close: bool = False


class Intake:
    """One collector's way in; see `collect_app` for what it is given."""

    def __init__(
        self,
        parser: Parser,
        keys: Keys,
        appender: Appender,
        meters: Meters,
        now_ms: Callable[[], int],
        limits: Limits,
        names_somebody: Callable[[Event], bool],
    ) -> None:
        self.parser = parser
        self.keys = keys
        self.meters = meters
        self.now_ms = now_ms
        self.limits = limits
        self.names_somebody = names_somebody
        self.arrivals = Arrivals()
        self.bodies = Bodies(limits)
        self.handled = 0
        self._appender = appender
        self._strangers = Strangers()
        self._spreading = Spreading()

    def read_as(
        self, parser: Parser, keys: Mapping[str, str], names_somebody: Callable[[Event], bool]
    ) -> None:
        """Read by other definitions from the next request on."""
        self.parser, self.keys, self.names_somebody = parser, Keys(keys), names_somebody

    async def body(self, request: Request, limit_bytes: int | None = None) -> bytes | Unusable:
        """The whole body, unpacked. Raises `NotStored` when too many are on their way, `Gone`
        when the sender hangs up."""
        limit = self.limits.body_bytes_max if limit_bytes is None else limit_bytes
        length = request.headers.get(b"content-length")
        try:
            raw = await self.bodies.read(request.receive, length, limit)
        except Unread as unread:
            return Unusable(unread.fault, unread.start, close=True)
        body = inflate(raw, request.headers.get(b"content-encoding", b""), limit)
        return Unusable(body, raw) if isinstance(body, Fault) else body

    def admit(self) -> None:
        """Raises `Overloaded` when as many requests are being handled as may be, or when what is
        read from one could not be stored anyway."""
        if self.handled >= self.limits.requests_max:
            raise self._overloaded("too many requests at once; try again later")
        if not self._appender.has_room():
            raise self._overloaded("too much waits to be written; try again later")

    async def hold(self) -> None:
        """Keeps a refusal back while there are many: whoever does not wait as it is told would
        otherwise be refused again and again, at the cost of those who are taken in."""
        seconds = self._spreading.hold_seconds()
        if seconds:
            await asyncio.sleep(seconds)

    def _overloaded(self, message: str) -> Overloaded:
        problem = Overloaded(message)
        problem.retry_after_s = self._spreading.retry_after_s(self.now_ms())
        return problem

    async def take(self, calls: list[Call], source: str, size_bytes: int) -> list[Event | Fault]:
        """Makes the calls of one body durable, those that are refused in the quarantine; what
        became of each, in order. Raises `NotStored`."""
        self.admit()
        now_ms = self.now_ms()
        results = [
            NOBODY_NAMED if isinstance(read, Event) and not self.names_somebody(read) else read
            for read in read_calls(self.parser, calls, now_ms, source)
        ]
        parsed = as_parsed(calls, results, now_ms, source)
        self.handled += 1
        try:
            await self.append(parsed.events, parsed.rejections, size_bytes)
        finally:
            self.handled -= 1
        return results

    async def refuse(self, fault: Fault, body: bytes, source: str | None) -> None:
        """Puts a whole body into the quarantine. Raises `NotStored`."""
        rejection = reject(fault, body, self.now_ms(), source or UNKNOWN_SOURCE)
        await self.append([], [rejection], len(rejection.body))

    async def refuse_stranger(self, key: str | None, body: bytes) -> None:
        """The same for a body without a known key, which is said loudly. Raises `NotStored`."""
        self.keys.alarm(key, self.now_ms())
        await self.refuse(UNKNOWN_KEY, body, None)

    async def append(
        self, events: list[Event], rejections: list[Rejection], size_bytes: int
    ) -> None:
        """Makes both durable and counts them. Raises `NotStored`."""
        # Without a known key there is one rejection and no event.
        strange = bool(rejections) and rejections[0].source == UNKNOWN_SOURCE
        if strange and not self._strangers.keep(self.now_ms()):
            self.meters.unkept(rejections)
            return
        await self._appender.append(events, rejections, size_bytes)
        self.meters.stored(len(events), rejections, size_bytes)
        self.arrivals.saw(events, rejections)
