"""Parquet files of one day each: staged, sorted, written, synced, renamed, and only then told.

It decides nothing: which rows become which files is the historian's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ebbline.hosts.embedded.history import duck
from ebbline.hosts.embedded.history.limits import ROW_GROUP_ROWS, WRITER_MEMORY_BYTES
from ebbline.hosts.embedded.history.manifest import HistoryFile
from ebbline.hosts.embedded.history.rows import NAMES, ORDER, Row

if TYPE_CHECKING:
    import duckdb

DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FLUSH_ROWS = 5_000
_FIGURES = """
SELECT count(*), min(time_ms), max(time_ms), min(log_offset), max(log_offset) FROM
"""


def day_of(time_ms: int) -> str:
    """The UTC date of an instant.

    >>> day_of(1767225600000), day_of(1767225599999)
    ('2026-01-01', '2025-12-31')
    """
    return (_EPOCH + timedelta(milliseconds=time_ms)).date().isoformat()


def day_ms(day: str) -> int:
    """The first instant of a UTC date.

    >>> day_ms("2026-01-01")
    1767225600000
    """
    return (datetime.fromisoformat(day).replace(tzinfo=UTC) - _EPOCH) // timedelta(milliseconds=1)


class Staging:
    """Rows on their way, as lines of JSON in a file that no crash needs to outlive."""

    def __init__(self, file: Path) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = file
        self.rows = 0
        self.bytes = 0
        self._encoder = msgspec.json.Encoder()
        self._waiting: list[Row] = []
        self._stream = file.open("wb")

    def add(self, rows: Iterable[Row]) -> None:
        """Take in rows."""
        before = len(self._waiting)
        self._waiting.extend(rows)
        self.rows += len(self._waiting) - before
        if len(self._waiting) >= _FLUSH_ROWS:
            self.flush()

    def flush(self) -> None:
        """Everything so far is in the file."""
        lines = self._encoder.encode_lines(self._waiting)
        self._stream.write(lines)
        self._stream.flush()
        self.bytes += len(lines)
        self._waiting = []

    def close(self) -> None:
        """Remove the file."""
        self._stream.close()
        self.file.unlink(missing_ok=True)


class Writer:
    """Writes files below one history folder, in a `with` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: duckdb.DuckDBPyConnection | None = None

    @property
    def _spill(self) -> Path:
        return self._folder / "spill"

    def close(self) -> None:
        """Give the memory back."""
        if self._db is not None:
            self._db.close()
            self._db = None

    @contextmanager
    def staging(self) -> Iterator[Staging]:
        """A place for rows, for a block."""
        staging = Staging(self._folder / "staged.ndjson")
        try:
            yield staging
        finally:
            staging.close()

    def load(self, staging: Staging) -> list[str]:
        """Take staged rows into the database; the days they are of."""
        staging.flush()
        with duck.typed_errors():
            db, rows = self._open(), duck.staged(staging.file)
            db.execute(f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM {rows}")  # noqa: S608
            found: Any = db.execute(
                f"SELECT DISTINCT time_ms // {DAY_MS} FROM fresh ORDER BY 1"  # noqa: S608
            ).fetchall()
        return [day_of(row[0] * DAY_MS) for row in found]

    def write(
        self,
        day: str,
        number: int,
        *,
        fresh: bool = False,
        old: Iterable[HistoryFile] = (),
        without: Iterable[int] = (),
    ) -> HistoryFile | None:
        """One file of a day: loaded rows when `fresh`, and those of `old` files but for some log
        offsets. On return it is on disk under its name. None when no row is left."""
        parts = []
        if fresh:
            begins = day_ms(day)
            parts.append(
                f"SELECT {NAMES} FROM fresh"  # noqa: S608 - names and numbers of our own
                f" WHERE time_ms >= {begins} AND time_ms < {begins + DAY_MS}"
            )
        if paths := [self._folder / file.path for file in old]:
            left_out = ", ".join(str(each) for each in without)
            where = f" WHERE log_offset NOT IN ({left_out})" if left_out else ""
            parts.append(f"SELECT {NAMES} FROM {duck.parquet(paths)}{where}")  # noqa: S608
        return self._copy(f"{' UNION ALL '.join(parts)} ORDER BY {ORDER}", day, number)

    def _copy(self, query: str, day: str, number: int) -> HistoryFile | None:
        path = f"{day}/events-{number:09d}.parquet"
        file = self._folder / path
        if not file.parent.is_dir():
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync(file.parent.parent)
        draft = file.with_suffix(".new")
        with duck.typed_errors():
            db = self._open()
            db.execute(
                f"COPY ({query}) TO {duck.text(str(draft))}"
                f" (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
            )
            row: Any = db.execute(_FIGURES + duck.parquet([draft])).fetchone()
        rows, first_ms, last_ms, first_offset, last_offset = row
        if not rows:
            draft.unlink()
            return None
        _sync(draft)
        draft.rename(file)
        _sync(file.parent)
        size = file.stat().st_size
        return HistoryFile(
            number, path, day, rows, size, first_ms, last_ms, first_offset, last_offset
        )

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._db is None:
            self._db = duck.connect(self._spill, WRITER_MEMORY_BYTES)
        return self._db


def _sync(path: Path) -> None:
    """Have a file's content, or a folder's names, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
