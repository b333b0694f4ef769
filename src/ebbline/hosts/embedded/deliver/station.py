"""One destination of the running system: its connector, its lane, how far it has come.

Setting one up never fails the others: what is wrong with a destination is said and remembered,
its people's values wait in the ledger.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ebbline.connectors import Connector, Request, Result, connector_of
from ebbline.definitions.plan import DestinationDef, Plan
from ebbline.delivery import (
    Address,
    Lane,
    LedgerRow,
    Limits,
    Reply,
    Send,
    feeds_of,
    fold,
)
from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.secrets import mask, with_secrets
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.store import DeliveryStore, Destination, LaneMemory


class Station:
    """A destination that is set up. `caught_up_at` is the ledger row up to which everything is
    folded before the first request leaves, so that history is sent as what it came to."""

    def __init__(self, connector: Connector, settings: Any, secrets: tuple[str, ...],
                 known: Destination, lane: Lane, caught_up_at: int) -> None:  # fmt: skip
        self.connector = connector
        self.settings = settings
        self.secrets = secrets
        self.id = known.id
        self.name = known.name
        self.position = known.position
        self.lane = lane
        self.caught_up_at = caught_up_at
        self.saved_position = known.position

    @property
    def caught_up(self) -> bool:
        """Whether requests may leave."""
        return self.position >= self.caught_up_at

    def fold(self, rows: list[LedgerRow], state: StateReader, now_ms: int) -> int:
        """Take in the rows that are new here; how many there were."""
        if not rows or rows[-1].seq <= self.position:
            return 0

        def whereabouts(profile: int) -> Address | None:
            return self.connector.address(state.identifiers(profile))

        count = 0
        for row in rows:
            if row.seq > self.position:
                fold(self.lane, row, whereabouts, now_ms)
                count += 1
        self.position = rows[-1].seq
        return count

    def encode(self, send: Send) -> Request:
        """The request of a send."""
        return self.connector.encode(send, self.settings)

    def classify(self, send: Send, result: Result, now_ms: int) -> Reply:
        """What an answer means; no secret an answer repeats gets any further."""
        reply = self.connector.classify(send, result, self.settings, now_ms)
        if not any(outcome.reason for outcome in reply.outcomes):
            return reply
        outcomes = tuple(
            msgspec.structs.replace(outcome, reason=mask(outcome.reason, self.secrets))
            for outcome in reply.outcomes
        )
        return msgspec.structs.replace(reply, outcomes=outcomes)

    def save(self, store: DeliveryStore) -> None:
        """Write down what has changed."""
        if self.lane.touched or self.lane.homes or self.position != self.saved_position:
            store.save(self.id, self.lane)
            store.put_progress(self.id, self.position, self.lane)
            self.saved_position = self.position


class Workshop(msgspec.Struct, frozen=True):
    """What setting up a station needs of the process."""

    store: DeliveryStore
    ids: Iterator[int]
    jitter: Callable[[], float]
    environ: Mapping[str, str] = os.environ


def set_up(shop: Workshop, plan: Plan, destination: DestinationDef, ledger_end: int,
           now_ms: int) -> Station | str:  # fmt: skip
    """A station for a destination, or a sentence about why there can be none."""
    store = shop.store
    known = store.destination(destination.name)
    try:
        connector, settings, secrets = _read(destination, shop.environ)
    except SetupError as error:
        store.put_destination(known, str(error))
        return str(error)
    limits: Limits = connector.limits(settings)
    feeds = feeds_of(plan, destination)
    lane = Lane(destination.name, limits, feeds, LaneMemory(store, known.id), shop.ids,
                shop.jitter)  # fmt: skip
    _adopt_syncs(store, known, {feed.field: feed.source for feed in feeds})
    store.restore_lane(known.id, lane)
    digest = hashlib.sha256(msgspec.json.encode(settings)).hexdigest()
    if digest != known.settings:
        # Somebody mended a setting (or this is the first run): what failed before is history.
        known.settings = digest
        lane.breaker.disabled = False
        lane.breaker.succeeded()
    store.put_destination(known, "")
    store.fence_in_flight(known.id, now_ms + limits.request_ms_max)
    lane.take_in(now_ms)
    return Station(connector, settings, secrets, known, lane, ledger_end)


def _read(
    destination: DestinationDef, environ: Mapping[str, str]
) -> tuple[Connector, Any, tuple[str, ...]]:
    connector = connector_of(destination.type)
    raw, secrets = with_secrets(connector, destination.settings, environ)
    for sync in destination.sync:
        if wrong := connector.field_problem(sync.field):
            raise SetupError(wrong)
    settings = connector.read_settings(raw)
    if isinstance(settings, tuple):
        wrong = "; ".join(f"{problem.where}: {problem.message}" for problem in settings)
        raise SetupError(mask(wrong, secrets))
    return connector, settings, secrets


def _adopt_syncs(store: DeliveryStore, known: Destination, sources: dict[str, str]) -> None:
    """Begin the ledger anew where a sync is new or means something else; folding a row twice
    does no harm, and what has not changed is not sent again."""
    for field, source in sources.items():
        if known.sources.get(field, source) != source:
            store.reset_field(known.id, field)
    fresh = [f for f in sources if f not in known.active or known.sources.get(f) != sources[f]]
    if fresh:
        known.position = 0
    if fresh or set(sources) != set(known.active):
        store.review_all(known.id)
    known.sources = known.sources | sources
    known.active = sorted(sources)
