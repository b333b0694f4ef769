"""The tables of service levels in delivery.db, and a view of them that people can read.

Written by deliver in the transaction that settles an answer, so that nothing is lost or counted
twice. `source` '' is the destination as a whole.
"""

from __future__ import annotations

SCHEMA = """
CREATE TABLE IF NOT EXISTS slo_buckets (
    destination TEXT NOT NULL, source TEXT NOT NULL, width_ms INTEGER NOT NULL,
    start_ms INTEGER NOT NULL, tally TEXT NOT NULL,
    PRIMARY KEY (destination, source, width_ms, start_ms)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_tried (
    destination TEXT NOT NULL, address TEXT NOT NULL, field TEXT NOT NULL,
    version INTEGER NOT NULL, first_ms INTEGER NOT NULL, dead INTEGER NOT NULL,
    PRIMARY KEY (destination, address, field)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_spans (
    destination TEXT NOT NULL, field TEXT NOT NULL, source TEXT NOT NULL,
    after INTEGER NOT NULL, until INTEGER NOT NULL,
    PRIMARY KEY (destination, field, until)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_standing (
    destination TEXT PRIMARY KEY, plan_offset INTEGER NOT NULL DEFAULT 0,
    paused_ms INTEGER NOT NULL DEFAULT 0, looked_ms INTEGER NOT NULL DEFAULT 0,
    slow INTEGER NOT NULL DEFAULT 0, overdue INTEGER NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT '') WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_alarms (
    destination TEXT NOT NULL, indicator TEXT NOT NULL, rule TEXT NOT NULL, state TEXT NOT NULL,
    since_ms INTEGER NOT NULL, false_ms INTEGER NOT NULL,
    PRIMARY KEY (destination, indicator, rule)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_notices (
    id TEXT NOT NULL, receiver TEXT NOT NULL, at_ms INTEGER NOT NULL, message TEXT NOT NULL,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    not_before_ms INTEGER NOT NULL DEFAULT 0, error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (id, receiver)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS slo_probes (
    destination TEXT NOT NULL, sent_ms INTEGER NOT NULL, posted_ms INTEGER, answered_ms INTEGER,
    state TEXT NOT NULL, stage TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (destination, sent_ms)) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS service_levels AS
    SELECT destination, source, width_ms / 60000 AS minutes, start_ms,
        coalesce(tally ->> 'delivered', 0) AS delivered,
        coalesce(tally ->> 'first_try', 0) AS first_try,
        coalesce(tally ->> 'history', 0) AS history, coalesce(tally ->> 'dead', 0) AS dead,
        coalesce(tally ->> 'in_objective', 0) AS in_objective
    FROM slo_buckets;
"""
