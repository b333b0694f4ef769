"""Getting ready to make requests: a session where the vendor wants one, and its preparation.

Both happen before the first request and again when the vendor says that they no longer hold.
What they come to is a value, taken in by the next round like any answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from typing import TypeVar

import msgspec

from ebbline.connectors import Connector, Request, Result, Setup
from ebbline.connectors.conversation import Refusal, Session
from ebbline.delivery import Lane
from ebbline.delivery.limits import CONFIG_PROBE_MS
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.deliver.transport import Transport

T = TypeVar("T")


class Introduction(msgspec.Struct):
    """Where we stand with a vendor. `digest` is what the preparation was for: other settings or
    other feeds want another. `untried` says that the session has not been used with success yet."""

    setup: Setup
    digest: str
    session_until_ms: int = 0
    prepared: bool = False
    under_way: bool = False
    untried: bool = False

    def is_over(self, connector: Connector, now_ms: int) -> bool:
        """Whether requests have to wait for another introduction."""
        if connector.authorize is not None and now_ms >= self.session_until_ms:
            return True
        return connector.prepare is not None and not self.prepared

    def end_session(self) -> None:
        """The vendor does not know the token any more."""
        self.session_until_ms = 0

    def forget(self) -> None:
        """The vendor refuses what we ask for: look at everything anew."""
        self.session_until_ms, self.prepared = 0, False


class Introduced(msgspec.Struct, frozen=True):
    """What an introduction came to; `refusal` is None when it went well."""

    refusal: Refusal | None
    setup: Setup
    session_until_ms: int


def digest_of(connector: Connector, setup: Setup, lane: Lane) -> str:
    """Of everything an introduction depends on."""
    feeds = [msgspec.to_builtins(feed) for _, feed in sorted(lane.feeds.items())]
    about = [connector.type, msgspec.to_builtins(setup.settings), feeds]
    return hashlib.sha256(msgspec.json.encode(about, order="sorted")).hexdigest()


async def introduce(connector: Connector, known: Introduction, lane: Lane, transport: Transport,
                    clock: Clock) -> Introduced:  # fmt: skip
    """Begin a session and prepare, as far as either is needed now."""
    setup, until_ms = known.setup, known.session_until_ms
    began_ms = clock.now_ms()
    if connector.authorize is not None and began_ms >= until_ms:
        session = await converse(connector.authorize(setup.settings), lane, transport, clock)
        if isinstance(session, Refusal):
            return Introduced(session, setup, 0)
        assert isinstance(session, Session)
        setup = msgspec.structs.replace(setup, token=session.token)
        until_ms = began_ms + session.lives_ms
    if connector.prepare is not None and not known.prepared:
        feeds = [feed for feed in lane.feeds.values() if not feed.field.startswith("$")]
        ids = await converse(connector.prepare(feeds, setup), lane, transport, clock)
        if isinstance(ids, Refusal):
            return Introduced(ids, setup, until_ms)
        setup = msgspec.structs.replace(setup, ids=ids)
    return Introduced(None, setup, until_ms)


async def converse(talk: Generator[Request, Result, T], lane: Lane, transport: Transport,
                   clock: Clock) -> T:  # fmt: skip
    """Hold a conversation to its end, each request at the destination's pace."""
    result: Result | None = None
    while True:
        try:
            request = next(talk) if result is None else talk.send(result)
        except StopIteration as end:
            found: T = end.value
            return found
        while not lane.pace.take(now_ms := clock.now_ms()):
            await clock.sleep((lane.pace.next_ms(now_ms) - now_ms) / 1000)
        result = await transport.send(request, lane.limits)


def take_in(lane: Lane, known: Introduction, came: Introduced, now_ms: int) -> None:
    """What an introduction came to; a refusal closes the destination for a while."""
    known.under_way = False
    known.setup, known.session_until_ms = came.setup, came.session_until_ms
    refusal = came.refusal
    if refusal is None:
        known.prepared = known.untried = True
        return
    if refusal.retry_at_ms is not None:
        lane.pace.block(refusal.retry_at_ms)
    if refusal.verdict in ("misconfigured", "expired", "refused", "split", "gone"):
        lane.breaker.misconfigured(now_ms, refusal.reason)
    elif refusal.verdict == "throttled":
        lane.pace.block(max(lane.pace.blocked_until_ms, now_ms + CONFIG_PROBE_MS))
    else:
        lane.breaker.failed_alone(now_ms, refusal.reason, lane.jitter())
