"""What the command line may know and ask of deliveries. Reads delivery.db, never writes it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.errors import NotFound
from ebbline.hosts.embedded.deliver.commands import Retry, Spool
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX, LISTED_ROWS

DEAD = "dead"
"""A state to list by: attempts that laid something aside which still lies there."""


class Delivery(msgspec.Struct, frozen=True):
    """One attempt. Times are UTC milliseconds: of the oldest change in it, of its folding, of
    the request, of the answer. `dead` counts the values it laid aside that still lie there."""

    id: int
    destination: str
    state: str
    attempt: int
    people: int
    changed_ms: int
    queued_ms: int
    sent_ms: int
    answered_ms: int | None
    status: int | None
    reason: str
    dead: int


class DeliveryDetail(msgspec.Struct, frozen=True):
    """One attempt with everything kept of it; bodies are gone after some days."""

    delivery: Delivery
    items: list[dict[str, Any]]
    request: dict[str, Any] | None
    response: dict[str, Any] | None


class DestinationStatus(msgspec.Struct, frozen=True):
    """How a destination does."""

    name: str
    state: str  # closed, open, probing, disabled, paused, or "problem": it could not be set up
    reason: str
    since_ms: int
    position: int  # last ledger row folded
    people: int
    pending: int  # people with something to send
    dead: int  # values laid aside
    last_done_ms: int | None


_COLUMNS = (
    "a.id, a.destination, a.state, a.attempt, a.people, a.changed_ms, a.queued_ms, a.sent_ms,"
    " a.answered_ms, a.status, a.reason,"
    " (SELECT count(*) FROM cells c WHERE c.dead <> '' AND c.dead_attempt = a.id)"
)


def list_deliveries(
    folder: Path,
    destination: str | None = None,
    state: str | None = None,
    limit: int = LISTED_ROWS,
    before: int | None = None,
) -> list[Delivery]:
    """Attempts, newest first; `before` is the id to page on from. `state` is an attempt's
    state or "dead"."""
    where, values = ["1"], list[Any]()
    if destination is not None:
        where.append("a.destination = ?")
        values.append(destination)
    if state == DEAD:
        where.append("a.id IN (SELECT dead_attempt FROM cells WHERE dead <> '')")
    elif state is not None:
        where.append("a.state = ?")
        values.append(state)
    if before is not None:
        where.append("a.id < ?")
        values.append(before)
    query = (
        f"SELECT {_COLUMNS} FROM deliveries a WHERE {' AND '.join(where)}"  # noqa: S608 - ours
        " ORDER BY a.id DESC LIMIT ?"
    )
    return [_delivery(row) for row in _rows(folder, query, (*values, limit))]


def show_delivery(folder: Path, attempt: int) -> DeliveryDetail:
    """Everything about one attempt; NotFound when it is not kept (any more)."""
    query = (
        f"SELECT {_COLUMNS}, a.items, a.request, a.response"  # noqa: S608 - ours
        " FROM deliveries a WHERE a.id = ?"
    )
    rows = _rows(folder, query, (attempt,))
    if not rows:
        raise NotFound(f"There is no delivery {attempt}.")
    items, request, response = (part and msgspec.json.decode(part) for part in rows[0][12:])
    return DeliveryDetail(_delivery(rows[0]), items, request, response)


def retry_deliveries(folder: Path, attempt: int | None = None) -> bool:
    """Have deliver try again what one attempt laid aside, or (None) everything.

    Whether deliver runs and was told; otherwise it does so at its next start.
    """
    if attempt is not None:
        show_delivery(folder, attempt)
    return Spool(folder).put(Retry(attempt), f"{time.time_ns()}-{os.getpid()}")


def destination_status(folder: Path) -> list[DestinationStatus]:
    """All destinations ever set up, by name."""
    query = (
        "SELECT d.name, d.problem, d.breaker, d.paused, d.position,"
        " (SELECT count(*) FROM people p WHERE p.destination = d.id),"
        " (SELECT count(*) FROM people p WHERE p.destination = d.id AND p.pending),"
        " (SELECT count(*) FROM cells c WHERE c.destination = d.id AND c.dead <> ''),"
        " (SELECT max(a.answered_ms) FROM attempts a WHERE a.destination = d.id"
        "  AND a.state IN ('done', 'partly'))"
        " FROM destinations d ORDER BY d.name"
    )
    return [_status(row) for row in _rows(folder, query, ())]


def _status(row: tuple[Any, ...]) -> DestinationStatus:
    breaker = msgspec.json.decode(row[2]) if row[2] else {}
    if row[1]:
        state = "problem"
    elif row[3]:
        state = "paused"
    elif breaker.get("disabled"):
        state = "disabled"
    else:
        state = "open" if breaker.get("open_until_ms") else "closed"
        state = "probing" if state == "open" and breaker.get("probe") else state
    reason = row[1] or breaker.get("reason", "")
    return DestinationStatus(row[0], state, reason, breaker.get("since_ms", 0), *row[4:])


def _delivery(row: tuple[Any, ...]) -> Delivery:
    return Delivery(*row[:12])


def _rows(folder: Path, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    path = folder / "delivery.db"
    if not path.exists():
        return []
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        return db.execute(query, values).fetchall()
    finally:
        db.close(True)
