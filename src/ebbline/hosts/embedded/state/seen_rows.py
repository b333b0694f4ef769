"""Rows of messageIds in state.db: chunks in order of arrival, and lots by bucket of the digest.

It knows bytes and numbers only; what they mean is `seen`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apsw
import msgspec

from ebbline.hosts.embedded.state.limits import (
    SEEN_BUCKETS,
    SEEN_CHUNK,
    SEEN_FILTER_BYTES,
    SEEN_HELD_MAX,
    SEEN_LOTS_PER_FILTER,
)

SEEN_SCHEMA = """
CREATE TABLE IF NOT EXISTS seen_chunks (
    id INTEGER PRIMARY KEY, generation INTEGER NOT NULL, hand INTEGER NOT NULL,
    digests BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen_lots (
    generation INTEGER NOT NULL, bucket INTEGER NOT NULL, hand INTEGER NOT NULL,
    digests BLOB NOT NULL, PRIMARY KEY (generation, bucket, hand)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen_filters (
    generation INTEGER NOT NULL, bucket INTEGER NOT NULL, hand INTEGER NOT NULL,
    bits BLOB NOT NULL, PRIMARY KEY (generation, bucket)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen_salt (salt BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS seen_hand (hand INTEGER NOT NULL);
INSERT INTO seen_hand SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM seen_hand);
INSERT INTO seen_salt SELECT randomblob(16) WHERE NOT EXISTS (SELECT 1 FROM seen_salt);
"""

Lot = tuple[int, int, int, bytes]  # generation, bucket, hand, digests one after another


class Sizes(msgspec.Struct, frozen=True):
    """How much of the messageIds is where; see the limits. `buckets` is a power of two, at
    most 65,536."""

    buckets: int = SEEN_BUCKETS
    held: int = SEEN_HELD_MAX
    chunk: int = SEEN_CHUNK
    filter_bytes: int = SEEN_FILTER_BYTES
    lots_per_filter: int = SEEN_LOTS_PER_FILTER


class SeenRows:
    """The tables of messageIds, in the transactions of the store whose file they are in."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._run = db.cursor().execute
        self._many = db.cursor().executemany

    def salt(self) -> bytes:
        """What the digests of this file are made with: nobody outside can foresee them."""
        found: bytes = self._value("SELECT salt FROM seen_salt")
        return found

    # -- chunks, in order of arrival -------------------------------------------------------

    def generation(self) -> int:
        """The generation that the last chunk belongs to; 0 when there is none."""
        return self._value("SELECT generation FROM seen_chunks ORDER BY id DESC LIMIT 1") or 0

    def chunks(self, since_generation: int) -> Iterator[tuple[int, int, bytes]]:
        """(generation, hand, digests) of a generation and later ones."""
        rows: Any = self._run(
            "SELECT generation, hand, digests FROM seen_chunks WHERE generation >= ? ORDER BY id",
            (since_generation,),
        )
        return iter(rows)

    def add_chunk(self, generation: int, hand: int, digests: bytes) -> None:
        """Write what has come in since the last chunk."""
        self._run(
            "INSERT INTO seen_chunks (generation, hand, digests) VALUES (?, ?, ?)",
            (generation, hand, digests),
        )

    def drop_chunks(self, before_generation: int, until_hand: int) -> None:
        """Forget chunks of older generations, and those written when the hand stood no farther
        than `until_hand`; the last one stays, for what it says of the generation."""
        self._run(
            "DELETE FROM seen_chunks WHERE (generation < ? OR hand <= ?)"
            " AND id < (SELECT max(id) FROM seen_chunks)",
            (before_generation, until_hand),
        )

    # -- lots, by bucket -------------------------------------------------------------------

    def hand(self) -> int:
        """The next step of the hand."""
        return int(self._value("SELECT hand FROM seen_hand"))

    def last_stored(self) -> int:
        """The latest generation that has a lot; -2 when there is none."""
        return int(self._value("SELECT coalesce(max(generation), -2) FROM seen_lots"))

    def put(self, hand: int, lots: Iterable[Lot], filters: Iterable[Lot]) -> None:
        """Write lots, filters that cover a bucket's lots up to their hand, and where the hand
        stands now."""
        self._many("INSERT INTO seen_lots VALUES (?, ?, ?, ?)", lots)
        self._many("INSERT OR REPLACE INTO seen_filters VALUES (?, ?, ?, ?)", filters)
        self._run("UPDATE seen_hand SET hand = ?", (hand,))

    def filter(self, generation: int, bucket: int) -> tuple[int, bytes]:
        """A bucket's filter and the hand up to which it covers the lots; (-1, b"") when there
        is none."""
        found: Any = self._run(
            "SELECT hand, bits FROM seen_filters WHERE generation = ? AND bucket = ?",
            (generation, bucket),
        ).fetchall()
        return found[0] if found else (-1, b"")

    def lots(self, generation: int, bucket: int, after_hand: int = -1) -> list[bytes]:
        """The digests of a bucket, lot by lot."""
        rows: Any = self._run(
            "SELECT digests FROM seen_lots WHERE generation = ? AND bucket = ? AND hand > ?",
            (generation, bucket, after_hand),
        ).fetchall()
        return [digests for (digests,) in rows]

    def drop_lots(self, before_generation: int, buckets: int) -> bool:
        """Forget some buckets of the oldest generation if it is an older one than that; False
        when nothing is left to forget."""
        oldest: Any = self._run(
            "SELECT generation, bucket FROM seen_lots ORDER BY generation, bucket LIMIT 1"
        ).fetchall()
        if not oldest or oldest[0][0] >= before_generation:
            return False
        generation, bucket = oldest[0]
        for table in ("seen_lots", "seen_filters"):
            self._run(
                f"DELETE FROM {table} WHERE generation = ? AND bucket < ?",  # noqa: S608 - above
                (generation, bucket + buckets),
            )
        return True

    # -- files of an older Ebbline ---------------------------------------------------------

    def has_old(self) -> bool:
        """Whether the file has messageIds as they were written once: texts, in one table."""
        sql = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'seen'"
        return self._value(sql) is not None

    def old(self) -> Iterator[tuple[int, list[str]]]:
        """(generation, messageIds) as they came in."""
        rows: Any = self._db.execute("SELECT generation, message_ids FROM seen ORDER BY id")
        for generation, packed in rows:
            yield generation, msgspec.msgpack.decode(packed, type=list[str])

    def drop_old(self) -> None:
        """They have been taken over."""
        self._run("DROP TABLE seen")

    def _value(self, sql: str) -> Any:
        """The one value a query has, None when it has none. All rows are fetched: a statement
        that is not at its end would hold up checkpoints."""
        rows: Any = self._run(sql).fetchall()
        return rows[0][0] if rows else None
