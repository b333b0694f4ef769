"""state.db: rows in and out, with no idea of what they mean.

The engine process is the only writer. synchronous=NORMAL: a power cut may lose the last
commits, never half of one, and the log (which loses nothing) then replays them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import apsw

from ebbline.hosts.embedded.checkpoints import Checkpoints
from ebbline.hosts.embedded.limits import WAL_BYTES_MAX
from ebbline.hosts.embedded.state.bonds import BONDS_SCHEMA, BONDS_TABLES, Bonds
from ebbline.hosts.embedded.state.limits import CACHE_BYTES, WAL_PAGES, WAL_PAGES_MAX
from ebbline.hosts.embedded.state.placements import holds
from ebbline.hosts.embedded.state.schema import SCHEMA
from ebbline.hosts.embedded.state.seen_rows import SEEN_SCHEMA, SeenRows

ProfileRow = tuple[int, bytes, int, str]  # id, state, wake_ms, identifiers as JSON
LedgerRow = tuple[int, int, int, int, int, int, str | None, int, Any]


class StateStore:
    """One writing connection to state.db."""

    def __init__(self, path: Path) -> None:
        self._db = apsw.Connection(str(path))
        self._db.set_busy_timeout(10_000)
        self._run = self._db.cursor().execute
        self._many = self._db.cursor().executemany
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "wal_autocheckpoint=0",
            f"journal_size_limit={WAL_BYTES_MAX}",
            f"cache_size=-{CACHE_BYTES >> 10}",
            "temp_store=MEMORY",
        ):
            self._run(f"PRAGMA {pragma}").fetchall()
        self._run(SCHEMA + BONDS_SCHEMA + SEEN_SCHEMA)
        self._checkpoints = Checkpoints(self._db, WAL_PAGES, WAL_PAGES_MAX)

    def close(self) -> None:
        """Close the file, whole in itself where no reader is in the way; what was not committed
        is gone."""
        self._checkpoints.close()
        if not self._db.in_transaction:
            self._run("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._db.close(True)

    def begin(self) -> None:
        """Start the transaction that holds one whole step, or stay in the one that is open."""
        if not self._db.in_transaction:
            self._run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make the step visible and durable against a killed process."""
        self._run("COMMIT")

    def rollback(self) -> None:
        """Forget the step."""
        if self._db.in_transaction:
            self._run("ROLLBACK")

    # -- meta ------------------------------------------------------------------------------

    def meta(self, key: str) -> Any:
        """One remembered value; None when it was never set."""
        row = self._run("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else row[0]

    def set_meta(self, values: dict[str, Any]) -> None:
        """Remember values under their keys."""
        self._many("INSERT OR REPLACE INTO meta VALUES (?, ?)", values.items())

    # -- people ----------------------------------------------------------------------------

    def profile(self, profile_id: int) -> ProfileRow | None:
        """One person's row."""
        rows: Any = self._run("SELECT * FROM profiles WHERE id = ?", (profile_id,))
        found: ProfileRow | None = rows.fetchone()
        return found

    def owner(self, kind: str, value: str) -> int | None:
        """Who holds an identifier."""
        row: Any = self._run(
            "SELECT profile FROM identifiers WHERE type = ? AND value = ?", (kind, value)
        ).fetchone()
        found: int | None = None if row is None else row[0]
        return found

    def no_identifiers(self) -> bool:
        """Whether nobody is known yet."""
        return self._run("SELECT 1 FROM identifiers LIMIT 1").fetchone() is None

    def wakes(self) -> Iterator[tuple[int, int]]:
        """(wake_ms, id) of everybody; the reader drops those that never wake."""
        rows: Any = self._run("SELECT wake_ms, id FROM profiles")
        return iter(rows)

    def profiles(self) -> Iterator[ProfileRow]:
        """Everybody, by id."""
        rows: Any = self._db.cursor().execute("SELECT * FROM profiles ORDER BY id")
        return iter(rows)

    def put_profiles(self, rows: Iterable[ProfileRow]) -> None:
        """Write people, new or changed."""
        self._many("INSERT OR REPLACE INTO profiles VALUES (?, ?, ?, ?)", rows)

    def drop_profiles(self, ids: Iterable[int]) -> None:
        """Remove people who became part of somebody else."""
        self._many("DELETE FROM profiles WHERE id = ?", [(i,) for i in ids])

    def put_identifiers(self, rows: Iterable[tuple[str, str, int]]) -> None:
        """Write who owns identifiers, new or moved."""
        self._many("INSERT OR REPLACE INTO identifiers VALUES (?, ?, ?)", rows)

    def drop_identifiers(self, rows: Iterable[tuple[str, str]]) -> None:
        """Let identifiers be nobody's."""
        self._many("DELETE FROM identifiers WHERE type = ? AND value = ?", rows)

    # -- definitions, memberships, ledger ---------------------------------------------------

    def definition_ids(self, names: Iterable[str]) -> dict[str, int]:
        """A number for each name, new ones included."""
        self._many("INSERT OR IGNORE INTO definitions (name) VALUES (?)", [(n,) for n in names])
        rows: Any = self._run("SELECT name, id FROM definitions")
        return dict(rows)

    def put_memberships(self, rows: Iterable[tuple[int, int, int, bool]]) -> None:
        """(definition, profile, since_ms, effective) of people who are in."""
        self._many("INSERT OR REPLACE INTO memberships VALUES (?, ?, ?, ?)", rows)

    def set_effective(self, rows: Iterable[tuple[bool, int, int]]) -> None:
        """(effective, definition, profile) of people who stay in."""
        self._many(
            "UPDATE memberships SET effective = ? WHERE definition = ? AND profile = ?", rows
        )

    def drop_memberships(self, rows: Iterable[tuple[int, int]]) -> None:
        """(definition, profile) of people who are out."""
        self._many("DELETE FROM memberships WHERE definition = ? AND profile = ?", rows)

    def memberships(self) -> Iterator[tuple[int, int, int, int]]:
        """All memberships as (definition, profile, since_ms, effective)."""
        rows: Any = self._db.cursor().execute("SELECT * FROM memberships")
        return iter(rows)

    def member_counts(self) -> dict[str, int]:
        """People in each audience that has any."""
        rows: Any = self._run(
            "SELECT d.name, count(*) FROM memberships m JOIN definitions d ON d.id = m.definition"
            " GROUP BY d.name"
        )
        return dict(rows)

    def profile_count(self) -> int:
        """How many people there are."""
        row: Any = self._run("SELECT count(*) FROM profiles").fetchone()
        return int(row[0])

    def ledger_end(self) -> int:
        """The last sequence number used."""
        row: Any = self._run("SELECT max(seq) FROM ledger").fetchone()
        return row[0] or 0

    def add_ledger(self, rows: Iterable[LedgerRow]) -> None:
        """Append changes."""
        self._many("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    # -- exchange ----------------------------------------------------------------------------

    def attach(self, other: Path) -> None:
        """Make another store's file readable beside this one, outside any transaction."""
        self._run("ATTACH ? AS other", (str(other),))

    def detach(self) -> None:
        """Let go of the other file."""
        self._run("DETACH other")

    def take_memberships(self) -> None:
        """Replace all memberships by the other store's, under this one's definition numbers."""
        self._run("DELETE FROM memberships")
        pairs: Any = self._run(
            "SELECT d.id, o.id FROM definitions d JOIN other.definitions o ON o.name = d.name"
            " ORDER BY d.id"
        ).fetchall()
        for mine, theirs in pairs:
            self._run(
                "INSERT INTO memberships SELECT ?, profile, since_ms, effective"
                " FROM other.memberships WHERE definition = ? ORDER BY profile",
                (mine, theirs),
            )

    def take_identities(self) -> None:
        """Replace who is who by what the other store says; numbers of people rise on."""
        for table in ("identifiers", "merged", *BONDS_TABLES):
            self._run(f"DELETE FROM {table}")  # noqa: S608 - the names stand above
            self._run(f"INSERT INTO {table} SELECT * FROM other.{table}")  # noqa: S608
        self._run(
            "INSERT INTO placements SELECT * FROM other.placements WHERE true ON CONFLICT DO"
            " UPDATE SET profiles = excluded.profiles WHERE profiles <> excluded.profiles"
        )
        self._run(
            "UPDATE meta SET value = max(value, (SELECT value FROM other.meta"
            " WHERE key = 'next_profile')) WHERE key = 'next_profile'"
        )

    def profiles_after(self, profile: int, limit: int) -> list[ProfileRow]:
        """The next people of the other store, by id."""
        rows: Any = self._run(
            "SELECT * FROM other.profiles WHERE id > ? ORDER BY id LIMIT ?", (profile, limit)
        )
        found: list[ProfileRow] = rows.fetchall()
        return found

    def profiles_between(self, after: int, until: int | None) -> list[ProfileRow]:
        """This store's people with ids in a range; None: without end."""
        rows: Any = self._run(
            "SELECT * FROM main.profiles WHERE id > ? AND id <= coalesce(?, id)", (after, until)
        )
        found: list[ProfileRow] = rows.fetchall()
        return found

    def ledger_number_end(self) -> int:
        """The greatest change number that anybody has in the ledger."""
        row: Any = self._run("SELECT coalesce(max(number), 0) FROM ledger").fetchone()
        return int(row[0])

    # -- whose events they are ---------------------------------------------------------------

    def put_placements(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """(log offset, packed profiles) of entries folded. One that was folded before and now
        comes out differently is noted in `replaced`, for those who have read it."""
        self._many(
            "INSERT INTO placements VALUES (?, ?) ON CONFLICT DO UPDATE"
            " SET profiles = excluded.profiles WHERE profiles <> excluded.profiles",
            rows,
        )

    def put_merged(self, rows: Iterable[tuple[int, int, int]]) -> None:
        """(loser, winner, at_ms) of people who became one."""
        self._many("INSERT OR REPLACE INTO merged VALUES (?, ?, ?)", rows)

    def rewrite_merged(self, losers: Iterable[int], rows: Iterable[tuple[int, int, int]]) -> None:
        """People who were one are not: those of `rows` still are."""
        self._many("DELETE FROM merged WHERE loser = ?", [(loser,) for loser in losers])
        self.put_merged(rows)

    def placement(self, offset: int) -> bytes:
        """The packed profiles of an entry that was folded."""
        row: Any = self._run('SELECT profiles FROM placements WHERE "offset" = ?', (offset,))
        found: bytes = row.fetchone()[0]
        return found

    def placements_of(
        self, profiles: Iterable[int], before_offset: int
    ) -> Iterator[tuple[int, bytes]]:
        """Entries before an offset that may hold events of some people, in order."""
        wanted = list(profiles)
        rows: Any = self._db.cursor().execute(
            'SELECT "offset", profiles FROM placements WHERE "offset" < ? ORDER BY "offset"',
            (before_offset,),
        )
        for offset, packed in rows:
            if holds(packed, wanted):
                yield offset, packed

    def bonds(self) -> Bonds:
        """What is remembered of identity, in the same file and transactions."""
        return Bonds(self._db)

    def seen_rows(self) -> SeenRows:
        """Which messageIds have counted, in the same file and transactions."""
        return SeenRows(self._db)
