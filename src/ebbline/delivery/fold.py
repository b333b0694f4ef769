"""Ledger rows into the map: newest desired value per field and address.

Folding a row again changes nothing (versions only rise), so a host may begin anew at any
earlier row, and does when a sync is added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ebbline.delivery.address import Address, nowhere
from ebbline.delivery.feeds import CONSENT, Feed
from ebbline.delivery.lane import Lane
from ebbline.delivery.ledger import (
    AUDIENCE_KINDS,
    LINKED,
    MERGED,
    TRAIT,
    UNMERGED,
    LedgerRow,
)
from ebbline.delivery.moving import come_back, leave, move
from ebbline.delivery.person import Person, new_cell
from ebbline.delivery.telling import tell

Whereabouts = Callable[[int], Address | None]


def fold(lane: Lane, row: LedgerRow, whereabouts: Whereabouts, now_ms: int) -> None:
    """Take in one row. `whereabouts(profile)` is the destination's name for a person as it
    stands now, which may be later than the row; None when it has none."""
    if row.kind in AUDIENCE_KINDS:
        for feed in lane.by_source.get(f"audience:{row.definition}", ()):
            _want(lane, row, feed, bool(row.value), whereabouts, now_ms)
    elif row.kind == TRAIT:
        if f"trait:{row.definition}" in lane.consents:
            _allow(lane, row, whereabouts, now_ms)
        for feed in lane.by_source.get(f"trait:{row.definition}", ()):
            _want(lane, row, feed, row.value, whereabouts, now_ms)
    elif row.kind == LINKED:
        _follow(lane, row, row.profile, whereabouts, now_ms)
    elif row.kind == MERGED:
        leave(lane, row.profile, row, now_ms, whereabouts(int(row.value)))
        _follow(lane, row, int(row.value), whereabouts, now_ms)
    elif row.kind == UNMERGED:
        # The one who stays goes first: it may live where the other one will.
        _follow(lane, row, int(row.value), whereabouts, now_ms)
        address = whereabouts(row.profile) or nowhere(row.profile)
        come_back(lane, row.profile, address, row, now_ms)


def _want(lane: Lane, row: LedgerRow, feed: Feed, value: Any, whereabouts: Whereabouts,
          now_ms: int) -> None:  # fmt: skip
    person, arrived = _at_home(lane, row, whereabouts, now_ms)
    cell = person.cells.get(feed.field)
    if cell is None:
        cell = person.cells[feed.field] = new_cell(feed.kind)
    # Moving in has stamped what stood there with this very row; the row itself says more.
    if row.seq < cell.version or (row.seq == cell.version and not arrived):
        return
    cell.kind, cell.desired, cell.version = feed.kind, value, row.seq
    cell.at_ms, cell.queued_ms = row.at_ms, now_ms
    cell.dead, cell.dead_attempt = "", 0
    told = tell(lane, person, feed, row, now_ms) if feed.tells else ()
    lane.enqueue(person, now_ms, (feed.field, *told))


def _allow(lane: Lane, row: LedgerRow, whereabouts: Whereabouts, now_ms: int) -> None:
    """A consent was given or withdrawn: what it holds back is looked at again."""
    person, _ = _at_home(lane, row, whereabouts, now_ms)
    field = lane.consents[f"trait:{row.definition}"]
    cell = person.cells.get(field)
    if cell is None:
        cell = person.cells[field] = new_cell(CONSENT)
    if row.seq < cell.version:
        return
    cell.desired = cell.acked = row.value is True
    cell.version, cell.at_ms, cell.queued_ms = row.seq, row.at_ms, now_ms
    held = [name for name, feed in lane.feeds.items() if feed.purposes and name in person.cells]
    for name in held:
        person.cells[name].at_ms, person.cells[name].queued_ms = row.at_ms, now_ms
    lane.enqueue(person, now_ms, (*held, field))


def _at_home(lane: Lane, row: LedgerRow, whereabouts: Whereabouts,
             now_ms: int) -> tuple[Person, bool]:  # fmt: skip
    """The person a row is about, where the destination knows it; whether it is new there."""
    home = lane.home(row.profile)
    arrived = home is None
    if home is None:
        home = whereabouts(row.profile) or nowhere(row.profile)
        move(lane, row.profile, home, row, now_ms)
    return lane.person(home, row.profile), arrived


def _follow(lane: Lane, row: LedgerRow, profile: int, whereabouts: Whereabouts,
            now_ms: int) -> None:  # fmt: skip
    """A person's identifiers changed: somebody the destination has heard of may have moved."""
    if lane.home(profile) is not None:
        move(lane, profile, whereabouts(profile) or nowhere(profile), row, now_ms)
