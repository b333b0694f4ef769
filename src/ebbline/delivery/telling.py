"""Changes that are told as events rather than set as values."""

from __future__ import annotations

from typing import Any

from ebbline.delivery.feeds import Feed
from ebbline.delivery.lane import Lane
from ebbline.delivery.ledger import LedgerRow
from ebbline.delivery.limits import CHANGES_WAITING_MAX
from ebbline.delivery.person import NOTHING_TOLD, Cell, Person


def tell(lane: Lane, person: Person, feed: Feed, row: LedgerRow, now_ms: int) -> tuple[str, ...]:
    """A row has set the feed's cell; what of it is to be told. Gives the fields of single
    changes that came of it.

    The cell itself then stands for what was told: a change from before the sync was there, one
    that is left out, and one that is told on its own, all count as told already.
    """
    cell = person.cells[feed.field]
    is_old = row.seq <= lane.tells_from.get(feed.field, 0)
    if is_old or feed.every or is_left_out(feed, cell.desired):
        cell.acked, cell.acked_version, cell.sure = cell.desired, row.seq, True
    if is_old or not feed.every or is_left_out(feed, cell.desired):
        return ()
    field = f"{feed.field}#{row.seq}"
    _make_room(lane, person, feed)
    person.cells[field] = Cell(
        feed.kind, cell.desired, row.seq, row.at_ms, now_ms, acked=NOTHING_TOLD
    )
    return (field,)


def is_left_out(feed: Feed, value: Any) -> bool:
    """Whether a sync that wants only entries, or only exits, does not want this change."""
    return bool(feed.only) and bool(value) is (feed.only == "exits")


def _make_room(lane: Lane, person: Person, feed: Feed) -> None:
    """Of too many changes that wait the oldest gives way."""
    waiting = [field for field in person.cells if field.startswith(f"{feed.field}#")]
    if len(waiting) >= CHANGES_WAITING_MAX and not person.sending:
        del person.cells[min(waiting, key=lambda field: person.cells[field].version)]
        lane.trimmed.add(person.address)
