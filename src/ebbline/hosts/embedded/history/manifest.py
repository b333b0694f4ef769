"""history.db: which Parquet files count, and how far the log is in them.

Files are written first and count from the commit that names them here, together with the log
offset they reach: a kill at any moment leaves either both or neither. The historian is the only
writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.hosts.embedded.limits import BUSY_MS_MAX

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, day TEXT NOT NULL, rows INTEGER NOT NULL,
    bytes INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    first_offset INTEGER NOT NULL, last_offset INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS dropped (path TEXT PRIMARY KEY, dropped_ms INTEGER NOT NULL)
    WITHOUT ROWID;
"""
_FILES = """
SELECT id, path, day, rows, bytes, first_ms, last_ms, first_offset, last_offset FROM files
ORDER BY day, id
"""


class HistoryFile(msgspec.Struct, frozen=True):
    """One Parquet file. `path` is relative to the history folder, `day` a UTC date; times are of
    the events, offsets of the log, both ends included."""

    id: int
    path: str
    day: str
    rows: int
    bytes: int
    first_ms: int
    last_ms: int
    first_offset: int
    last_offset: int


class Snapshot(msgspec.Struct, frozen=True):
    """What the history holds: all events of the log up to `offset`, placed as of correction
    `replaced`; `offset_ms` is the stamp of that entry."""

    files: tuple[HistoryFile, ...] = ()
    offset: int = 0
    offset_ms: int = 0
    replaced: int = 0
    last_file: int = 0


class Manifest:
    """An open history.db; `read_only` for everybody but the historian."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        writing = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        flags = apsw.SQLITE_OPEN_READONLY if read_only else writing
        self._db = apsw.Connection(str(path), flags=flags)
        self._db.set_busy_timeout(BUSY_MS_MAX)
        if not read_only:
            self._db.execute("PRAGMA journal_mode = wal").fetchall()
            self._db.execute("PRAGMA synchronous = full")
            self._db.execute(_SCHEMA)

    def close(self) -> None:
        """Close the file; again is harmless."""
        self._db.close()

    def snapshot(self) -> Snapshot:
        """What holds now, all of one moment; an empty one before the first commit."""
        db = self._db
        db.execute("BEGIN")
        try:
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'dropped'").fetchone():
                return Snapshot()
            rows: Any = db.execute(_FILES).fetchall()
            pairs: Any = db.execute("SELECT key, value FROM meta").fetchall()
        finally:
            db.execute("COMMIT")
        return Snapshot(tuple(HistoryFile(*row) for row in rows), **dict(pairs))

    def commit(
        self,
        before: Snapshot,
        after: Snapshot,
        now_ms: int,
    ) -> None:
        """Make `after` the truth, all at once. Files that are in it no more are remembered as
        dropped until they are deleted."""
        old = {file.id: file for file in before.files}
        new = {file.id: file for file in after.files}
        gone = [old[each] for each in old.keys() - new.keys()]
        come = [new[each] for each in new.keys() - old.keys()]
        meta = {
            "offset": after.offset, "offset_ms": after.offset_ms, "replaced": after.replaced,
            "last_file": after.last_file,
        }  # fmt: skip
        with self._db:  # a transaction of apsw: commits, or rolls back when anything fails
            many = self._db.executemany
            many("DELETE FROM files WHERE id = ?", [(file.id,) for file in gone])
            many(
                "INSERT OR REPLACE INTO dropped VALUES (?, ?)",
                [(file.path, now_ms) for file in gone],
            )
            many(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [msgspec.structs.astuple(file) for file in come],
            )
            many("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())

    def dropped(self) -> list[tuple[str, int]]:
        """(path, since when) of files that count no more and may still lie there."""
        rows: Any = self._db.execute("SELECT path, dropped_ms FROM dropped").fetchall()
        return list(rows)

    def forget(self, paths: Iterable[str]) -> None:
        """These dropped files are deleted."""
        self._db.executemany("DELETE FROM dropped WHERE path = ?", [(each,) for each in paths])
