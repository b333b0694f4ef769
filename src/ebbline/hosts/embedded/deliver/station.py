"""One destination of the running system: its connector, its lane, how far it has come.

Setting one up never fails the others: what is wrong with a destination is said and remembered,
its people's values wait in the ledger.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from ebbline.connectors import Connector, Request, Result, Setup, connector_of
from ebbline.connectors.registry import sync_problem
from ebbline.definitions.plan import DestinationDef, Plan, ReconcileDef
from ebbline.delivery import (
    Address,
    Feed,
    Lane,
    LedgerRow,
    Limits,
    Outcome,
    Reply,
    Send,
    feeds_of,
    fold,
    wake_at_ms,
)
from ebbline.delivery.feeds import ATTRIBUTE
from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.introducing import (
    Introduced,
    Introduction,
    digest_of,
    take_in,
)
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.store import DeliveryStore, Destination, LaneMemory
from ebbline.hosts.embedded.secrets.hiding import mask
from ebbline.hosts.embedded.secrets.references import Followed
from ebbline.hosts.embedded.secrets.watch import Watch


class Station:
    """A destination that is set up. `caught_up_at` is the ledger row up to which everything is
    folded before the first request leaves, so that history is sent as what it came to."""

    def __init__(self, connector: Connector, introduction: Introduction, followed: Followed,
                 known: Destination, lane: Lane, caught_up_at: int,
                 reconcile: ReconcileDef) -> None:  # fmt: skip
        self.connector = connector
        self.introduction = introduction
        self.followed = followed
        self.secrets = followed.secrets
        self.id = known.id
        self.name = known.name
        self.position = known.position
        self.lane = lane
        self.reconcile = reconcile
        self.caught_up_at = caught_up_at
        self.saved_position = known.position
        self.unsaved = False  # something else than people has changed

    @property
    def caught_up(self) -> bool:
        """Whether requests may leave."""
        return self.position >= self.caught_up_at

    def fold(self, rows: list[LedgerRow], state: StateReader, now_ms: int) -> int:
        """Take in the rows that are new here; how many there were."""
        if not rows or rows[-1].seq <= self.position:
            return 0

        def whereabouts(profile: int) -> Address | None:
            settings = self.introduction.setup.settings
            return self.connector.address(state.identifiers(profile), settings)

        count = 0
        for row in rows:
            if row.seq > self.position:
                fold(self.lane, row, whereabouts, now_ms)
                count += 1
        self.position = rows[-1].seq
        return count

    def encode(self, send: Send) -> Request:
        """The request of a send."""
        return self.connector.encode(send, self.introduction.setup)

    def needs_introduction(self, now_ms: int) -> bool:
        """Whether somebody has to talk to the vendor before requests may leave, and may."""
        lane, known = self.lane, self.introduction
        if not known.is_over(self.connector, now_ms) or known.under_way or lane.paused:
            return False
        wanted = bool(lane.ready) or not known.prepared
        return wanted and lane.breaker.may_send(now_ms) and lane.pace.next_ms(now_ms) <= now_ms

    def wake_at_ms(self, now_ms: int) -> int | None:
        """When to look again if nothing else happens; None: only when something does."""
        at_ms = wake_at_ms(self.lane, now_ms)
        if not self.introduction.is_over(self.connector, now_ms):
            return at_ms
        breaker = self.lane.breaker
        if self.introduction.under_way or self.lane.paused or breaker.disabled or breaker.probe:
            return None  # an answer or an order will come
        if self.introduction.prepared and not self.lane.ready:
            return at_ms
        return max(self.lane.breaker.open_until_ms, self.lane.pace.next_ms(now_ms))

    def introduced(self, came: Introduced, store: DeliveryStore, now_ms: int) -> None:
        """Take in what an introduction came to."""
        take_in(self.lane, self.introduction, came, now_ms)
        self.unsaved = True
        digest = self.introduction.digest if self.introduction.prepared else ""
        store.put_introduction(self.id, digest, self.introduction.setup.ids)

    def classify(self, send: Send, result: Result, now_ms: int) -> Reply:
        """What an answer means; no secret an answer repeats gets any further."""
        known = self.introduction
        reply = self.connector.classify(send, result, known.setup, now_ms)
        verdicts = {outcome.verdict for outcome in reply.outcomes}
        if "expired" in verdicts:
            known.end_session()
            if known.untried:  # a session that never held: another one would not either
                reply = _refused(reply)
                known.forget()
        elif "misconfigured" in verdicts:
            known.forget()
        elif "done" in verdicts:
            known.untried = False
        if not any(outcome.reason for outcome in reply.outcomes):
            return reply
        outcomes = tuple(
            msgspec.structs.replace(outcome, reason=mask(outcome.reason, self.secrets))
            for outcome in reply.outcomes
        )
        return msgspec.structs.replace(reply, outcomes=outcomes)

    def save(self, store: DeliveryStore) -> None:
        """Write down what has changed."""
        lane = self.lane
        if lane.touched or lane.homes or self.unsaved or self.position != self.saved_position:
            store.save(self.id, self.lane)
            store.put_progress(self.id, self.position, self.lane)
            self.saved_position, self.unsaved = self.position, False


class VendorManners:
    """A connector's say in who is sent together; see `delivery.lane.Manners`."""

    def __init__(self, connector: Connector, settings: Any) -> None:
        self._connector = connector
        self._settings = settings

    def route(self, address: Address, handle: str, feed: Feed, value: object, /) -> str:
        """The kind of request a value needs."""
        return self._connector.route(address, handle, feed, value, self._settings)

    def follows(self, old: Address, new: Address, /) -> bool:
        """Whether the destination can join the two."""
        return self._connector.follows(old, new, self._settings)


class Workshop(msgspec.Struct, frozen=True):
    """What setting up a station needs of the process."""

    store: DeliveryStore
    ids: Iterator[int]
    jitter: Callable[[], float]
    watch: Watch


def set_up(shop: Workshop, plan: Plan, destination: DestinationDef, ledger_end: int,
           now_ms: int) -> Station | str:  # fmt: skip
    """A station for a destination, or a sentence about why there can be none."""
    store = shop.store
    known = store.destination(destination.name)
    try:
        connector, settings, followed = _read(destination, shop.watch)
    except SetupError as error:
        store.put_destination(known, str(error))
        return str(error)
    limits: Limits = connector.limits(settings)
    feeds = feeds_of(plan, destination, connector.modes[0])
    lane = Lane(destination.name, limits, feeds, LaneMemory(store, known.id), shop.ids,
                shop.jitter, VendorManners(connector, settings))  # fmt: skip
    _adopt_syncs(store, known, feeds, ledger_end)
    store.restore_lane(known.id, lane)
    lane.tells_from, lane.paused = known.tells_from, known.paused
    digest = hashlib.sha256(msgspec.json.encode(settings)).hexdigest()
    if digest != known.settings:
        # Somebody mended a setting (or this is the first run): what failed before is history.
        known.settings = digest
        lane.breaker.disabled = False
        lane.breaker.succeeded()
    store.put_destination(known, "")
    store.fence_in_flight(known.id, now_ms + limits.request_ms_max)
    lane.take_in(now_ms)
    introduction = _introduction(store, known, connector, Setup(settings), lane)
    return Station(connector, introduction, followed, known, lane, ledger_end,
                   destination.reconcile)  # fmt: skip


def _introduction(store: DeliveryStore, known: Destination, connector: Connector, setup: Setup,
                  lane: Lane) -> Introduction:  # fmt: skip
    """As remembered, if it was for the same settings and feeds."""
    digest = digest_of(connector, setup, lane)
    kept, ids = store.introduction(known.id)
    prepared = connector.prepare is None or kept == digest
    return Introduction(
        msgspec.structs.replace(setup, ids=ids if prepared else {}), digest, prepared=prepared
    )


def _refused(reply: Reply) -> Reply:
    outcomes = tuple(
        Outcome("misconfigured", outcome.reason) if outcome.verdict == "expired" else outcome
        for outcome in reply.outcomes
    )
    return msgspec.structs.replace(reply, outcomes=outcomes)


def _read(destination: DestinationDef, watch: Watch) -> tuple[Connector, Any, Followed]:
    connector = connector_of(destination.type)
    followed = watch.follow(destination.name, connector, destination.settings)
    for sync in destination.sync:
        if wrong := sync_problem(connector, sync):
            raise SetupError(wrong)
    settings = connector.read_settings(followed.settings)
    if isinstance(settings, tuple):
        wrong = "; ".join(f"{problem.where}: {problem.message}" for problem in settings)
        raise SetupError(mask(wrong, followed.secrets))
    return connector, settings, followed


def _adopt_syncs(
    store: DeliveryStore, known: Destination, feeds: Sequence[Feed], ledger_end: int
) -> None:
    """Begin the ledger anew where a sync is new or means something else; folding a row twice
    does no harm, and what has not changed is not sent again. What a new sync tells as events
    begins here: the ledger so far is history."""
    sources = {feed.field: _meaning(feed) for feed in feeds}
    for field, source in sources.items():
        if known.sources.get(field, source) != source:
            store.reset_field(known.id, field)
    fresh = [f for f in sources if f not in known.active or known.sources.get(f) != sources[f]]
    if fresh:
        known.position = 0
    if fresh or set(sources) != set(known.active):
        store.review_all(known.id)
    known.tells_from |= {f.field: ledger_end for f in feeds if f.tells and f.field in fresh}
    known.sources = known.sources | sources
    known.active = sorted(sources)


def _meaning(feed: Feed) -> str:
    """What a field stands for; another one makes it a new field of the same name."""
    mode = "" if feed.mode == ATTRIBUTE else f" as {feed.mode}"
    purposes = f" for {', '.join(feed.purposes)}" if feed.purposes else ""
    return feed.source + mode + purposes
