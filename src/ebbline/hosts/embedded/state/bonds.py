"""What is remembered of identity beyond who owns what: merges and their causes, identifiers
that were parted by hand, identifiers that protection kept out, and the commands of people.

It gathers rows between two commits and decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import apsw
import msgspec

from ebbline.events.event import Event
from ebbline.hosts.embedded.state.limits import DROPS_KEPT_MAX
from ebbline.profiles.commands import Command
from ebbline.profiles.identifiers import Pair
from ebbline.profiles.parted import Parted
from ebbline.profiles.resolve import Dropped

BONDS_SCHEMA = """
CREATE TABLE IF NOT EXISTS merges (
    id INTEGER PRIMARY KEY, log_offset INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    winner INTEGER NOT NULL, loser INTEGER NOT NULL, cause TEXT NOT NULL,
    winner_type TEXT NOT NULL, winner_value TEXT NOT NULL,
    loser_type TEXT NOT NULL, loser_value TEXT NOT NULL,
    number INTEGER NOT NULL, undone_by TEXT);
CREATE INDEX IF NOT EXISTS merges_by_winner ON merges (winner);
CREATE TABLE IF NOT EXISTS parted (
    one_type TEXT NOT NULL, one_value TEXT NOT NULL,
    other_type TEXT NOT NULL, other_value TEXT NOT NULL,
    command INTEGER NOT NULL,
    PRIMARY KEY (one_type, one_value, other_type, other_value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drops (
    profile INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, reason TEXT NOT NULL,
    first_message TEXT NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    times INTEGER NOT NULL, UNIQUE (profile, type, value, reason));
CREATE TABLE IF NOT EXISTS commands (
    log_offset INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, id TEXT NOT NULL,
    command TEXT NOT NULL, profile INTEGER NOT NULL, outcome TEXT NOT NULL);
"""
BONDS_TABLES = ("merges", "parted", "drops", "commands")

_KIN = """
WITH RECURSIVE kin (id) AS (
    SELECT ? UNION SELECT loser FROM merges, kin WHERE winner = kin.id AND undone_by IS NULL)
"""
_KIN_IDS = f"{_KIN} SELECT id FROM kin ORDER BY id"  # noqa: S608 - the part stands above
_MERGES = f"""{_KIN}
SELECT log_offset, at_ms, winner, loser, cause, winner_type, winner_value, loser_type,
    loser_value, number
FROM merges WHERE winner IN (SELECT id FROM kin) AND undone_by IS NULL ORDER BY id
"""  # noqa: S608 - the parts stand above
_DROP = """
INSERT INTO drops VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET last_ms = excluded.last_ms, times = times + excluded.times
"""


class Merging(msgspec.Struct, frozen=True):
    """Two people became one at `at_ms`, by an event or a command. The anchors are the strongest
    identifier each of them held then; `number` is how many changes the loser had had."""

    log_offset: int
    at_ms: int
    winner: int
    loser: int
    cause: str
    winner_anchor: Pair
    loser_anchor: Pair
    number: int

    def row(self) -> tuple[Any, ...]:
        """As the table has it, without the id."""
        return (self.log_offset, self.at_ms, self.winner, self.loser, self.cause,
                *self.winner_anchor, *self.loser_anchor, self.number)  # fmt: skip


class Bonds:
    """The memory of one folder; `parted` is whole, the rest is looked up when asked for."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._merges: list[Merging] = []
        self._drops: dict[tuple[int, str, str, str], list[Any]] = {}
        self._commands: list[tuple[Any, ...]] = []
        rows: Any = db.execute("SELECT one_type, one_value, other_type, other_value FROM parted")
        self.parted = Parted(((one, a), (other, b)) for one, a, other, b in rows)

    # -- what happened ---------------------------------------------------------------------

    def merged(self, merging: Merging) -> None:
        """Remember a merge."""
        self._merges.append(merging)

    def dropped(self, profile: int, dropped: Dropped, event: Event) -> None:
        """Remember an identifier that protection kept out of a person."""
        key = (profile, dropped.type, dropped.value, dropped.reason)
        row = self._drops.setdefault(key, [event.message_id, event.time_ms, event.time_ms, 0])
        row[2] = event.time_ms
        row[3] += 1

    def commanded(self, log_offset: int, at_ms: int, command: Command, profile: int,
                  outcome: str) -> None:  # fmt: skip
        """Remember a command, whom it concerned (0: nobody) and what came of it."""
        text = msgspec.json.encode(command).decode()
        self._commands.append((log_offset, at_ms, command.id, text, profile, outcome))

    def part(self, pairs: Iterable[tuple[Pair, Pair]], log_offset: int) -> None:
        """Part identifiers for good, inside the caller's transaction."""
        for one, other in pairs:
            self.parted.add(one, other)
            row = (*min(one, other), *max(one, other), log_offset)
            self._db.execute("INSERT OR REPLACE INTO parted VALUES (?, ?, ?, ?, ?)", row)

    def lift(self, pairs: Iterable[tuple[Pair, Pair]]) -> None:
        """Let parted identifiers meet again, inside the caller's transaction."""
        for one, other in pairs:
            self.parted.lift(one, other)
            self._db.execute(
                "DELETE FROM parted WHERE (one_type, one_value, other_type, other_value)"
                " = (?, ?, ?, ?)",
                (*min(one, other), *max(one, other)),
            )

    def rewrite(self, old: Sequence[Merging], new: Sequence[Merging], command: str) -> None:
        """What a person's merges come to after an unmerge: those that are not in `new` any more
        were undone by the command. Inside the caller's transaction."""
        kept = {(merging.cause, merging.loser) for merging in new}
        for merging in old:
            key = (merging.log_offset, merging.loser)
            if (merging.cause, merging.loser) in kept:
                sql = "DELETE FROM merges WHERE log_offset = ? AND loser = ? AND undone_by IS NULL"
                self._db.execute(sql, key)
            else:
                sql = (
                    "UPDATE merges SET undone_by = ?"
                    " WHERE log_offset = ? AND loser = ? AND undone_by IS NULL"
                )
                self._db.execute(sql, (command, *key))
        self._write_merges(new)

    # -- looking up (what was flushed) -------------------------------------------------------

    def kin(self, profile: int) -> list[int]:
        """A person and everybody who became part of it, ascending."""
        rows: Any = self._db.execute(_KIN_IDS, (profile,))
        return [row[0] for row in rows]

    def merges(self, profile: int) -> list[Merging]:
        """The merges that made a person, in their order."""
        rows: Any = self._db.execute(_MERGES, (profile,))
        return [
            Merging(offset, at_ms, winner, loser, cause, (kind, value), (other, name), number)
            for offset, at_ms, winner, loser, cause, kind, value, other, name, number in rows
        ]

    # -- writing ---------------------------------------------------------------------------

    def flush(self) -> None:
        """Write everything inside the caller's transaction."""
        self._write_merges(self._merges)
        many = self._db.executemany
        if self._drops:
            many(_DROP, [(*key, *row) for key, row in sorted(self._drops.items())])
            sql = "DELETE FROM drops WHERE rowid <= (SELECT max(rowid) FROM drops) - ?"
            self._db.execute(sql, (DROPS_KEPT_MAX,))
        many("INSERT OR REPLACE INTO commands VALUES (?, ?, ?, ?, ?, ?)", self._commands)
        self._merges, self._drops, self._commands = [], {}, []

    def _write_merges(self, merges: Iterable[Merging]) -> None:
        sql = "INSERT INTO merges VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
        self._db.executemany(sql, [merging.row() for merging in merges])
