"""`explain --if` on the command line."""

from __future__ import annotations

import json

import pytest

from ebbline.console.supposing import read_call


def test_in_words(shop):
    told = shop("explain", "ana", "vip", "--if", 'track Order Completed {"revenue": 5000}')
    assert told.stdout.startswith("ana: would ")
    assert "at 2026-05-01 12:00:00" in told.stdout
    out = shop("explain", "ana", "high_intent", "--if", 'identify {"is_customer": true}')
    assert out.stdout.startswith("ana: would leave high_intent at 2026-05-01 12:00:00")
    assert ", was yes" in out.stdout
    # As it was before: nothing was written.
    assert shop("explain", "ana", "high_intent").stdout.startswith("ana: in high_intent since")


def test_for_machines(shop):
    told = shop("explain", "ana", "high_intent", "--json", "--if", 'identify {"is_customer": true}',
                "--at", "2026-05-01T10:00:00Z")  # fmt: skip
    found = json.loads(told.stdout)
    assert found["if"] == [{"type": "identify", "traits": {"is_customer": True}}]
    assert (found["before"]["member"], found["member"]) == (True, False)
    assert found["now"] == "2026-05-01T10:00:00.000Z"
    assert {"kind": "exited", "definition": "high_intent", "at": found["now"]} in found["changes"]
    assert any(line["was"] != line["truth"] for line in found["lines"])


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("page", {"type": "page"}),
        ("screen Home", {"type": "screen", "name": "Home"}),
        ('identify {"plan": "pro"}', {"type": "identify", "traits": {"plan": "pro"}}),
        ('group acme {"seats": 3}',
         {"type": "group", "groupId": "acme", "traits": {"seats": 3}}),
        ("alias d1", {"type": "alias", "previousId": "d1"}),
    ],
)  # fmt: skip
def test_reads_calls(text, call):
    assert read_call(text) == call


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Order Completed", "begins with none of track"),
        ('track X {"a": }', "no JSON object"),
        ("identify ana", "has no name"),
        ("track", "would be taken in"),
    ],
)
def test_what_is_no_call(shop, text, said):
    code = 1 if text == "track" else 2
    told = " ".join(shop("explain", "ana", "vip", "--if", text, code=code).stderr.split())
    assert said in told.replace("│ ", "")
