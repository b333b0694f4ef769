"""`sweep` on the command line."""

from __future__ import annotations

import json


def test_a_table(shop):
    told = shop("sweep", "high_intent", "--threshold", "70,80,95", "--days", "2")
    head, *rows = [line.split() for line in told.stdout.splitlines()]
    assert head == ["threshold", "people", "entered", "left", "flips", "a", "day", "most", "in",
                    "a", "day"]  # fmt: skip
    assert rows == [
        ["70", "1", "1", "0", "0.5", "1"],
        ["80", "1", "1", "0", "0.5", "1", "as", "written"],
        ["95", "0", "0", "0", "0.0", "0"],
    ]
    assert "as of 2026-05-01 12:00:00 UTC, over 2 days of 24 hours" in told.stderr
    assert "exact, by a replay of the log" in told.stderr


def test_for_machines(shop):
    told = shop("sweep", "vip", "--threshold", "1,2.5", "--days", "1", "--no-replay", "--json")
    found = json.loads(told.stdout)
    assert (found["sizes_by"], found["flips_by"], found["days"]) == ("sql", "sql", 1)
    assert [row["threshold"] for row in found["thresholds"]] == [1, 2.5]
    (day,) = found["thresholds"][0]["days"]
    assert day == {"until": "2026-05-01T12:00:00.000Z", "entered": 0, "exited": 0}


def test_what_cannot_be(shop):
    words = ("sweep", "vip", "--threshold")
    assert "no number" in shop(*words, "1,much", code=2).stderr
    assert "no number" in shop(*words, "nan", code=2).stderr
    shop(*words, "1", "--days", "4000", code=2)
    assert 'did you mean "vip"' in shop("sweep", "vipp", "--threshold", "1", code=1).stderr
    assert "no comparison" in shop(*words, "1", "--of", "age > 18", code=1).stderr
