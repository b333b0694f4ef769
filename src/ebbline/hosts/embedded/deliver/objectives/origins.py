"""Where rows of the ledger came from, for changes that took long to reach the outbox. Reads
state.db and log.db; while either is not there yet, nothing is known of anything."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.delivery.objectives import Came, Span
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX


class Origins:
    """A reading connection to each of the two files, opened when first needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: dict[str, apsw.Connection] = {}

    def close(self) -> None:
        """Close the files."""
        for db in self._open.values():
            db.close(True)
        self._open.clear()

    def of(self, versions: Iterable[int]) -> dict[int, Came]:
        """The origins of rows by their sequence numbers, as far as they are known."""
        rows = self._rows(
            "state.db",
            "SELECT seq, kind, at_ms, log_offset FROM ledger"
            " WHERE seq IN (SELECT value FROM json_each(?))",
            (_list(versions),),
        )
        offsets = _list({row[3] for row in rows})
        replayed = {
            row[0]
            for row in self._rows(
                "log.db",
                "SELECT offset FROM log WHERE kind = 'replayed'"
                " AND offset IN (SELECT value FROM json_each(?))",
                (offsets,),
            )
        }
        return {row[0]: Came(row[1], row[2], row[3] in replayed) for row in rows}

    def of_entry(self, log_offset: int, after: int) -> Span | None:
        """The rows after `after` that one entry of the log has made, as one span."""
        rows = self._rows(
            "state.db",
            "SELECT min(seq), max(seq) FROM ledger WHERE seq > ? AND log_offset = ?",
            (after, log_offset),
        )
        return Span(rows[0][0] - 1, rows[0][1]) if rows and rows[0][0] is not None else None

    def profile(self, user: str) -> int | None:
        """The profile of a userId."""
        rows = self._rows(
            "state.db",
            "SELECT profile FROM identifiers WHERE type = 'user_id' AND value = ?",
            (user,),
        )
        return rows[0][0] if rows else None

    def _rows(self, file: str, query: str, values: tuple[Any, ...]) -> list[Any]:
        db = self._open.get(file)
        try:
            if db is None:
                path = str(self._folder / file)
                db = self._open[file] = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
                db.set_busy_timeout(BUSY_MS_MAX)
            return db.execute(query, values).fetchall()
        except (apsw.CantOpenError, apsw.SQLError):
            return []  # the other process has not made it yet


def _list(numbers: Iterable[int]) -> str:
    return msgspec.json.encode(sorted(numbers)).decode()
