"""What a reconciliation came to, as it is kept in delivery.db and shown to people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from ebbline.delivery.reconciling import Drift
from ebbline.hosts.embedded.deliver.limits import DRIFTS_KEPT_MAX, REPORTS_KEPT_MAX

SCHEMA = """
CREATE TABLE IF NOT EXISTS reconciliations (
    id TEXT PRIMARY KEY, destination TEXT NOT NULL, started_ms INTEGER NOT NULL,
    ended_ms INTEGER, report TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS reconciliations_started ON reconciliations (destination, started_ms);
"""

_encode = msgspec.json.Encoder().encode


class Count(msgspec.Struct):
    """One audience side by side: people in it; of these, whom the destination has a name for;
    whom it has acknowledged; who is waiting to be told; and whom it was found to hold (None
    where nobody looked, or only at a sample)."""

    audience: str
    field: str
    members: int
    reachable: int
    acknowledged: int
    waiting: int
    found: int | None = None


class Shown(msgspec.Struct, frozen=True):
    """One drift as it is kept."""

    address: str
    field: str
    kind: str
    expected: Any
    found: Any


class Report(msgspec.Struct):
    """`method` is "read back", or "ledger" where the destination cannot be asked. `compared`
    counts people; `moving` those left out because something of theirs was under way. Of the
    drifts the first are kept one by one, all are counted, by kind. `state` is running, done,
    or failed with a `problem`."""

    id: str
    destination: str
    started_ms: int
    state: str = "running"
    problem: str = ""
    ended_ms: int | None = None
    method: str = "read back"
    sample: int = 0
    people: int = 0
    compared: int = 0
    moving: int = 0
    drifts: int = 0
    healed: int = 0
    kinds: dict[str, int] = {}
    examples: list[Shown] = []
    counts: list[Count] = []

    def add(self, drifts: Sequence[Drift]) -> None:
        """Take in drifts that a second look has confirmed."""
        for drift in drifts:
            self.drifts += 1
            self.kinds[drift.kind] = self.kinds.get(drift.kind, 0) + 1
            if len(self.examples) < DRIFTS_KEPT_MAX:
                self.examples.append(
                    Shown(str(drift.address), drift.field, drift.kind, drift.expected, drift.found)
                )


class Reports:
    """The reports in delivery.db, over the store's connection."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        db.execute(SCHEMA)

    def put(self, report: Report) -> None:
        """Keep a report as it stands; the oldest of its destination go."""
        self._db.execute(
            "INSERT OR REPLACE INTO reconciliations VALUES (?, ?, ?, ?, ?)",
            (report.id, report.destination, report.started_ms, report.ended_ms,
             _encode(report).decode()),
        )  # fmt: skip
        self._db.execute(
            "DELETE FROM reconciliations WHERE destination = ?1 AND id NOT IN (SELECT id FROM"
            " reconciliations WHERE destination = ?1 ORDER BY started_ms DESC LIMIT ?2)",
            (report.destination, REPORTS_KEPT_MAX),
        )

    def last_ms(self, destination: str) -> int:
        """When the last one of a destination began; 0 for never."""
        row: Any = self._db.execute(
            "SELECT max(started_ms) FROM reconciliations WHERE destination = ?", (destination,)
        ).fetchone()
        return row[0] or 0

    def interrupt(self) -> None:
        """What was running when the last run ended will never be finished."""
        rows: Any = self._db.execute("SELECT report FROM reconciliations WHERE ended_ms IS NULL")
        for (text,) in rows.fetchall():
            report = msgspec.json.decode(text, type=Report)
            report.state, report.problem = "failed", "deliver was stopped meanwhile"
            report.ended_ms = report.started_ms
            self.put(report)
