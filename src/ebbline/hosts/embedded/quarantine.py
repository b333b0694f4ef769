"""The quarantine of log.db: refused input with its reason, bounded in rows and in bytes.

What came without a known key has budgets of its own, so that strangers push out nothing that
a source of the project sent. It begins no transaction: rows are written in the log's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import apsw
import msgspec
import zstandard

from ebbline.events.event import Rejection
from ebbline.events.fault import UNKNOWN_SOURCE
from ebbline.hosts.embedded.limits import (
    QUARANTINE_BODY_BYTES_MAX,
    QUARANTINE_BYTES_MAX,
    QUARANTINE_PLAIN_BYTES_MAX,
    QUARANTINE_ROWS_MAX,
    QUARANTINE_TEXT_CHARS_MAX,
    STRANGERS_BYTES_MAX,
    STRANGERS_ROWS_MAX,
    ZSTD_LEVEL,
)

_MAGIC: Final = b"\x28\xb5\x2f\xfd"  # how every zstd frame begins

_SCHEMA = """
create table if not exists quarantine (
    id integer primary key,
    received_ms integer not null,
    source text not null,
    code text not null,
    message text not null,
    where_path text not null,
    body blob not null
);
create table if not exists quarantine_totals (
    stranger integer primary key,
    rows integer not null,
    bytes integer not null
);
create index if not exists quarantine_strangers on quarantine (id) where source = 'unknown';
insert into quarantine_totals
select 0, count(*), coalesce(sum(length(body)), 0) from quarantine where source <> 'unknown'
union all
select 1, count(*), coalesce(sum(length(body)), 0) from quarantine where source = 'unknown';
"""
_IS_THERE = "select 1 from sqlite_schema where name = 'quarantine_totals'"
_REFUSE = """
insert into quarantine (received_ms, source, code, message, where_path, body)
values (?, ?, ?, ?, ?, ?)
"""
_ADD = "update quarantine_totals set rows = rows + ?, bytes = bytes + ? where stranger = ?"
_TOTALS = "select rows, bytes from quarantine_totals where stranger = ?"
# By the key of the totals: 1 is what came without a known key.
_WHOSE = {0: "source <> 'unknown'", 1: "source = 'unknown'"}
_OLDEST = "select id, length(body) from quarantine where {whose} order by id"
_FORGET = "delete from quarantine where {whose} and id <= ?"
_COUNT = "select count(*), coalesce(max(id), 0) from quarantine"


class Refused(msgspec.Struct, frozen=True):
    """One row: what was refused, when, why, and its bytes as they were sent."""

    id: int
    received_ms: int
    source: str
    code: str
    message: str
    where: str
    body: bytes


def prepare(db: apsw.Connection) -> None:
    """Make the tables, if they are not there; inside a transaction."""
    if not db.execute(_IS_THERE).fetchone():
        db.execute(_SCHEMA)


def pack(rejections: Iterable[Rejection]) -> list[tuple[Any, ...]]:
    """Rows to write. Costs CPU, so do it before the transaction begins."""
    return [_row(rejection) for rejection in rejections]


def write(db: apsw.Connection, rows: Sequence[tuple[Any, ...]]) -> None:
    """Add packed rows and forget the oldest beyond the budgets; inside a transaction."""
    db.executemany(_REFUSE, rows)
    for stranger in (0, 1):
        sizes = [len(row[5]) for row in rows if (row[1] == UNKNOWN_SOURCE) == bool(stranger)]
        if sizes:
            db.execute(_ADD, (len(sizes), sum(sizes), stranger))
            _trim(db, stranger)


def counts(db: apsw.Connection) -> tuple[int, int]:
    """How many refusals are kept, and how many have been forgotten since the beginning."""
    kept, last = cast("tuple[int, int]", db.execute(_COUNT).fetchone())
    return kept, last - kept  # the newest row always stays, so no number is given twice


def pack_body(body: bytes) -> bytes:
    """A body as it is stored: short ones as they are, to be read in place, others as zstd.

    >>> pack_body(b"{}"), unpack_body(pack_body(b"x" * 5_000)) == b"x" * 5_000
    (b'{}', True)
    """
    body = body[:QUARANTINE_BODY_BYTES_MAX]
    # Whatever begins as a zstd frame is one of ours, so what was sent like that becomes one too.
    if len(body) <= QUARANTINE_PLAIN_BYTES_MAX and not body.startswith(_MAGIC):
        return body
    return zstandard.ZstdCompressor(level=ZSTD_LEVEL).compress(body)


def unpack_body(stored: bytes) -> bytes:
    """The inverse of `pack_body`, but for what it cut off."""
    return zstandard.decompress(stored) if stored.startswith(_MAGIC) else stored


def _row(rejection: Rejection) -> tuple[Any, ...]:
    texts = (rejection.source, rejection.code, rejection.message, rejection.where)
    return (
        rejection.received_ms,
        *(text[:QUARANTINE_TEXT_CHARS_MAX] for text in texts),
        pack_body(rejection.body),
    )


def _trim(db: apsw.Connection, stranger: int) -> None:
    """Forget the oldest rows of one kind until both of its budgets hold."""
    rows_max = STRANGERS_ROWS_MAX if stranger else QUARANTINE_ROWS_MAX
    bytes_max = STRANGERS_BYTES_MAX if stranger else QUARANTINE_BYTES_MAX
    rows, size = cast("tuple[int, int]", db.execute(_TOTALS, (stranger,)).fetchone())
    gone = freed = last = 0
    oldest = db.execute(_OLDEST.format(whose=_WHOSE[stranger]))
    while rows - gone > rows_max or (size - freed > bytes_max and gone < rows - 1):
        last, length = cast("tuple[int, int]", next(oldest))
        gone, freed = gone + 1, freed + length
    oldest.close()
    if gone:
        db.execute(_FORGET.format(whose=_WHOSE[stranger]), (last,))
        db.execute(_ADD, (-gone, -freed, stranger))
