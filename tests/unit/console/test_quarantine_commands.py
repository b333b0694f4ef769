"""Looking at what was refused, and what an import says of it."""

from __future__ import annotations

import base64
import json

import pytest

LINES = [
    b"not json",
    b'{"type":"track","event":"X"}',
    b'"\xff"',
    b'{"type":"track","event":"X","properties":{"a":"\\u001b[2J' + b"x" * 3_000 + b'"}}',
]


def documents(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def refusing(shell):
    """A project into which a file without one good line was imported, without any start."""
    shell("init", "shop")
    (shell.folder / "bad.ndjson").write_bytes(b"\n".join(LINES) + b"\n")
    shell.told = shell("import", "bad.ndjson", code=1)
    return shell


def test_an_import_names_the_first_refused_lines(refusing):
    assert refusing.told.stdout == "0 events taken in, 4 refused\n"
    first, second, third, more, where = refusing.told.stderr.splitlines()[-5:]
    assert first.startswith("line 1: not_json: ")
    assert second == "line 2: no_user_anon_id: one of userId and anonymousId is needed"
    assert third.startswith("line 3: not_json: ")
    assert more == "and 1 more refused line"
    assert where.endswith("`ebbline quarantine list`.")


def test_one_good_line_is_enough_for_success(shell):
    shell("init", "shop")
    good = {"type": "track", "event": "X", "userId": "ana", "receivedAt": "2026-05-01T09:00:00Z"}
    text = json.dumps(good).encode() + b"\nnot json\n"
    (shell.folder / "mixed.ndjson").write_bytes(text)
    assert "line 2: not_json" in shell("import", "mixed.ndjson").stderr
    told = shell("import", "mixed.ndjson", "--clock", "events", "--json", "--data", "other")
    assert "line 2: not_json" in told.stderr
    assert documents(told)[0]["rejected"] == 1


def test_the_list_is_newest_first(refusing):
    head, *rows = refusing("quarantine", "list").stdout.splitlines()
    assert head.split() == ["id", "when", "source", "code", "where", "message"]
    assert [row.split()[0] for row in rows] == ["4", "3", "2", "1"]
    listed = documents(refusing("quarantine", "list", "--json", "--limit", 2))
    assert [each["id"] for each in listed] == [4, 3]
    assert set(listed[0]) == {"id", "when", "source", "code", "where", "message"}
    older = refusing("quarantine", "list", "--before", 3, "--limit", 1)
    assert "--before 2 lists older ones" in older.stderr
    (one,) = documents(refusing("quarantine", "list", "--json", "--before", 2))
    assert (one["id"], one["source"], one["code"]) == (1, "import", "not_json")
    chosen = documents(refusing("quarantine", "list", "--json", "--code", "no_user_anon_id"))
    assert [each["id"] for each in chosen] == [4, 2]
    assert "nothing was refused" in refusing("quarantine", "list", "--source", "web").stderr


def test_one_of_them_in_full(refusing):
    told = refusing("quarantine", "show", 2).stdout
    assert told.startswith("refusal 2 from import: no_user_anon_id\n  when ")
    assert told.endswith('what was sent, 28 bytes\n{\n  "type": "track",\n  "event": "X"\n}\n')
    assert refusing("quarantine", "show", 1).stdout.endswith("not json\n")
    whole = refusing("quarantine", "show", 4).stdout
    assert "x" * 3_000 in whole
    assert "\x1b" not in whole
    assert "There is no refusal 9" in refusing("quarantine", "show", 9, code=1).stderr


def test_one_of_them_for_machines(refusing):
    def body(number):
        (document,) = documents(refusing("quarantine", "show", number, "--json"))
        return document

    assert body(1)["body"] == "not json"
    assert body(2)["body"] == {"type": "track", "event": "X"}
    assert base64.b64decode(body(3)["body_base64"]) == LINES[2]


def test_without_data_it_says_so(shell):
    shell("init", "shop")
    for words in (["list"], ["show", 1]):
        assert "There is no data in" in shell("quarantine", *words, code=1).stderr
