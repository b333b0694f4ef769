"""Changes that wait at this moment: an outage shows while it lasts, not when it is over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import CONSENT, ERRAND, feed_of
from ebbline.delivery.lane import Lane
from ebbline.delivery.objectives.limits import WAITING_PEOPLE_MAX
from ebbline.delivery.person import pending


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """One change that the destination does not have yet."""

    address: Address
    field: str
    source: str
    version: int
    queued_ms: int


def waiting(lane: Lane, before_ms: int) -> Iterator[Waiting]:
    """Changes in the queue since before an instant, of as many people as one look takes. People
    who wait in the store for room are not seen: those seen tell enough."""
    if lane.paused:
        return
    for person in islice(lane.people.values(), WAITING_PEOPLE_MAX):
        for field in pending(person, lane.feeds):
            cell, feed = person.cells[field], feed_of(lane.feeds, field)
            if feed is None or feed.kind in (ERRAND, CONSENT) or cell.queued_ms >= before_ms:
                continue
            if cell.acked_version >= cell.version:
                continue  # asserted again: the change itself arrived long ago
            yield Waiting(person.address, field, feed.source, cell.version, cell.queued_ms)
