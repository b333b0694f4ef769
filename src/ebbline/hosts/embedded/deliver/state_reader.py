"""state.db as deliver sees it: the ledger by sequence, and who a profile is. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.definitions.plan import Plan, decode_plan
from ebbline.delivery import LedgerRow
from ebbline.delivery.ledger import MERGED, TRAIT, UNMERGED
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX
from ebbline.profiles.graph import Identifier

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class StateReader:
    """One reading connection; while the engine has made no state yet there is nothing to read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: apsw.Connection | None = None
        self._names: dict[int, str] = {}
        self._known: dict[int, tuple[Identifier, ...]] = {}

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close(True)
            self._db = None

    def end(self) -> int:
        """The last sequence number there is."""
        rows = self._rows("SELECT max(seq) FROM ledger", ())
        return (rows[0][0] or 0) if rows else 0

    def plan_offset(self) -> int:
        """The log entry that made the plan of the state live; 0 while none is known."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'plan_offset'", ())
        return int(rows[0][0]) if rows else 0

    def plan(self) -> Plan | None:
        """The plan of the state; None while there is none."""
        rows = self._rows("SELECT value FROM meta WHERE key = 'plan'", ())
        return decode_plan(bytes(rows[0][0])) if rows else None

    def after(self, seq: int, limit: int) -> list[LedgerRow]:
        """The next rows. What was read of identifiers before is looked up anew."""
        self._known.clear()
        rows = self._rows(
            "SELECT seq, profile, kind, definition, at_ms, value FROM ledger"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (seq, limit),
        )
        return [
            LedgerRow(row[0], row[1], row[2], self._name(row[3]), row[4], _value(row[2], row[5]))
            for row in rows
        ]

    def identifiers(self, profile: int) -> tuple[Identifier, ...]:
        """A profile's identifiers, highest priority first; nothing when it is gone."""
        found = self._known.get(profile)
        if found is None:
            rows = self._rows("SELECT identifiers FROM profiles WHERE id = ?", (profile,))
            found = _identifiers.decode(rows[0][0]) if rows else ()
            self._known[profile] = found
        return found

    def member_counts(self) -> dict[str, int]:
        """People effectively in each audience, by its name."""
        rows = self._rows(
            "SELECT d.name, count(*) FROM memberships m JOIN definitions d ON d.id = m.definition"
            " WHERE m.effective GROUP BY d.name",
            (),
        )
        return dict(rows)

    def _name(self, definition: int) -> str:
        if definition not in self._names:
            self._names = dict(self._rows("SELECT id, name FROM definitions", ()))
        return self._names.get(definition, "")

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._db is None and not self._open():
            return []
        assert self._db is not None
        # All rows at once: an open read would keep the engine's WAL from being folded in.
        return self._db.execute(query, values).fetchall()

    def _open(self) -> bool:
        try:
            db = apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READONLY)
        except apsw.CantOpenError:
            return False
        db.set_busy_timeout(BUSY_MS_MAX)
        try:
            db.execute("SELECT 1 FROM ledger, profiles, definitions LIMIT 1").fetchall()
        except apsw.SQLError:
            db.close(True)
            return False
        self._db = db
        return True


def _value(kind: int, value: Any) -> Any:
    """A trait's value is JSON; a merged row names a profile; an audience's is its membership."""
    if kind == TRAIT:
        return None if value is None else msgspec.json.decode(value)
    return int(value) if kind in (MERGED, UNMERGED) else value
