"""The history for readers: one relation of all events, and one person's timeline.

What is in files and what only the log has yet are one here, of one moment: an event is in
exactly one of the two. People who were merged are who they became. Nothing is written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from ebbline.errors import SetupError
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.history import duck
from ebbline.hosts.embedded.history.limits import (
    PAGE_DAYS,
    PAGE_DAYS_GROWTH,
    PAGE_EVENTS,
    READ_TRIES,
    READER_MEMORY_BYTES,
)
from ebbline.hosts.embedded.history.manifest import HistoryFile, Manifest, Snapshot
from ebbline.hosts.embedded.history.rows import NAMES, Placed, Row
from ebbline.hosts.embedded.history.source import Source
from ebbline.hosts.embedded.history.writer import Staging, day_ms

if TYPE_CHECKING:
    import duckdb

Found = TypeVar("Found")
Place = tuple[int, str, int, int]  # time_ms, message_id, log_offset, position: a total order

_ALWAYS_MS = 1 << 62
_LAST: Place = (_ALWAYS_MS, "", 0, 0)
_PAGE = """
SELECT {names} FROM {files} WHERE profile IN ({people}) AND known_ms <= {as_of}
AND (time_ms, message_id, log_offset, position) < (?, ?, ?, ?) {without}
ORDER BY time_ms DESC, message_id DESC, log_offset DESC, position DESC LIMIT {limit}
"""
_EVENTS = """
CREATE OR REPLACE TEMP VIEW events AS
SELECT {profile} AS profile, {names} FROM ({parts}) e {join} WHERE e.known_ms <= {as_of}
"""


class Page(msgspec.Struct, frozen=True):
    """Some of a person's events, newest first; `older` is where the next page begins, None when
    there is none."""

    rows: tuple[Row, ...]
    older: Place | None


class History:
    """The history of one data folder. Close it, or use it in a `with` block."""

    def __init__(self, folder: DataFolder, spill: Path | None = None) -> None:
        """`spill`: where large sorts and the staged end of the log may lie; else a temporary
        folder of its own."""
        self._folder = folder
        source = Source.opened(folder)
        if source is None:
            message = f"There is no history in {folder.path} yet: nothing has been folded."
            raise SetupError(message)
        self._source = source
        self._temporary = None
        if spill is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="ebbline-history-")
            spill = Path(self._temporary.name)
        self._spill = spill
        self._db: duckdb.DuckDBPyConnection | None = None

    def close(self) -> None:
        """Let go of everything; again is harmless."""
        self._source.close()
        if self._db is not None:
            self._db.close()
            self._db = None
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        """Read in a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.close()

    # -- everybody ---------------------------------------------------------------------------

    def use(self, db: duckdb.DuckDBPyConnection, as_of_ms: int | None = None) -> None:
        """Make the view `events` in a connection: everything known by an instant, by the people
        as they were known then. Calling again brings it up to the moment."""
        snapshot = self._snapshot()
        end, replaced = self._source.end(), self._moved(snapshot)
        self._load_tail(db, snapshot, replaced, end)
        parts = [f"SELECT {NAMES} FROM tail"]  # noqa: S608 - names of our own
        if snapshot.files:
            files = duck.parquet(self._paths(snapshot.files))
            parts.append(f"SELECT {NAMES} FROM {files} WHERE {_not_in(replaced)}")  # noqa: S608
        profile, join = "e.profile", ""
        if merged := self._source.merged(as_of_ms):
            self._load_merged(db, merged)
            profile = "coalesce(m.winner, e.profile)"
            join = "LEFT JOIN merged m ON m.loser = e.profile"
        as_of = _ALWAYS_MS if as_of_ms is None else as_of_ms
        names = NAMES.removeprefix("profile, ")
        db.execute(
            _EVENTS.format(
                profile=profile, names=names, parts=" UNION ALL ".join(parts), join=join,
                as_of=as_of,
            )
        )  # fmt: skip

    @contextmanager
    def events(self, as_of_ms: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the view `events`, for a block; see `use`."""
        with duck.connection(self._spill, READER_MEMORY_BYTES, threads=None) as db:
            self.use(db, as_of_ms)
            yield db

    # -- one person --------------------------------------------------------------------------

    def timeline(self, profile: int, *, limit: int = PAGE_EVENTS, before: Place | None = None,
                 as_of_ms: int | None = None) -> Page:  # fmt: skip
        """A person's events before a place, newest first, in order of time and messageId."""
        merged = self._source.merged(as_of_ms)
        people = sorted({profile, *[loser for loser, who in merged.items() if who == profile]})
        as_of = _ALWAYS_MS if as_of_ms is None else as_of_ms
        start = _LAST if before is None else before

        def look() -> list[Row]:
            snapshot = self._snapshot()
            replaced = self._moved(snapshot)
            tail = [
                row
                for row in self._tail_of(people, snapshot, replaced)
                if row.known_ms <= as_of and _place(row) < start
            ]
            return self._newest(snapshot, tail, people, replaced, start, as_of, limit + 1)

        rows = self._again(look)
        more = len(rows) > limit
        return Page(tuple(rows[:limit]), _place(rows[limit - 1]) if more and limit else None)

    def _newest(self, snapshot: Snapshot, tail: list[Row], people: list[int],
                replaced: set[int], start: Place, as_of: int, limit: int) -> list[Row]:  # fmt: skip
        """The last rows before a place: day after day backwards, until there are enough."""
        found = tail
        files = sorted(
            (file for file in snapshot.files if file.first_ms <= start[0]),
            key=lambda file: file.day, reverse=True,
        )  # fmt: skip
        days = sorted({file.day for file in files}, reverse=True)
        size = PAGE_DAYS
        while days:
            now, days = set(days[:size]), days[size:]
            size *= PAGE_DAYS_GROWTH
            chosen = [file for file in files if file.day in now]
            sql = _PAGE.format(
                names=NAMES, files=duck.parquet(self._paths(chosen)), limit=limit, as_of=as_of,
                people=", ".join(map(str, people)), without=f"AND {_not_in(replaced)}",
            )  # fmt: skip
            rows: Any = self._open().execute(sql, start).fetchall()
            found = found + [Row(*row) for row in rows]
            begins = day_ms(min(now))
            if sum(row.time_ms >= begins for row in found) >= limit:
                break
        return sorted(found, key=_place, reverse=True)[:limit]

    # -- the log's end -----------------------------------------------------------------------

    def _snapshot(self) -> Snapshot:
        if not self._folder.history_index.exists():
            return Snapshot()
        manifest = Manifest(self._folder.history_index, read_only=True)
        try:
            return manifest.snapshot()
        finally:
            manifest.close()

    def _moved(self, snapshot: Snapshot) -> set[int]:
        """Entries whose rows in the files are not what the state says any more."""
        moved = self._source.replaced(snapshot.replaced)
        return {offset for _, offset in moved if offset <= snapshot.offset}

    def _tail_of(self, people: list[int], snapshot: Snapshot, replaced: set[int]) -> Iterator[Row]:
        wanted = set(people)
        for placed in self._tail(snapshot, replaced, people):
            yield from (row for row in placed.rows() if row.profile in wanted)

    def _tail(self, snapshot: Snapshot, replaced: set[int], people: list[int]) -> Iterator[Placed]:
        yield from self._source.at(replaced)
        yield from self._source.of(people, snapshot.offset, self._source.end())

    def _load_tail(self, db: duckdb.DuckDBPyConnection, snapshot: Snapshot,
                   replaced: Iterable[int], end: int) -> None:  # fmt: skip
        staging = Staging(self._spill / "tail.ndjson")
        try:
            for placed in self._source.at(replaced):
                staging.add(placed.rows())
            for placed in self._source.after(snapshot.offset, snapshot.offset_ms, end):
                staging.add(placed.rows())
            staging.flush()
            rows = duck.staged(staging.file)
            db.execute(f"CREATE OR REPLACE TEMP TABLE tail AS SELECT * FROM {rows}")  # noqa: S608
        finally:
            staging.close()

    def _load_merged(self, db: duckdb.DuckDBPyConnection, merged: dict[int, int]) -> None:
        file = self._spill / "merged.csv"
        file.write_text("".join(f"{loser},{winner}\n" for loser, winner in merged.items()))
        columns = "{'loser': 'BIGINT', 'winner': 'BIGINT'}"
        db.execute(
            "CREATE OR REPLACE TEMP TABLE merged AS SELECT * FROM"  # noqa: S608
            f" read_csv({duck.text(str(file))}, columns={columns}, header=false)"
        )
        file.unlink()

    # -- files -------------------------------------------------------------------------------

    def _paths(self, files: Iterable[HistoryFile]) -> list[Path]:
        return [self._folder.history / file.path for file in files]

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self._db is None:
            self._db = duck.connect(self._spill, READER_MEMORY_BYTES, threads=None)
            self._db.execute("SET parquet_metadata_cache = true")
        return self._db

    def _again(self, look: Callable[[], Found]) -> Found:
        """Look once more when a file has been merged away since the manifest was read."""
        import duckdb  # noqa: PLC0415 - heavy

        for _ in range(READ_TRIES - 1):
            with suppress(duckdb.IOException):
                return look()
        with duck.typed_errors():
            return look()


def place_text(place: Place) -> str:
    """A place in a timeline as a word for people to hand back.

    >>> place_text((1767225600000, "m:1", 7, 3)), read_place("1767225600000:7:3:m:1")
    ('1767225600000:7:3:m:1', (1767225600000, 'm:1', 7, 3))
    """
    time_ms, message_id, offset, position = place
    return f"{time_ms}:{offset}:{position}:{message_id}"


def read_place(text: str) -> Place | None:
    """The inverse of `place_text`; None for anything else."""
    *numbers, message_id = text.split(":", 3)
    if len(numbers) != 3 or not all(each.isdecimal() and each.isascii() for each in numbers):
        return None
    time_ms, offset, position = map(int, numbers)
    return None if max(time_ms, offset, position) >= _ALWAYS_MS else (
        time_ms, message_id, offset, position,
    )  # fmt: skip


def _place(row: Row) -> Place:
    return row.time_ms, row.message_id, row.log_offset, row.position


def _not_in(offsets: set[int]) -> str:
    if not offsets:
        return "true"
    return f"log_offset NOT IN ({', '.join(map(str, sorted(offsets)))})"
