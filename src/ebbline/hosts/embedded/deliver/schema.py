"""The tables of delivery.db, and views of them that people can read."""

from __future__ import annotations

VERSION = 2

SCHEMA = """
CREATE TABLE IF NOT EXISTS destinations (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    position INTEGER NOT NULL DEFAULT 0,
    syncs TEXT NOT NULL DEFAULT '{}', settings TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT '', breaker TEXT, pace TEXT,
    paused INTEGER NOT NULL DEFAULT 0, introduction TEXT NOT NULL DEFAULT '{}');
CREATE TABLE IF NOT EXISTS people (
    destination INTEGER NOT NULL, address TEXT NOT NULL, profile INTEGER NOT NULL,
    pending INTEGER NOT NULL, since INTEGER NOT NULL, sending INTEGER NOT NULL,
    tries INTEGER NOT NULL, failed_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL,
    people_max INTEGER NOT NULL, fields_max INTEGER NOT NULL, handle TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (destination, address)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS people_pending ON people (destination, pending DESC, since)
    WHERE pending;
CREATE INDEX IF NOT EXISTS people_sending ON people (destination) WHERE sending;
CREATE TABLE IF NOT EXISTS homes (
    destination INTEGER NOT NULL, profile INTEGER NOT NULL, address TEXT NOT NULL,
    PRIMARY KEY (destination, profile)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cells (
    destination INTEGER NOT NULL, address TEXT NOT NULL, field TEXT NOT NULL,
    kind TEXT NOT NULL, desired TEXT NOT NULL, version INTEGER NOT NULL,
    at_ms INTEGER NOT NULL, queued_ms INTEGER NOT NULL, acked TEXT NOT NULL,
    acked_version INTEGER NOT NULL, sure INTEGER NOT NULL,
    dead TEXT NOT NULL, dead_attempt INTEGER NOT NULL,
    PRIMARY KEY (destination, address, field)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cells_dead ON cells (dead_attempt) WHERE dead <> '';
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, destination INTEGER NOT NULL, state TEXT NOT NULL,
    attempt INTEGER NOT NULL, people INTEGER NOT NULL,
    changed_ms INTEGER NOT NULL, queued_ms INTEGER NOT NULL, sent_ms INTEGER NOT NULL,
    answered_ms INTEGER, status INTEGER, reason TEXT NOT NULL DEFAULT '',
    items TEXT NOT NULL, request TEXT, response TEXT);
CREATE VIEW IF NOT EXISTS outbox AS
    SELECT d.name AS destination, c.address, c.field, c.desired, c.version, c.acked,
        c.acked_version, c.sure, c.dead, p.profile, p.tries, p.not_before_ms
    FROM cells c JOIN destinations d ON d.id = c.destination
    JOIN people p ON p.destination = c.destination AND p.address = c.address;
CREATE VIEW IF NOT EXISTS deliveries AS
    SELECT a.id, d.name AS destination, a.state, a.attempt, a.people, a.changed_ms, a.queued_ms,
        a.sent_ms, a.answered_ms, a.status, a.reason, a.items, a.request, a.response
    FROM attempts a JOIN destinations d ON d.id = a.destination;
"""

UPGRADES = {
    1: """
ALTER TABLE destinations ADD COLUMN paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE destinations ADD COLUMN introduction TEXT NOT NULL DEFAULT '{}';
ALTER TABLE people ADD COLUMN handle TEXT NOT NULL DEFAULT '';
DROP INDEX people_pending;
""",
}
"""What brings a file of that format to the next one; `SCHEMA` then adds what is missing."""
