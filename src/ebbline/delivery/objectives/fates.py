"""What became of each change in a request, once its answer has been settled."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import CONSENT, ERRAND, Feed, feed_of
from ebbline.delivery.lane import Lane
from ebbline.delivery.person import Cell
from ebbline.delivery.send import Outcome, Reply, Send, Value

End = Literal["delivered", "dead", "overtaken", "open"]
Place = tuple[Address, str]


class Fate(msgspec.Struct, frozen=True, gc=False):
    """One change and what its request came to. `open` means: it will be tried again."""

    address: Address
    field: str
    source: str
    version: int
    at_ms: int
    queued_ms: int
    end: End


def acknowledged(lane: Lane, send: Send) -> frozenset[Place]:
    """Of a request under way, the places whose very version the destination has acknowledged
    before: it is asserted again, which is no change. To be asked before `settle`."""
    found = []
    for item in send.items:
        person = lane.people.get(item.address)
        for value in item.values:
            cell = person.cells.get(value.field) if person is not None else None
            if cell is not None and cell.acked_version >= value.version:
                found.append((item.address, value.field))
    return frozenset(found)


def fates(lane: Lane, send: Send, reply: Reply, again: frozenset[Place]) -> Iterator[Fate]:
    """What became of the changes; to be asked after `settle`, with what was `acknowledged`
    before it."""
    for item, outcome in zip(send.items, reply.outcomes, strict=True):
        person = lane.people.get(item.address)
        for value in item.values:
            feed = feed_of(lane.feeds, value.field)
            if feed is None or not _counts(feed) or (item.address, value.field) in again:
                continue
            cell = person.cells.get(value.field) if person is not None else None
            yield Fate(item.address, value.field, feed.source, value.version, value.at_ms,
                       value.queued_ms, _end(value, outcome, cell))  # fmt: skip


def _counts(feed: Feed) -> bool:
    """Errands and consents are ours: nobody waits for them at the destination."""
    return feed.kind not in (ERRAND, CONSENT)


def _end(value: Value, outcome: Outcome, cell: Cell | None) -> End:
    if outcome.verdict == "done":
        return "delivered"
    if cell is None or cell.version > value.version:
        return "overtaken"
    return "dead" if cell.dead else "open"
