"""The log: everything that changes state, in order, on disk before anyone is told.

One row is one batch, stamped inside its own commit with a `now_ms` that never goes back.
Several processes append; nobody changes a row. Refused input goes to the quarantine in the
same commit. A `Log` belongs to one thread at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, cast

import apsw
import msgspec

from ebbline.errors import EbblineError
from ebbline.events.event import Event, Rejection
from ebbline.hosts.embedded import quarantine
from ebbline.hosts.embedded.checkpoints import Checkpoints
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.limits import (
    BUSY_MS_MAX,
    LOG_CHECKPOINT_PAGES,
    LOG_PAGE_BYTES,
    OPEN_RETRY_MS,
    READ_ENTRIES_MAX,
    WAL_BYTES_MAX,
)
from ebbline.hosts.embedded.payload import PayloadCodec

Kind = Literal["events", "replayed", "tick", "definitions", "proposal", "command"]
Content = Sequence[Event] | bytes

_SCHEMA = """
create table if not exists log (
    offset integer primary key autoincrement,
    now_ms integer not null,
    kind text not null,
    count integer not null,
    payload blob not null
);
"""
_WAL_PAGES_MAX = WAL_BYTES_MAX // LOG_PAGE_BYTES  # where commits are faster than the disk
_INSERT = "insert into log (now_ms, kind, count, payload) values (?, ?, ?, ?)"
_TAIL = "select offset, now_ms from log order by offset desc limit 1"
_READ = """
select offset, now_ms, kind, count, payload from log where offset > ? order by offset limit ?
"""
# Entries about definitions are few among millions: an index of their own finds them at once.
_PLANS_INDEX = """
create index if not exists log_plans on log (offset) where kind in ('definitions', 'proposal')
"""
_PLANS = """
select offset, now_ms, kind, count, payload from log
where kind in ('definitions', 'proposal') order by offset
"""
_LAST_PLAN = "select max(offset) from log where kind in ('definitions', 'proposal')"
_COUNTED = "select coalesce(sum(count), 0) from log where offset > ? and offset <= ?"
_COMMANDS = """
select offset, now_ms, kind, count, payload from log
where kind = 'command' and offset < ? order by offset
"""
_STAMP_BEFORE = "select now_ms from log where offset < ? order by offset desc limit 1"


class LogUnavailable(EbblineError):
    """Nothing was written; the caller keeps its events and tries again later."""


class DiskFull(LogUnavailable):
    """The disk takes no more. The log works again as soon as there is room."""


class Position(msgspec.Struct, frozen=True):
    """A place in the log: after this many entries, at this stamp. (0, 0) is the beginning."""

    offset: int
    now_ms: int


class Entry(msgspec.Struct, frozen=True):
    """One row of the log, its payload still packed."""

    offset: int
    now_ms: int
    kind: Kind
    count: int
    payload: bytes


class Batch(msgspec.Struct, frozen=True):
    """One row to append at a stamp of the caller's choosing (a virtual clock's)."""

    kind: Kind
    content: Content
    now_ms: int


class Log:
    """An open log.db."""

    def __init__(self, path: Path, clock: Clock, *, read_only: bool = False) -> None:
        """Open or create the file; a reader opens an existing one and never writes."""
        self._clock = clock
        self._codec = PayloadCodec()
        flags = apsw.SQLITE_OPEN_READONLY if read_only else _READ_WRITE
        with _typed_errors():
            self._db = apsw.Connection(str(path), flags=flags)
            self._db.set_busy_timeout(BUSY_MS_MAX)
            if not read_only:
                self._prepare()
        self._checkpoints = (
            None if read_only else Checkpoints(self._db, LOG_CHECKPOINT_PAGES, _WAL_PAGES_MAX)
        )

    def append(
        self,
        kind: Kind,
        content: Content = b"",
        rejections: Iterable[Rejection] = (),
        *,
        now_ms: int | None = None,
    ) -> Position:
        """Commit one row, and refused input beside it; on return both are on disk.

        The stamp is the greatest of the last stamp, the clock (or `now_ms` when given) and,
        without `now_ms`, the events' `received_ms`. An empty list of events adds no row. Raises
        DiskFull or LogUnavailable, having written nothing.
        """
        if now_ms is None:
            now_ms = self._clock.now_ms()
            if content and not isinstance(content, bytes):
                now_ms = max(now_ms, *[event.received_ms for event in content])
        return self.append_many((Batch(kind, content, now_ms),), rejections)

    def append_many(
        self, batches: Iterable[Batch], rejections: Iterable[Rejection] = ()
    ) -> Position:
        """Commit many rows at once, each at its own `now_ms` or the last stamp if that is later.

        For imports, whose clock is the events' own. Raises as `append`.
        """
        rows = [self._row(batch) for batch in batches if _is_row(batch)]
        refused = quarantine.pack(rejections)
        with self._transaction():
            position = self.tail()
            for wanted_ms, kind, count, payload in rows:
                now_ms = max(wanted_ms, position.now_ms)
                self._db.execute(_INSERT, (now_ms, kind, count, payload))
                position = Position(self._db.last_insert_rowid(), now_ms)
            if refused:
                quarantine.write(self._db, refused)
        return position

    def tail(self) -> Position:
        """The last row's offset and stamp."""
        row = self._db.execute(_TAIL).fetchone()
        return Position(*cast("tuple[int, int]", row)) if row else Position(0, 0)

    def read(self, after_offset: int, limit: int | None = None) -> Iterator[Entry]:
        """Rows after an offset in order, at most `limit`; ends at the tail of the moment.

        No transaction stays open between two rows, so a slow reader holds nobody up.
        """
        left = limit
        while left is None or left > 0:
            size = READ_ENTRIES_MAX if left is None else min(left, READ_ENTRIES_MAX)
            with _typed_errors():
                rows = self._db.execute(_READ, (after_offset, size)).fetchall()
            for row in rows:
                yield Entry(*cast("tuple[int, int, Kind, int, bytes]", row))
            if len(rows) < size:
                return
            after_offset = cast("int", rows[-1][0])
            left = None if left is None else left - size

    def events(self, entry: Entry) -> list[Event]:
        """The events of an entry of kind "events" or "replayed"."""
        return self._codec.decode(entry.payload)

    def plans(self) -> list[Entry]:
        """All entries of kind "definitions" and "proposal", in order."""
        with _typed_errors():
            rows = self._db.execute(_PLANS).fetchall()
        return [Entry(*cast("tuple[int, int, Kind, int, bytes]", row)) for row in rows]

    def last_plan(self) -> int:
        """The offset of the last such entry; 0 when there is none."""
        with _typed_errors():
            row = self._db.execute(_LAST_PLAN).fetchone()
        return cast("tuple[int | None]", row)[0] or 0

    def append_plan(self, kind: Kind, payload: bytes, after: int) -> Position | None:
        """Append an entry about definitions if the one at `after` is still the last such (0:
        there is none); None when another came first."""
        with self._transaction():
            if self.last_plan() != after:
                return None
            tail = self.tail()
            now_ms = max(self._clock.now_ms(), tail.now_ms)
            self._db.execute(_INSERT, (now_ms, kind, 0, payload))
            return Position(self._db.last_insert_rowid(), now_ms)

    def count_events(self, after: int, until: int) -> int:
        """Events of the entries after one offset and up to another."""
        with _typed_errors():
            row = self._db.execute(_COUNTED, (after, until)).fetchone()
        return int(cast("tuple[int]", row)[0])

    def commands(self, before_offset: int) -> Iterator[Entry]:
        """Rows of kind "command" before an offset, in order."""
        with _typed_errors():
            rows = self._db.execute(_COMMANDS, (before_offset,)).fetchall()
        for row in rows:
            yield Entry(*cast("tuple[int, int, Kind, int, bytes]", row))

    def stamp_before(self, offset: int) -> int:
        """The stamp of the row before an offset; 0 where there is none."""
        row = self._db.execute(_STAMP_BEFORE, (offset,)).fetchone()
        return 0 if row is None else cast("int", row[0])

    def quarantined(self) -> tuple[int, int]:
        """How many refusals are kept, and how many have been trimmed since the beginning."""
        return quarantine.counts(self._db)

    def close(self) -> None:
        """Close the file; again is harmless."""
        if self._checkpoints is not None:
            self._checkpoints.close()
            self._checkpoints = None
        self._db.close()

    def _prepare(self) -> None:
        """Set the file up as the promises need it: WAL, and an fsync in every commit."""
        db = self._db
        db.execute(f"pragma page_size = {LOG_PAGE_BYTES}")
        self._enter_wal()
        db.execute("pragma synchronous = full")
        db.execute("pragma wal_autocheckpoint = 0").fetchall()
        db.execute(f"pragma journal_size_limit = {WAL_BYTES_MAX}").fetchall()
        sql = "select name from sqlite_schema where name in ('quarantine_totals', 'log_plans')"
        there = {row[0] for row in db.execute(sql)}
        if len(there) < 2:
            with self._transaction():
                db.execute(_SCHEMA)
                db.execute(_PLANS_INDEX)
                quarantine.prepare(db)

    def _enter_wal(self) -> None:
        """Make the file a WAL database, if another process is not just doing the same.

        Of several that open a new file at once, SQLite turns some away without waiting for the
        busy timeout, so the wait is here.
        """
        deadline = time.monotonic() + BUSY_MS_MAX / 1000
        while True:
            try:
                self._db.execute("pragma journal_mode = wal").fetchall()
            except apsw.BusyError:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(OPEN_RETRY_MS / 1000)
            else:
                return

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Write inside, or not at all. SQLite may have rolled back by itself when it failed."""
        with _typed_errors():
            self._db.execute("begin immediate")
            try:
                yield
                self._db.execute("commit")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("rollback")
                raise

    def _row(self, batch: Batch) -> tuple[int, Kind, int, bytes]:
        content = batch.content
        if isinstance(content, bytes):
            return batch.now_ms, batch.kind, 0, content
        return batch.now_ms, batch.kind, len(content), self._codec.encode(content)


_READ_WRITE = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE


def _is_row(batch: Batch) -> bool:
    """Whether there is anything to write: bytes always (a tick is empty), events if any."""
    return isinstance(batch.content, bytes) or len(batch.content) > 0


@contextmanager
def _typed_errors() -> Iterator[None]:
    """SQLite's errors of a full disk and of a stuck neighbour as what the caller does next."""
    try:
        yield
    except (apsw.FullError, apsw.IOError) as error:
        message = f"The disk of the data folder takes no more ({error}). Make room on it."
        raise DiskFull(message) from error
    except (apsw.BusyError, apsw.CantOpenError, apsw.ReadOnlyError) as error:
        message = f"log.db cannot be used just now ({error})."
        raise LogUnavailable(message) from error
