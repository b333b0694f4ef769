"""People change address: a device gains a user id, or two people turn out to be one.

What stood at the old address is closed (audiences become False there), and all current values
are asserted at the new one. Traits at an old address are left as they are: nothing says they
were wrong.
"""

from __future__ import annotations

from ebbline.delivery.address import Address, nowhere
from ebbline.delivery.feeds import AUDIENCE, CONSENT, ERRAND, FOLLOW, feed_of
from ebbline.delivery.lane import Lane
from ebbline.delivery.ledger import LedgerRow
from ebbline.delivery.person import Cell, Person, absent, new_cell


def move(lane: Lane, profile: int, new: Address, row: LedgerRow, now_ms: int) -> None:
    """Let a profile live at `new` from now on, and bring its values along."""
    old = lane.home(profile)
    if old == new:
        return
    mine: dict[str, Cell] = {}
    if old is not None:
        mine = _move_out(lane, old, profile, row, now_ms, new)
    lane.settle_home(profile, new)
    person = lane.person(new, profile)
    if person.profile != profile:
        _take_over(lane, person, profile, mine, row, now_ms)
    for field, brought in mine.items():
        cell = person.cells.get(field)
        if cell is None:
            cell = person.cells[field] = new_cell(brought.kind)
        _set(cell, brought.desired, brought.at_ms, row, now_ms)
        if brought.kind == CONSENT or _tells(lane, field):
            cell.acked, cell.sure = brought.acked, brought.sure
    lane.enqueue(person, now_ms, person.cells)


def leave(lane: Lane, profile: int, row: LedgerRow, now_ms: int, heir: Address | None) -> None:
    """A profile is gone: what it held becomes False, unless somebody else lives there now.
    `heir` is the address of the one it was merged into."""
    home = lane.home(profile)
    if home is not None:
        _move_out(lane, home, profile, row, now_ms, heir)
        lane.settle_home(profile, None)


def come_back(lane: Lane, profile: int, home: Address, row: LedgerRow, now_ms: int) -> None:
    """A profile that was part of another one is somebody again. Whatever its address holds may
    be the other one's, so every field is asserted anew; its own values follow in later rows."""
    move(lane, profile, home, row, now_ms)
    person = lane.person(home, profile)
    for feed in lane.feeds.values():
        if feed.kind == ERRAND or feed.tells:
            continue
        cell = person.cells.get(feed.field)
        if cell is None:
            cell = person.cells[feed.field] = new_cell(feed.kind)
        cell.kind = feed.kind
        _set(cell, absent(feed.kind), row.at_ms, row, now_ms)
        cell.sure = cell.sure and not home.reachable
    lane.enqueue(person, now_ms, person.cells)


def _move_out(lane: Lane, address: Address, profile: int, row: LedgerRow, now_ms: int,
              new: Address | None) -> dict[str, Cell]:  # fmt: skip
    """Close an address; the values that stood there as its owner wanted them."""
    person = lane.find(address)
    if person is None or person.profile != profile:
        return {}
    mine = {
        field: _copy(lane, field, cell)
        for field, cell in person.cells.items()
        if cell.kind != ERRAND
    }
    if address.reachable:
        joined = new is not None and new.reachable and lane.manners.follows(address, new)
        _close(lane, person, row, now_ms, empty=joined)
        if joined:
            _errand(lane, person, str(new), row, now_ms)
    else:
        lane.drop_nowhere(profile)
    return mine


def _close(lane: Lane, person: Person, row: LedgerRow, now_ms: int, *, empty: bool) -> None:
    person.profile = 0
    lane.trimmed.add(person.address)
    for field, cell in list(person.cells.items()):
        is_audience = cell.kind == AUDIENCE
        if _tells(lane, field) or not (is_audience or (empty and cell.kind != CONSENT)):
            del person.cells[field]  # what was told stays told, but not to another address
        elif not (cell.sure and cell.desired == cell.acked == absent(cell.kind)):
            _set(cell, absent(cell.kind), row.at_ms, row, now_ms)
    lane.enqueue(person, now_ms, person.cells)


def _take_over(lane: Lane, person: Person, profile: int, mine: dict[str, Cell], row: LedgerRow,
               now_ms: int) -> None:  # fmt: skip
    """Somebody else lived here: their memberships are not this person's."""
    other = person.profile
    if other:
        held = lane.person(nowhere(other), other)
        held.profile = other
        held.cells = {field: _copy(lane, field, cell) for field, cell in person.cells.items()}
        lane.touch(held.address, held.cells)
        lane.settle_home(other, held.address)
    person.profile = profile
    for field, cell in list(person.cells.items()):
        if cell.kind in (CONSENT, ERRAND) or _tells(lane, field):
            del person.cells[field]
            lane.trimmed.add(person.address)
        elif cell.kind == AUDIENCE and field not in mine:
            _set(cell, value=False, at_ms=row.at_ms, row=row, now_ms=now_ms)


def _copy(lane: Lane, field: str, cell: Cell) -> Cell:
    """The value somebody wants, without what any destination knows of it; what a person's
    destination was told of is not told again."""
    fresh = new_cell(cell.kind)
    fresh.desired, fresh.version = cell.desired, cell.version
    fresh.at_ms, fresh.queued_ms = cell.at_ms, cell.queued_ms
    if cell.kind == CONSENT or _tells(lane, field):
        fresh.acked, fresh.acked_version, fresh.sure = cell.acked, cell.acked_version, cell.sure
    return fresh


def _tells(lane: Lane, field: str) -> bool:
    feed = feed_of(lane.feeds, field)
    return feed is not None and feed.tells


def _errand(lane: Lane, person: Person, value: str, row: LedgerRow, now_ms: int) -> None:
    """Have the destination join this address to another, after all else about it was sent."""
    cell = person.cells[FOLLOW] = new_cell(ERRAND)
    _set(cell, value, row.at_ms, row, now_ms)
    lane.enqueue(person, now_ms, (FOLLOW,))


def _set(cell: Cell, value: object, at_ms: int, row: LedgerRow, now_ms: int) -> None:
    cell.desired, cell.version = value, max(cell.version, row.seq)
    cell.at_ms, cell.queued_ms = at_ms, now_ms
    cell.dead, cell.dead_attempt = "", 0
