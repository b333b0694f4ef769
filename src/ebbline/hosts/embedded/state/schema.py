"""The tables of state.db, and views of them that people can read."""

from __future__ import annotations

# Codes of `ledger.kind`.
KINDS = {"entered": 1, "exited": 2, "trait": 3, "linked": 4, "merged": 5, "suppressed": 6,
         "restored": 7, "unmerged": 8}  # fmt: skip
KIND_NAMES = {code: name for name, code in KINDS.items()}

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS profiles (
    id INTEGER PRIMARY KEY, state BLOB NOT NULL, wake_ms INTEGER NOT NULL,
    identifiers TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS identifiers (
    type TEXT NOT NULL, value TEXT NOT NULL, profile INTEGER NOT NULL,
    PRIMARY KEY (type, value)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS definitions (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS memberships (
    definition INTEGER NOT NULL, profile INTEGER NOT NULL, since_ms INTEGER NOT NULL,
    effective INTEGER NOT NULL, PRIMARY KEY (definition, profile)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ledger (
    seq INTEGER PRIMARY KEY, profile INTEGER NOT NULL, number INTEGER NOT NULL,
    kind INTEGER NOT NULL, definition INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    cause TEXT, log_offset INTEGER NOT NULL, value);
CREATE TABLE IF NOT EXISTS placements (
    "offset" INTEGER PRIMARY KEY, profiles BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS replaced (
    "offset" INTEGER PRIMARY KEY, seq INTEGER NOT NULL UNIQUE);
CREATE TRIGGER IF NOT EXISTS placements_replaced AFTER UPDATE ON placements BEGIN
    -- Not INSERT OR REPLACE: the upsert that fires this would make a failure of it.
    UPDATE replaced SET seq = (SELECT max(seq) + 1 FROM replaced) WHERE "offset" = new."offset";
    INSERT INTO replaced
    SELECT new."offset", (SELECT coalesce(max(seq), 0) + 1 FROM replaced)
    WHERE NOT EXISTS (SELECT 1 FROM replaced WHERE "offset" = new."offset");
END;
CREATE TABLE IF NOT EXISTS merged (
    loser INTEGER PRIMARY KEY, winner INTEGER NOT NULL, at_ms INTEGER NOT NULL);
CREATE VIEW IF NOT EXISTS members AS
    SELECT d.name AS audience, m.profile, m.since_ms, m.effective, p.identifiers
    FROM memberships m JOIN definitions d ON d.id = m.definition
    JOIN profiles p ON p.id = m.profile;
DROP VIEW IF EXISTS ledger_entries;
CREATE VIEW ledger_entries AS
    SELECT l.seq, l.profile, l.number,
        CASE l.kind WHEN 1 THEN 'entered' WHEN 2 THEN 'exited' WHEN 3 THEN 'trait'
            WHEN 4 THEN 'linked' WHEN 5 THEN 'merged' WHEN 6 THEN 'suppressed'
            WHEN 7 THEN 'restored' ELSE 'unmerged' END AS kind,
        d.name AS definition, l.at_ms, l.cause, l.log_offset, l.value
    FROM ledger l JOIN definitions d ON d.id = l.definition;
"""
