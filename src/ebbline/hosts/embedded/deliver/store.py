"""delivery.db: rows in and out. Only the deliver process writes it.

synchronous=FULL: that a request is about to leave is on disk before it leaves, so neither a
kill nor a power cut can make us believe less of a destination than it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.delivery import (
    Address,
    Breaker,
    Cell,
    Lane,
    Pace,
    Person,
    is_forgettable,
    pending,
    pending_since,
)
from ebbline.delivery.address import parse_address
from ebbline.delivery.person import is_urgent
from ebbline.errors import FolderTooNew
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX, CHECKPOINT_PAGES
from ebbline.hosts.embedded.deliver.schema import SCHEMA, UPGRADES, VERSION

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class Destination(msgspec.Struct):
    """What is remembered of a destination between runs. `position` is the last ledger row
    folded; `sources` names the source of each field ever synced, `active` those of now, and
    `tells_from` the row up to which a field's changes are history and not news."""

    id: int
    name: str
    position: int
    sources: dict[str, str]
    active: list[str]
    settings: str
    tells_from: dict[str, int] = {}
    paused: bool = False


class DeliveryStore:
    """The writing connection."""

    def __init__(self, path: Path) -> None:
        self.db = apsw.Connection(str(path))
        self.db.set_busy_timeout(BUSY_MS_MAX)
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            "temp_store=MEMORY",
        ):
            self.db.execute(f"PRAGMA {pragma}").fetchall()
        version = self.db.pragma("user_version")
        if version > VERSION:
            raise FolderTooNew(f"{path} was written by a newer Ebbline (format {version}).")
        with self.db:
            for old in range(version, VERSION) if version else ():
                self.db.execute(UPGRADES[old])
            self.db.execute(SCHEMA)
            self.db.pragma("user_version", VERSION)

    def close(self) -> None:
        """Close the file; what was not committed is gone."""
        self.db.close(True)

    # -- destinations ----------------------------------------------------------------------

    def destination(self, name: str) -> Destination:
        """What is remembered of a destination; a new one begins at the ledger's beginning."""
        self.db.execute("INSERT OR IGNORE INTO destinations (name) VALUES (?)", (name,))
        row: Any = self.db.execute(
            "SELECT id, position, syncs, settings, paused FROM destinations WHERE name = ?",
            (name,),
        ).fetchone()
        syncs = _decode(row[2])
        sources, active = syncs.get("sources", {}), syncs.get("active", [])
        tells_from = syncs.get("tells_from", {})
        return Destination(row[0], name, row[1], sources, active, row[3], tells_from, bool(row[4]))

    def put_destination(self, known: Destination, problem: str) -> None:
        """Remember how a destination is set up, and what is wrong with that."""
        syncs = _encode(
            {"sources": known.sources, "active": known.active, "tells_from": known.tells_from}
        ).decode()
        self.db.execute(
            "UPDATE destinations SET position = ?, syncs = ?, settings = ?, problem = ?"
            " WHERE id = ?",
            (known.position, syncs, known.settings, problem, known.id),
        )

    def pause(self, name: str, *, paused: bool) -> None:
        """Remember that nothing is to leave for a destination, or that it may again."""
        self.db.execute("UPDATE destinations SET paused = ? WHERE name = ?", (paused, name))

    def introduction(self, destination: int) -> tuple[str, dict[str, str]]:
        """The digest of the last preparation that went well, and the ids it learned."""
        row: Any = self.db.execute(
            "SELECT introduction FROM destinations WHERE id = ?", (destination,)
        ).fetchone()
        kept = _decode(row[0])
        return kept.get("digest", ""), kept.get("ids", {})

    def put_introduction(self, destination: int, digest: str, ids: Mapping[str, str]) -> None:
        """Remember a preparation; an empty digest: there is none that holds."""
        kept = _encode({"digest": digest, "ids": dict(ids)}).decode()
        self.db.execute(
            "UPDATE destinations SET introduction = ? WHERE id = ?", (kept, destination)
        )

    def put_progress(self, destination: int, position: int, lane: Lane) -> None:
        """Remember how far a lane has come and how its destination does."""
        breaker, pace = _encode(lane.breaker).decode(), _encode(lane.pace).decode()
        self.db.execute(
            "UPDATE destinations SET position = ?, breaker = ?, pace = ?, paused = ? WHERE id = ?",
            (position, breaker, pace, lane.paused, destination),
        )

    def restore_lane(self, destination: int, lane: Lane) -> None:
        """Give a lane the breaker and pace it had; the limits are those of now."""
        row: Any = self.db.execute(
            "SELECT breaker, pace FROM destinations WHERE id = ?", (destination,)
        ).fetchone()
        if row[0]:
            lane.breaker = msgspec.json.decode(row[0], type=Breaker)
            lane.breaker.probe = 0
        if row[1]:
            pace = msgspec.json.decode(row[1], type=Pace)
            lane.pace.blocked_until_ms = pace.blocked_until_ms
            lane.pace.day, lane.pace.used = pace.day, pace.used

    # -- everybody -------------------------------------------------------------------------

    def pages(self, destination: int, size: int) -> Iterator[list[Address]]:
        """Everybody a destination has a name for, in the order of their addresses."""
        last = ""
        while True:
            rows: Any = self.db.execute(
                "SELECT address FROM people WHERE destination = ? AND address > ?"
                " AND address NOT LIKE ':%' ORDER BY address LIMIT ?",
                (destination, last, size),
            ).fetchall()
            if not rows:
                return
            last = rows[-1][0]
            yield [parse_address(row[0]) for row in rows]

    def sample(self, destination: int, size: int) -> list[Address]:
        """Some of them, drawn by chance."""
        rows: Any = self.db.execute(
            "SELECT address FROM people WHERE destination = ? AND address NOT LIKE ':%'"
            " ORDER BY random() LIMIT ?",
            (destination, size),
        ).fetchall()
        return [parse_address(row[0]) for row in rows]

    def audience_counts(self, destination: int) -> dict[str, tuple[int, int, int]]:
        """By field: people at an address who should be in it, whom the destination has
        acknowledged, and of whom it does not surely know what is wanted."""
        rows: Any = self.db.execute(
            "SELECT field, sum(desired = 'true'), sum(acked = 'true' AND sure),"
            " sum(desired <> acked OR NOT sure) FROM cells WHERE destination = ?"
            " AND kind = 'audience' AND address NOT LIKE ':%' GROUP BY field",
            (destination,),
        ).fetchall()
        return {row[0]: (row[1], row[2], row[3]) for row in rows}

    # -- a lane's memory -------------------------------------------------------------------

    def save(self, destination: int, lane: Lane) -> None:
        """Write down everything a lane has changed since the last time."""
        gone: list[tuple[int, str]] = []
        emptied: list[tuple[int, str]] = []
        people: list[tuple[Any, ...]] = []
        cells: list[tuple[Any, ...]] = []
        # In the order of their keys, so that a page of the file is visited once.
        for text, address in sorted((str(address), address) for address in lane.touched):
            person = lane.people[address]
            key = (destination, text)
            forgotten, changed = is_forgettable(person), lane.touched[address]
            if forgotten:
                gone.append(key)
            else:
                people.append((*key, *_person_row(person, lane)))
            if forgotten or address in lane.trimmed:
                emptied.append(key)
                changed = set() if forgotten else set(person.cells)
            cells += [
                _cell_row(destination, text, field, person.cells[field])
                for field in sorted(changed)
                if field in person.cells
            ]
        many = self.db.executemany
        many("DELETE FROM cells WHERE destination = ? AND address = ?", emptied)
        many("DELETE FROM people WHERE destination = ? AND address = ?", gone)
        many("INSERT OR REPLACE INTO people VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", people)
        many("INSERT OR REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", cells)
        self._save_homes(destination, lane)

    def _save_homes(self, destination: int, lane: Lane) -> None:
        settled = [(destination, p, str(home)) for p, home in lane.homes.items() if home]
        left = [(destination, p) for p, home in lane.homes.items() if home is None]
        self.db.executemany("INSERT OR REPLACE INTO homes VALUES (?, ?, ?)", settled)
        self.db.executemany("DELETE FROM homes WHERE destination = ? AND profile = ?", left)

    def reset_field(self, destination: int, field: str) -> None:
        """A field comes to mean something else: it wants nothing until rows are folded anew."""
        self.db.execute(
            "UPDATE cells SET version = 0, dead = '', desired ="
            " CASE kind WHEN 'audience' THEN 'false' ELSE 'null' END"
            " WHERE destination = ? AND field = ?",
            (destination, field),
        )

    def review_all(self, destination: int) -> None:
        """Look at everybody again: which fields count as pending has changed."""
        self.db.execute("UPDATE people SET pending = 1 WHERE destination = ?", (destination,))

    def fence_in_flight(self, destination: int, until_ms: int) -> int:
        """Requests were under way when the last run ended: wait until they cannot be applied
        any more; how many people that concerns."""
        self.db.execute(
            "UPDATE people SET sending = 0, not_before_ms = max(not_before_ms, ?)"
            " WHERE destination = ? AND sending",
            (until_ms, destination),
        )
        return self.db.changes()

    def dead(self, attempt: int | None) -> Iterator[tuple[str, str, str]]:
        """(destination, address, field) of what was laid aside, by one attempt or at all."""
        rows: Any = self.db.execute(
            "SELECT d.name, c.address, c.field FROM cells c"
            " JOIN destinations d ON d.id = c.destination"
            " WHERE c.dead <> '' AND (?1 IS NULL OR c.dead_attempt = ?1)",
            (attempt,),
        ).fetchall()
        return iter(rows)


class LaneMemory:
    """A `delivery.lane.Memory` of one destination over the store."""

    def __init__(self, store: DeliveryStore, destination: int) -> None:
        self._db = store.db
        self._destination = destination

    def person(self, address: Address, /) -> Person | None:
        """The record of an address."""
        key = (self._destination, str(address))
        row: Any = self._db.execute(
            "SELECT profile, sending, tries, failed_ms, not_before_ms, people_max, fields_max,"
            " handle FROM people WHERE destination = ? AND address = ?",
            key,
        ).fetchone()
        if row is None:
            return None
        rows: Any = self._db.execute(
            "SELECT field, kind, desired, version, at_ms, queued_ms, acked, acked_version, sure,"
            " dead, dead_attempt FROM cells WHERE destination = ? AND address = ?",
            key,
        )
        return Person(address, row[0], {cell[0]: _cell(cell) for cell in rows}, *row[1:])

    def home(self, profile: int, /) -> Address | None:
        """The address a profile was last known by."""
        row: Any = self._db.execute(
            "SELECT address FROM homes WHERE destination = ? AND profile = ?",
            (self._destination, profile),
        ).fetchone()
        return None if row is None else parse_address(row[0])

    def pending(self, limit: int, /) -> Iterable[Address]:
        """Addresses with something to send: the urgent, then those longest in it."""
        rows: Any = self._db.execute(
            "SELECT address FROM people WHERE destination = ? AND pending AND NOT sending"
            " ORDER BY pending DESC, since LIMIT ?",
            (self._destination, limit),
        ).fetchall()
        return [parse_address(row[0]) for row in rows]


def _person_row(person: Person, lane: Lane) -> tuple[Any, ...]:
    since = pending_since(person, lane.feeds)
    rank = int(since is not None)
    if rank and lane.has_urgent:
        rank += is_urgent(person, lane.feeds, pending(person, lane.feeds))
    return (person.profile, rank, since or 0, person.sending, person.tries,
            person.failed_ms, person.not_before_ms, person.people_max,
            person.fields_max, person.handle)  # fmt: skip


def _cell_row(destination: int, address: str, field: str, cell: Cell) -> tuple[Any, ...]:
    return (destination, address, field, cell.kind, _json(cell.desired), cell.version, cell.at_ms,
            cell.queued_ms, _json(cell.acked), cell.acked_version, cell.sure, cell.dead,
            cell.dead_attempt)  # fmt: skip


def _json(value: Any) -> str:
    if value is True:  # most values are memberships
        return "true"
    return "false" if value is False else _encode(value).decode()


def _cell(row: Any) -> Cell:
    return Cell(row[1], _decode(row[2]), row[3], row[4], row[5], _decode(row[6]), row[7],
                bool(row[8]), row[9], row[10])  # fmt: skip
