"""Service levels for people, out of delivery.db: figures, alarms and probes. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import RULES, Alarm, Levels, Tally, burn_rate, levels_of
from ebbline.delivery.objectives.levels import counts_of
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.deliver.objectives.buckets import WHOLE, sources, window
from ebbline.hosts.embedded.deliver.objectives.silences import read_silences
from ebbline.hosts.embedded.deliver.objectives.watch import read_alarms


class Row(msgspec.Struct, frozen=True):
    """The figures of a destination (`source` "") or of one of its sources, such as
    `audience:vip`. The burns are those of the last hour."""

    destination: str
    source: str
    levels: Levels
    latency_burn_1h: float
    success_burn_1h: float


class Probe(msgspec.Struct, frozen=True):
    """The latest probe: how it went, and where it was slow or is stuck."""

    sent_ms: int
    answered_ms: int | None
    state: str  # "under way", "in time", "late", "missing" or "failed"
    stage: str
    error: str


class Standing(msgspec.Struct, frozen=True):
    """One destination: its figures first, then its sources'; what is overdue, its alarms that
    are not over, until when it is silenced (0: it is not), and its latest probe."""

    destination: str
    rows: tuple[Row, ...]
    overdue: int
    waits_in: str
    looked_ms: int
    alarms: tuple[Alarm, ...]
    silenced_ms: int
    probe: Probe | None


def service_levels(
    folder: Path, slo: SloDef, now_ms: int, window_ms: int | None = None
) -> tuple[Standing, ...]:
    """How every destination stands, by name; `window_ms` is the objective's own unless given.
    Empty where nothing has been delivered yet."""
    path = folder / "delivery.db"
    if not path.exists():
        return ()
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'slo_standing'").fetchall():
            return ()  # an older Ebbline has made the file, and deliver has not run since
        silences, asked = read_silences(folder), window_ms or slo.window_ms
        db.execute("BEGIN")  # one snapshot for all of it
        rows: Any = db.execute(
            "SELECT destination, looked_ms, overdue, stage FROM slo_standing ORDER BY destination"
        ).fetchall()
        return tuple(
            _standing(db, row, slo, max(now_ms, row[1]), asked, silences.get(row[0], 0))
            for row in rows
        )
    finally:
        db.close(True)


def _standing(db: apsw.Connection, row: Any, slo: SloDef, now_ms: int, window_ms: int,
              silenced_ms: int) -> Standing:  # fmt: skip
    name, looked_ms, overdue, stage = row
    found = [WHOLE, *sources(db, name, window_ms, now_ms)]
    alarms = [each for each in read_alarms(db) if each.destination == name]
    return Standing(
        name,
        tuple(
            _row(db, name, source, slo, now_ms, window_ms, overdue if source == WHOLE else 0)
            for source in found
        ),
        overdue,
        stage if overdue else "",
        looked_ms,
        tuple(each for each in alarms if each.state != "resolved"),
        silenced_ms if silenced_ms > now_ms else 0,
        _probe(db, name),
    )


def _row(db: apsw.Connection, name: str, source: str, slo: SloDef, now_ms: int,
         window_ms: int, overdue: int) -> Row:  # fmt: skip
    whole: Tally = window(db, name, source, window_ms, now_ms)
    hour = window(db, name, source, RULES[0].long_ms, now_ms)
    latency = burn_rate(counts_of(hour, "latency", overdue), slo.success)
    success = burn_rate(counts_of(hour, "success"), slo.success)
    return Row(name, source, levels_of(whole, slo, overdue), latency, success)


def _probe(db: apsw.Connection, name: str) -> Probe | None:
    rows: Any = db.execute(
        "SELECT sent_ms, answered_ms, state, stage, error FROM slo_probes WHERE destination = ?"
        " ORDER BY sent_ms DESC LIMIT 2",
        (name,),
    ).fetchall()
    if len(rows) == 2 and rows[0][2] == "under way":
        rows = rows[1:]  # the one before has something to tell
    return Probe(*rows[0]) if rows else None
