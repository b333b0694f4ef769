"""Buckets of time as rows: the present ones in memory, all of them in delivery.db."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apsw
import msgspec

from ebbline.delivery.objectives import Tally, merged
from ebbline.delivery.objectives.limits import (
    HOUR_MS,
    HOURS_KEPT_MS,
    MINUTE_MS,
    MINUTES_KEPT_MS,
)

WHOLE = ""
"""The source under which a destination as a whole is counted."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Tally).decode
_Key = tuple[str, str, int, int]  # destination, source, width, start


class Buckets:
    """Adds to the buckets of an instant, over deliver's connection."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._held: dict[_Key, Tally] = {}
        self._dirty: set[_Key] = set()
        self._tidied_ms = 0

    def add(self, destination: str, source: str, at_ms: int, counted: Tally) -> None:
        """Count something at an instant, in the minute and in the hour it lies in."""
        for width_ms in (MINUTE_MS, HOUR_MS):
            key = (destination, source, width_ms, at_ms - at_ms % width_ms)
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = self._stored(key) or Tally()
            held.add(counted)
            self._dirty.add(key)

    def save(self, now_ms: int) -> None:
        """Write down what has changed, inside the caller's transaction."""
        if self._dirty:
            self._db.executemany(
                "INSERT OR REPLACE INTO slo_buckets VALUES (?, ?, ?, ?, ?)",
                [(*key, _encode(self._held[key]).decode()) for key in sorted(self._dirty)],
            )
            self._dirty.clear()
            for key in [key for key in self._held if key[3] + key[2] <= now_ms]:
                del self._held[key]
        if now_ms >= self._tidied_ms + HOUR_MS:
            self._tidied_ms = now_ms
            self._tidy(now_ms)

    def _stored(self, key: _Key) -> Tally | None:
        row: Any = self._db.execute(
            "SELECT tally FROM slo_buckets"
            " WHERE destination = ? AND source = ? AND width_ms = ? AND start_ms = ?",
            key,
        ).fetchone()
        return None if row is None else _decode(row[0])

    def _tidy(self, now_ms: int) -> None:
        for width_ms, kept_ms in ((MINUTE_MS, MINUTES_KEPT_MS), (HOUR_MS, HOURS_KEPT_MS)):
            self._db.execute(
                "DELETE FROM slo_buckets WHERE width_ms = ? AND start_ms < ?",
                (width_ms, now_ms - kept_ms - width_ms),
            )


def width_for(window_ms: int) -> int:
    """The width of the buckets that a window is read from."""
    return MINUTE_MS if window_ms <= MINUTES_KEPT_MS else HOUR_MS


def series(
    db: apsw.Connection, destination: str, source: str, window_ms: int, now_ms: int
) -> Iterator[tuple[int, Tally]]:
    """The buckets that overlap a window which ends now: start and what was counted."""
    width_ms = width_for(window_ms)
    rows: Any = db.execute(
        "SELECT start_ms, tally FROM slo_buckets WHERE destination = ? AND source = ?"
        " AND width_ms = ? AND start_ms > ? AND start_ms <= ?",
        (destination, source, width_ms, now_ms - window_ms - width_ms, now_ms),
    ).fetchall()
    for start_ms, tally in rows:
        yield start_ms, _decode(tally)


def window(
    db: apsw.Connection, destination: str, source: str, window_ms: int, now_ms: int
) -> Tally:
    """Everything counted in a window that ends now, to whole buckets."""
    return merged(tally for _, tally in series(db, destination, source, window_ms, now_ms))


def sources(db: apsw.Connection, destination: str, window_ms: int, now_ms: int) -> list[str]:
    """The sources something was counted for in a window."""
    width_ms = width_for(window_ms)
    rows: Any = db.execute(
        "SELECT DISTINCT source FROM slo_buckets WHERE destination = ? AND source <> ''"
        " AND width_ms = ? AND start_ms > ? ORDER BY source",
        (destination, width_ms, now_ms - window_ms - width_ms),
    ).fetchall()
    return [row[0] for row in rows]
