"""Users' SQL: one SELECT over the views, told with its place when it is anything else."""

from __future__ import annotations

import pytest

from ebbline.warehouse.statement import check_statement, column_of, views_of

TYPES = ("user_id", "email", "anonymous_id")


@pytest.mark.parametrize(
    "text",
    [
        "SELECT profile FROM events WHERE name = 'Order Completed'",
        "select email from profiles where json_extract_string(traits, '$.plan') = 'pro';",
        "WITH big AS (SELECT profile, 1 n FROM events) SELECT profile FROM big WHERE n > 3",
        "SELECT profile FROM events UNION SELECT profile FROM memberships",
        "SELECT p.user_id FROM profiles p JOIN memberships m USING (profile)",
        "SELECT profile FROM (SELECT profile, unnest([1, 2]) x FROM events) WHERE x = 2",
    ],
)
def test_what_is_let_through(text):
    assert check_statement(text, TYPES) == ()


@pytest.mark.parametrize(
    ("text", "said", "offset"),
    [
        ("SELECT profile FROM event", 'no view "event"', 20),
        ("SELECT profile FROM read_csv('/etc/passwd')", "read_csv", 20),
        ("SELECT profile FROM '/etc/passwd'", "no view", 21),
        ("SELECT profile FROM events; SELECT profile FROM events", "not 2", 0),
        ("DROP TABLE events", "nothing may be changed", 0),
        ("INSERT INTO events SELECT profile FROM events", "nothing may be changed", 0),
        ("COPY events TO 'x.csv'", "nothing may be changed", 0),
        ("ATTACH 'x.db'", "nothing may be changed", 0),
        ("PRAGMA database_list", "nothing may be changed", 0),
        ("INSTALL httpfs", "nothing may be changed", 0),
        ("SET memory_limit = '1TB'", "nothing may be changed", 0),
        ("SELECT profile FROM main.events", "no view", 25),
        ("SELECT profile FROM duckdb_settings()", "duckdb_settings", 20),
        ("SELECT profile, getenv('HOME') FROM events", "getenv", 16),
        ("SELECT name FROM events", "columns that say who", 0),
        ("SELECT * FROM events", "columns that say who", 0),
        ("SELECT profile FROM events WHERE", "no SQL", None),
        ("SELECT profile\nFROM events\nWHERE (name = 'x'", "no SQL", None),
        ("", "not 0", 0),
        ("SELECT profile FROM events WHERE profile IN (SELECT 1 FROM glob('*'))", "glob", 59),
    ],
)
def test_what_is_not(text, said, offset):
    found = check_statement(text, TYPES)
    assert found
    assert any(said in problem.message for problem in found), found
    assert offset is None or found[0].start == offset


def test_what_a_statement_reads_and_gives():
    text = "SELECT email, profile FROM profiles WHERE profile IN (SELECT profile FROM events)"
    assert column_of(text, TYPES) == "profile"
    assert column_of("SELECT email FROM profiles", TYPES) == "email"
    assert views_of(text) == {"profiles", "events"}
