"""The tables of access.db. The record of changes refuses to be changed itself."""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB NOT NULL UNIQUE, name TEXT NOT NULL,
    role TEXT NOT NULL, shown TEXT NOT NULL, only_scopes TEXT NOT NULL, units INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, created_by TEXT NOT NULL, expires_ms INTEGER,
    revoked_ms INTEGER);
CREATE TABLE IF NOT EXISTS changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, who TEXT NOT NULL,
    key INTEGER, action TEXT NOT NULL, target TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TRIGGER IF NOT EXISTS changes_stay BEFORE UPDATE ON changes BEGIN
    SELECT raise(ABORT, 'the record of changes is append only');
END;
CREATE TRIGGER IF NOT EXISTS changes_remain BEFORE DELETE ON changes BEGIN
    SELECT raise(ABORT, 'the record of changes is append only');
END;
"""
COLUMNS = (
    "id, name, role, shown, only_scopes, units, created_ms, created_by, expires_ms, revoked_ms"
)
BY_DIGEST = f"SELECT {COLUMNS} FROM keys WHERE digest = ?"  # noqa: S608 - the columns above
BY_ID = f"SELECT {COLUMNS} FROM keys WHERE id = ?"  # noqa: S608 - the columns above
ALL = f"SELECT {COLUMNS} FROM keys ORDER BY id"  # noqa: S608 - the columns above
COUNT = "SELECT count(*) FROM keys WHERE revoked_ms IS NULL"
OWNERS = """
SELECT count(*) FROM keys WHERE role = 'owner' AND only_scopes = '[]' AND revoked_ms IS NULL
AND (expires_ms IS NULL OR expires_ms > ?)
"""
INSERT = """
INSERT INTO keys (digest, name, role, shown, only_scopes, units, created_ms, created_by,
    expires_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
REVOKE = "UPDATE keys SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL"
TELL = "INSERT INTO changes (at_ms, who, key, action, target, detail) VALUES (?, ?, ?, ?, ?, ?)"
CHANGES = """
SELECT seq, at_ms, who, key, action, target, detail FROM changes
WHERE (?1 IS NULL OR seq < ?1) ORDER BY seq DESC LIMIT ?2
"""
VERSION = "PRAGMA data_version"
