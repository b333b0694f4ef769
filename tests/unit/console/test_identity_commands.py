"""Deciding about people by hand: what the commands write, refuse and show."""

from __future__ import annotations

import json

import pytest

from ebbline.definitions import load_project
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder

HISTORY = """\
{"type":"identify","messageId":"m1","userId":"ana","timestamp":"2026-05-01T09:00:00Z",\
"receivedAt":"2026-05-01T09:00:00Z","traits":{"email":"ana@example.com"}}
{"type":"page","messageId":"m2","anonymousId":"phone","timestamp":"2026-05-01T09:01:00Z",\
"receivedAt":"2026-05-01T09:01:00Z"}
{"type":"track","messageId":"m3","userId":"ana","anonymousId":"phone","event":"Demo Watched",\
"timestamp":"2026-05-01T09:05:00Z","receivedAt":"2026-05-01T09:05:00Z"}
{"type":"identify","messageId":"m4","userId":"ben","timestamp":"2026-05-01T09:06:00Z",\
"receivedAt":"2026-05-01T09:06:00Z","traits":{"email":"ana@example.com"}}
"""


@pytest.fixture
def shop(shell):
    shell("init", "shop")
    shell.folder = shell.folder / "shop"
    (shell.folder / "history.ndjson").write_text(HISTORY, "utf-8")
    shell("import", "history.ndjson", "--clock", "events", "--until", "2026-05-01T12:00:00Z")
    return shell


def fold(shop):
    """What `ebbline run` does at its start."""
    data = open_folder(shop.folder / ".ebbline" / "data")
    loop = EngineLoop(data, load_project(shop.folder).plan, SystemClock())
    loop.step()
    loop.close()


def document(result):
    return json.loads(result.stdout)


def test_identity_shows_what_made_one_person(shop):
    lines = shop("identity", "ana").stdout.splitlines()
    assert lines[0].startswith("profile ")
    assert any("anonymous_id:phone" in line and "by m2" in line for line in lines)
    assert any("became part of user_id:ana" in line and "by m3" in line for line in lines)
    found = document(shop("identity", "ben", "--json"))
    (kept,) = found["kept_out"]
    assert (kept["value"], kept["reason"], kept["by"]) == ("ana@example.com", "limit", "m4")
    told = shop("identity", "ben").stdout
    assert "email:ana@example.com  1x since 2026-05-01 09:06:00: the person would have too" in told


def test_a_merge_is_written_down_and_done_when_the_engine_comes_to_it(shop):
    told = shop("merge", "ana", "ben", "--who", "sue", "--reason", "two accounts")
    assert told.stdout == "merge user_id:ana and user_id:ben: written down\n"
    assert document(shop("identity", "ana", "--json"))["commands"] == []
    fold(shop)
    found = document(shop("identity", "ben", "--json"))
    assert {link["value"] for link in found["identifiers"]} >= {"ana", "ben", "phone"}
    (command,) = found["commands"]
    assert command["outcome"] == "done"
    assert (command["command"]["who"], command["command"]["reason"]) == ("sue", "two accounts")
    assert "merged  into profile" in shop("ledger").stdout
    again = shop("merge", "ana", "ben", code=1)
    assert "are one person already" in again.stderr


def test_unmerge_takes_the_latest_merge_and_parts_it_for_good(shop):
    told = shop("unmerge", "ana", "--reason", "a shared phone")
    assert "was made by m3" in told.stderr
    assert told.stdout == "unmerge user_id:ana: what m3 merged: written down\n"
    fold(shop)
    found = document(shop("identity", "ana", "--json"))
    assert [link["value"] for link in found["identifiers"]] == ["ana", "ana@example.com"]
    assert found["merges"][0]["undone_by"] == found["commands"][0]["command"]["id"]
    (pair,) = found["parted"]
    assert {pair["identifier"], pair["other"]} == {"user_id:ana", "anonymous_id:phone"}
    told = shop("identity", "phone").stdout
    assert "anonymous_id:phone and user_id:ana" in told
    assert "a shared phone" in told
    assert "unmerged" in shop("ledger", "--user", "phone").stdout
    none = shop("unmerge", "ana", code=1)
    assert "No merge made this person" in none.stderr


def test_unmerge_by_identifiers(shop):
    refused = shop("unmerge", "ana", "-i", "ben", code=1)
    assert "user_id:ben is not an identifier of this person" in refused.stderr
    shop("unmerge", "ana", "--cause", "m3", "-i", "phone", code=2)
    told = shop("unmerge", "ana", "-i", "email:ana@example.com", "--json")
    written = document(told)
    assert written["outcome"] is None
    assert written["command"]["leave"] == [["email", "ana@example.com"]]
    fold(shop)
    found = document(shop("identity", "ana", "--json"))
    assert "ana@example.com" not in {link["value"] for link in found["identifiers"]}


def test_overrides(shop):
    shop("override", "set", "ana", "high_intent", "up", code=2)
    assert "did you mean" in shop("override", "set", "ana", "high_inten", "in", code=1).stderr
    dry = shop("override", "set", "ana", "high_intent", "in", "--dry-run")
    assert dry.stdout == "user_id:ana is in high_intent (--dry-run: nothing was done)\n"
    shop("override", "set", "ana", "high_intent", "in", "--until", "2100-01-01")
    fold(shop)
    assert "ana" in shop("members", "high_intent").stdout
    shop("override", "clear", "ana", "high_intent")
    fold(shop)
    assert "ana" not in shop("members", "high_intent").stdout
    told = shop("identity", "ana").stdout
    assert told.count(": done") == 2


def test_status_tells_the_figures_of_identity(shop):
    figures = document(shop("status", "--json"))["figures"]
    assert (figures["merges"], figures["dropped_limit"], figures["late_events"]) == (1, 1, 0)
    told = shop("status").stdout
    assert "1 merge, 0 unmerges, 0 devices handed over, 1 identifier kept out" in told
    assert "0 events came later than the horizon" in told


def test_a_command_says_who_gave_it(shop, monkeypatch):
    monkeypatch.setenv("EBBLINE_WHO", "sue")
    told = document(shop("merge", "ana", "ben", "--dry-run", "--json"))
    assert told["command"]["who"] == "sue"
    assert told["command"]["id"].startswith("merge-")
    assert told["written"] is False
