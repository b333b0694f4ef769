"""A state.db as the engine writes it, as far as deliver reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import apsw
import msgspec

SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE profiles (id INTEGER PRIMARY KEY, state BLOB, wake_ms INT, identifiers TEXT);
CREATE TABLE definitions (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE ledger (seq INTEGER PRIMARY KEY, profile INT, number INT, kind INT, definition INT,
    at_ms INT, cause TEXT, log_offset INT, value);
CREATE TABLE memberships (definition INT, profile INT, since_ms INT, effective INT,
    PRIMARY KEY (definition, profile)) WITHOUT ROWID;
"""
ENTERED, EXITED, TRAIT, LINKED, MERGED, SUPPRESSED, RESTORED = range(1, 8)


class StateFile:
    """Writes people and ledger rows; each call is one transaction."""

    def __init__(self, path: Path) -> None:
        self.db = apsw.Connection(str(path))
        self.db.set_busy_timeout(5_000)
        self.db.execute("PRAGMA journal_mode=WAL").fetchall()
        self.db.execute(SCHEMA)
        self.seq = 0

    def person(self, profile: int, *pairs: tuple[str, str]) -> None:
        """A profile with identifiers, highest priority first."""
        rows = [[kind, value, "m", 0] for kind, value in pairs]
        self.db.execute(
            "INSERT OR REPLACE INTO profiles VALUES (?, x'', 0, ?)",
            (profile, msgspec.json.encode(rows).decode()),
        )

    def gone(self, profile: int) -> None:
        self.db.execute("DELETE FROM profiles WHERE id = ?", (profile,))
        self.db.execute("DELETE FROM memberships WHERE profile = ?", (profile,))

    def row(self, profile: int, kind: int, name: str, value: Any, at_ms: int = 0) -> int:
        """One ledger row; its seq."""
        self.db.execute("INSERT OR IGNORE INTO definitions (name) VALUES (?)", (name,))
        self.seq += 1
        if kind == TRAIT:
            value = msgspec.json.encode(value).decode()
        self.db.execute(
            "INSERT INTO ledger SELECT ?, ?, ?, ?, id, ?, NULL, 0, ? FROM definitions"
            " WHERE name = ?",
            (self.seq, profile, self.seq, kind, at_ms, value, name),
        )
        if kind in (ENTERED, EXITED):
            self.db.execute(
                "INSERT OR REPLACE INTO memberships SELECT id, ?, ?, ? FROM definitions"
                " WHERE name = ?",
                (profile, at_ms, value, name),
            )
        return self.seq

    def enter(self, profile: int, audience: str, at_ms: int = 0) -> int:
        return self.row(profile, ENTERED, audience, 1, at_ms)

    def leave(self, profile: int, audience: str, at_ms: int = 0) -> int:
        return self.row(profile, EXITED, audience, 0, at_ms)
