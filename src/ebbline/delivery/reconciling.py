"""Whether a destination holds what it acknowledged, and setting right what it does not. Pure.

Only what is at rest is compared: a value that is on its way, or may be, says nothing. Healing
asserts the present value again; it never guesses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import AUDIENCE, ERRAND, Feed
from ebbline.delivery.lane import Lane
from ebbline.delivery.limits import ROUNDING, SECOND_MS
from ebbline.delivery.person import Cell, Person, absent, differs, new_cell, wanted

DriftKind = Literal["missing", "extra", "different", "unknown"]


class Expected(msgspec.Struct, frozen=True):
    """What a destination should hold in one field: the value it acknowledged, and the version
    by which a later look knows that nothing has changed meanwhile."""

    value: Any
    version: int


class Drift(msgspec.Struct, frozen=True):
    """One field that is not as it should be. missing: it holds nothing, or no membership.
    extra: it holds what it should not. different: another value. unknown: it does not know
    the person at all."""

    address: Address
    field: str
    kind: DriftKind
    expected: Any
    found: Any


def expected_of(lane: Lane, person: Person) -> dict[str, Expected]:
    """The fields of a person that are at rest, and what they should be."""
    if not person.address.reachable or person.sending:
        return {}
    found: dict[str, Expected] = {}
    for field, feed in lane.feeds.items():
        cell = person.cells.get(field)
        if feed.kind == ERRAND or feed.tells:
            continue
        if cell is None:
            if feed.kind == AUDIENCE:  # never in it: the destination has not been told a thing
                found[field] = Expected(False, 0)
        elif is_at_rest(person, cell, feed):
            found[field] = Expected(cell.acked, cell.version)
    return found


def is_at_rest(person: Person, cell: Cell, feed: Feed) -> bool:
    """Whether the destination surely has what is wanted, so that it can be held to it."""
    if cell.dead or not cell.sure:
        return False
    return not differs(wanted(person, cell, feed), cell.acked, feed.min_change)


def drifts_of(
    lane: Lane, person: Person, before: Mapping[str, Expected], held: Mapping[str, Any] | None
) -> list[Drift]:
    """What differs between an expectation from before a look and what was found (None: nobody),
    of fields that have been at rest all the while."""
    still = expected_of(lane, person)
    found: list[Drift] = []
    for field, expected in before.items():
        if still.get(field) != expected or (held is not None and field not in held):
            continue
        kind = lane.feeds[field].kind
        value = absent(kind) if held is None else _plain(held[field], kind)
        if same(expected.value, value, kind):
            continue
        drift = "unknown" if held is None else _kind(expected.value, value, absent(kind))
        found.append(Drift(person.address, field, drift, expected.value, value))
    return found


def reassert(lane: Lane, drift: Drift, now_ms: int) -> bool:
    """Have the present value of a drifted field sent again; whether there was one to send."""
    person = lane.find(drift.address)
    if person is None or person.sending:
        return False
    cell = person.cells.get(drift.field)
    if cell is None:
        cell = person.cells[drift.field] = new_cell(lane.feeds[drift.field].kind)
        cell.at_ms = now_ms
    cell.sure, cell.queued_ms = False, now_ms
    lane.enqueue(person, now_ms, (drift.field,))
    return True


def drive_out(lane: Lane, address: Address, field: str, now_ms: int) -> None:
    """Somebody is in a list who should not be, and of whom nothing is remembered."""
    person = lane.person(address, 0)
    cell = person.cells.setdefault(field, new_cell(AUDIENCE))
    cell.sure, cell.queued_ms, cell.at_ms = False, now_ms, now_ms
    lane.enqueue(person, now_ms, (field,))


def same(expected: Any, found: Any, kind: str = "any") -> bool:
    """Whether a vendor's copy is the value, its own rounding apart: of numbers in the last
    digits, of instants to whole seconds."""
    if isinstance(expected, bool) or isinstance(found, bool):
        return expected is found
    if isinstance(expected, int | float) and isinstance(found, int | float):
        rounding = SECOND_MS if kind == "timestamp" else ROUNDING * max(1.0, abs(expected))
        return abs(expected - found) <= rounding
    return bool(expected == found)


def _plain(value: Any, kind: str) -> Any:
    """To a destination no membership and none known are the same."""
    return bool(value) if kind == AUDIENCE else value


def _kind(expected: Any, found: Any, nothing: Any) -> DriftKind:
    if same(found, nothing):
        return "missing"
    return "extra" if same(expected, nothing) else "different"
