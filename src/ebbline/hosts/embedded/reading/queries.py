"""The SQL of the readers."""

from __future__ import annotations

OWNER = "SELECT profile FROM identifiers WHERE type = ? AND value = ?"
PROFILE = "SELECT state, wake_ms, identifiers FROM profiles WHERE id = ?"
# Memberships are kept by definition, then by person: CROSS JOIN makes SQLite look each definition
# up for the person, where it would else go through everybody's memberships.
MEMBERSHIPS = """
SELECT d.name, m.since_ms, m.effective FROM definitions d
CROSS JOIN memberships m ON m.definition = d.id AND m.profile = ? ORDER BY m.since_ms, d.name
"""
MEMBERS = """
SELECT m.profile, p.identifiers, m.since_ms, m.effective FROM memberships m
JOIN definitions d ON d.id = m.definition JOIN profiles p ON p.id = m.profile
WHERE d.name = ? AND m.effective >= ? ORDER BY m.profile LIMIT ?
"""
MEMBERS_AFTER = """
SELECT m.profile, p.identifiers, m.since_ms, m.effective FROM memberships m
JOIN definitions d ON d.id = m.definition JOIN profiles p ON p.id = m.profile
WHERE d.name = ? AND m.effective >= ? AND m.profile > ? ORDER BY m.profile LIMIT ?
"""
# The last thing the ledger said of each person by an instant, and when it last let them in.
# SQLite takes the other columns from the row that has the maximum.
MEMBERS_THEN = """
WITH said AS (
    SELECT profile, kind, value, max(seq) FROM ledger
    WHERE at_ms <= ?2 AND (kind = 5
        OR kind IN (1, 2, 6, 7) AND definition = (SELECT id FROM definitions WHERE name = ?1))
    GROUP BY profile),
came AS (
    SELECT profile, at_ms, max(seq) FROM ledger
    WHERE at_ms <= ?2 AND kind = 1
        AND definition = (SELECT id FROM definitions WHERE name = ?1)
    GROUP BY profile)
SELECT s.profile, c.at_ms, s.value FROM said s JOIN came c ON c.profile = s.profile
WHERE s.kind IN (1, 6, 7) AND s.value >= ?3 ORDER BY s.profile LIMIT ?4
"""
# What a person is best known by; of one who became part of another, by what they were then.
BEST = "SELECT identifiers FROM profiles WHERE id = ?"
ANCHOR = """
SELECT loser_type, loser_value FROM merges WHERE loser = ? AND undone_by IS NULL
ORDER BY id DESC LIMIT 1
"""
COUNTS = """
SELECT d.name, count(*), coalesce(sum(m.effective), 0) FROM memberships m
JOIN definitions d ON d.id = m.definition GROUP BY d.name
"""
# Without a person's number and an audience's name every entry fits; `{order}` is ASC or DESC.
LEDGER = """
SELECT l.seq, l.profile, p.identifiers, l.number, l.kind, d.name, l.at_ms, l.cause,
    l.log_offset, l.value
FROM ledger l JOIN definitions d ON d.id = l.definition LEFT JOIN profiles p ON p.id = l.profile
WHERE l.seq > ?1 AND (?2 IS NULL OR l.profile = ?2) AND (?3 IS NULL OR d.name = ?3)
ORDER BY l.seq {order} LIMIT ?4
"""
LEDGER_END = "SELECT coalesce(max(seq), 0) FROM ledger"
TOTALS = """
SELECT (SELECT count(*) FROM profiles), (SELECT count(*) FROM identifiers),
    (SELECT count(*) FROM memberships), (SELECT min(wake_ms) FROM profiles)
"""
META = "SELECT value FROM meta WHERE key = ?"
# What was written behind an entry of the ledger: enough to know whose memberships to read anew.
LEDGER_SINCE = "SELECT seq, profile, kind, value FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?"
# Over log.db.
REFUSED = "SELECT code, count(*) FROM quarantine GROUP BY code ORDER BY count(*) DESC, code"
REFUSALS = """
SELECT id, received_ms, source, code, message, where_path, x'' FROM quarantine
WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR code = ?2) AND (?3 IS NULL OR id < ?3)
ORDER BY id DESC LIMIT ?4
"""
REFUSAL = """
SELECT id, received_ms, source, code, message, where_path, body FROM quarantine WHERE id = ?
"""
