"""What one destination should hold, and does hold, about one person.

The map's entry is a `Cell`: the newest desired value with its version beside the last value the
destination surely has. A cell is pending while the two differ; values in between leave no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import AUDIENCE, CONSENT, ERRAND, Feed, consent_field, feed_of

NOTHING_TOLD = "$nothing"
"""Stands for what a destination holds of a change that is told as an event: not even null."""


class Cell(msgspec.Struct):
    """One field at one address.

    `version` is the ledger's seq of the desired value, 0 for none yet. What was never sent
    counts as acknowledged absent (False for an audience, null for a trait). `sure` is False
    from the moment a request leaves until its fate is known, across a crash too. `dead` is the
    reason the present version was given up, `dead_attempt` the attempt that decided it.
    """

    kind: str
    desired: Any
    version: int
    at_ms: int
    queued_ms: int
    acked: Any
    acked_version: int = 0
    sure: bool = True
    dead: str = ""
    dead_attempt: int = 0


class Person(msgspec.Struct):
    """Everything about one address; `profile` is 0 once nobody lives there any more.

    `sending` is the id of the request in flight, 0 for none. `tries` and `failed_ms` count the
    present run of failures; before `not_before_ms` nothing is sent (a retry's delay, a fence).
    `people_max` and `fields_max` narrow the next request while a culprit is being searched;
    0 means not narrowed. `handle` is the destination's own id of the person, "" while unknown.
    """

    address: Address
    profile: int
    cells: dict[str, Cell] = {}
    sending: int = 0
    tries: int = 0
    failed_ms: int = 0
    not_before_ms: int = 0
    people_max: int = 0
    fields_max: int = 0
    handle: str = ""


def absent(kind: str) -> bool | None:
    """What a destination holds for a field it has never been sent."""
    return False if kind == AUDIENCE else None


def new_cell(kind: str) -> Cell:
    """A cell nobody has written to."""
    nothing = absent(kind)
    return Cell(kind, nothing, 0, 0, 0, nothing)


def differs(a: Any, b: Any, min_change: float | None) -> bool:
    """Whether `a` is worth sending to a destination that holds `b`.

    >>> differs(83, 80, 5), differs(85, 80, 5), differs(True, 1, None), differs(1, 1.0, None)
    (False, True, True, False)
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is not b
    if min_change is not None and isinstance(a, int | float) and isinstance(b, int | float):
        return a != b and abs(a - b) >= min_change
    return bool(a != b)


def wanted(person: Person, cell: Cell, feed: Feed) -> Any:
    """What the destination is to hold: nothing of what the person has not consented to."""
    if feed.purposes and not consents(person, feed):
        return absent(cell.kind)
    return cell.desired


def consents(person: Person, feed: Feed) -> bool:
    """Whether the person has consented to all purposes of a feed."""
    held = (person.cells.get(consent_field(purpose)) for purpose in feed.purposes)
    return all(cell is not None and cell.desired is True for cell in held)


def is_pending(person: Person, cell: Cell, feed: Feed) -> bool:
    """Whether the cell has something to say that the destination may not know."""
    if cell.dead:
        return False
    value = wanted(person, cell, feed) if feed.purposes else cell.desired
    return not cell.sure or differs(value, cell.acked, feed.min_change)


def any_pending(person: Person, feeds: Mapping[str, Feed], likely: Iterable[str] = ()) -> bool:
    """Whether `pending` would name a field. This is asked after every ledger row, so the
    `likely` fields (those that changed) are looked at first."""
    if not person.address.reachable:
        return False
    cells = person.cells
    for field in likely:
        if field in feeds and field in cells and is_pending(person, cells[field], feeds[field]):
            return True
    for field, cell in cells.items():
        if cell.sure and cell.desired is cell.acked and not _withholds(field, feeds):
            continue  # most of them: not worth a call
        if _says(person, field, cell, feeds):
            return True
    return False


def pending_since(person: Person, feeds: Mapping[str, Feed]) -> int | None:
    """The version of the field that `pending` would name first; None when it names none."""
    since = None
    if person.address.reachable:
        for field, cell in person.cells.items():
            if cell.sure and cell.desired is cell.acked and not _withholds(field, feeds):
                continue
            if since is not None and cell.version >= since:
                continue
            if _says(person, field, cell, feeds):
                since = cell.version
    return since


def pending(person: Person, feeds: Mapping[str, Feed]) -> list[str]:
    """Fields to send, the urgent and then the oldest changes first, errands last; fields of
    syncs that were removed are dormant."""
    if not person.address.reachable:
        return []
    cells = person.cells
    found = [field for field, cell in cells.items() if _says(person, field, cell, feeds)]
    if len(found) > 1:
        found.sort(key=lambda field: _rank(field, cells[field], feeds))
    return found


def is_urgent(person: Person, feeds: Mapping[str, Feed], fields: Iterable[str]) -> bool:
    """Whether one of these fields goes before other people's."""
    for field in fields:
        feed = feed_of(feeds, field)
        if feed is not None and feed.urgent and field in person.cells:
            return True
    return False


def _says(person: Person, field: str, cell: Cell, feeds: Mapping[str, Feed]) -> bool:
    feed = feed_of(feeds, field)
    return feed is not None and is_pending(person, cell, feed)


def _withholds(field: str, feeds: Mapping[str, Feed]) -> bool:
    feed = feeds.get(field)
    return feed is not None and bool(feed.purposes)


def _rank(field: str, cell: Cell, feeds: Mapping[str, Feed]) -> tuple[bool, bool, int, str]:
    feed = feed_of(feeds, field)
    urgent = feed is not None and feed.urgent
    return cell.kind == ERRAND, not urgent, cell.version, field


def is_forgettable(person: Person) -> bool:
    """Whether having no record of the address would mean the same."""
    if person.profile or person.sending:
        return False
    return all(
        cell.sure and not cell.dead and cell.acked == cell.desired == absent(cell.kind)
        for cell in person.cells.values()
        if cell.kind != CONSENT
    )
