"""Taking in a file and looking at what came of it: what the commands print, to the letter."""

from __future__ import annotations

import json

import apsw
import pytest

from ebbline.hosts.embedded import importing

AS_OF = "\nas of 2026-05-01 12:00:00 UTC, where the clock of the stopped system stands\n"


def documents(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_import_prints_a_summary(shell, shop):
    shell("init", "other")
    data = ("--data", shell.folder / "data", "-p", "other")
    file, until = shop.folder / "history.ndjson", "2026-05-02T09:30:00Z"
    told = shell("import", file, "--clock", "events", "--until", until, "--json", *data)
    (summary,) = documents(told)
    assert summary["now"] == "2026-05-02T09:30:00.000Z"
    assert (summary["events"], summary["rejected"], summary["profiles"]) == (5, 1, 1)
    assert (summary["entered"], summary["exited"]) == (1, 1)
    assert summary["audiences"]["high_intent"] == 0
    again = shell("import", shop.folder / "history.ndjson", "--clock", "events", *data, code=1)
    assert "only into a folder that has not seen later times" in again.stderr


def test_an_import_for_people(shell, shop):
    shell("init", "other")
    file = shop.folder / "history.ndjson"
    told = shell("import", file, "--clock", "events", "-p", "other")
    assert told.stdout.startswith("5 events taken in, 1 refused, 0 seen before\n1 person, 0 merges")
    assert "high_intent          1\n" in told.stdout
    assert "quarantine" in told.stderr


def test_an_import_at_the_present_clock(shell, shop):
    shell("init", "other")
    told = shell("import", shop.folder / "history.ndjson", "-p", "other")
    assert told.stdout == "5 events taken in, 1 refused\n"
    assert "quarantine" in told.stderr


def test_an_import_into_a_full_disk_says_so(shell, shop, monkeypatch):
    def full(*_):
        raise apsw.FullError("database or disk is full")

    shell("init", "other")
    monkeypatch.setattr(importing, "replay", full)
    file = shop.folder / "history.ndjson"
    told = shell("import", file, "--clock", "events", "-p", "other", code=1).stderr
    assert "takes no more" in told
    assert "Make room" in told


def test_an_import_dry_run_writes_nothing(shell, shop):
    shell("init", "other")
    (told,) = documents(shell("import", shop.folder / "history.ndjson", "--dry-run", "--json"))
    assert told["written"] is False
    assert not (shell.folder / "other" / ".ebbline").exists()


def test_an_import_that_cannot_be(shell):
    shell("init", "shop")
    assert "does not exist" in shell("import", "none.ndjson", code=1).stderr
    assert "is no file" in shell("import", "shop", code=1).stderr
    shell("import", "shop/README.md", "--until", "2026-01-01", code=2)
    shell("import", "shop/README.md", "--clock", "events", "--until", "tomorrow", code=2)


def test_explain_in_words(shop):
    told = shop("explain", "ana", "high_intent")
    head, *lines = told.stdout.splitlines()
    assert head == (
        "ana: in high_intent since 2026-05-01 09:30:00 (by Product Viewed),"
        " leaves 2026-05-02 09:30:00 unless something happens"
    )
    assert [line.split()[0] for line in lines] == ["yes", "yes", "yes"]
    assert lines[1].endswith("until 2026-05-02 09:30:00")
    assert told.stderr == AS_OF


def test_explain_who_is_out(shop):
    head, *lines = shop("explain", "ana@example.com", "vip").stdout.splitlines()
    assert head == "ana@example.com: not in vip, and time alone changes nothing"
    assert [line.split()[0] for line in lines] == ["no", "no"]


def test_explain_at_other_instants(shop):
    before = shop("explain", "ana", "high_intent", "--at", "2026-05-01T09:29:59.999Z")
    assert before.stdout.startswith("ana: not in high_intent")
    last = shop("explain", "ana", "high_intent", "--at", "2026-05-02T09:29:59.999Z")
    assert last.stdout.startswith("ana: in high_intent since 2026-05-01 09:30:00")
    after = shop("explain", "ana", "high_intent", "--at", "2026-05-02T09:30:00Z")
    assert after.stdout.startswith("ana: not in high_intent")


def test_explain_for_machines(shop):
    (told,) = documents(shop("explain", "ana", "high_intent", "--json"))
    assert {key: told[key] for key in ("member", "since", "until", "cause", "cause_event")} == {
        "member": True, "since": "2026-05-01T09:30:00.000Z", "until": "2026-05-02T09:30:00.000Z",
        "cause": "m5", "cause_event": "Product Viewed",
    }  # fmt: skip
    assert len(told["lines"]) == 3


def test_a_profile(shop):
    told = shop("profile", "ana").stdout
    assert told.startswith("""profile 1

identifier  value            first seen           by message
user_id     ana              2026-05-01 09:00:00  m1
email       ana@example.com  2026-05-01 09:00:00  m1
""")
    assert "high_intent  2026-05-01 09:30:00\n" in told
    (machine,) = documents(shop("profile", "user_id:ana", "--json"))
    assert machine["computed"]["lead_score"] == pytest.approx(88.92, abs=0.01)
    assert machine["traits"]["email"]["value"] == "ana@example.com"
    assert machine["audiences"][0]["audience"] == "high_intent"
    (past,) = documents(shop("profile", "ana", "--json", "--at", "2026-05-01T09:06:00Z"))
    assert past["audiences"] == []


def test_members(shop):
    assert shop("members", "high_intent").stdout == (
        "person           since\nana     user_id  2026-05-01 09:30:00\n"
    )
    assert shop("members", "high_intent", "--csv").stdout == (
        "profile,type,value,since,effective\n1,user_id,ana,2026-05-01T09:30:00.000Z,true\n"
    )
    (member,) = documents(shop("members", "high_intent", "--json"))
    assert member["value"] == "ana"
    assert "nobody is in vip" in shop("members", "vip").stderr
    assert shop("members", "high_intent", "--at", "2026-05-01T09:10:00Z", "--csv").stdout.count(
        "\n") == 1  # fmt: skip
    assert 'did you mean "high_intent"' in shop("members", "hi_intent", code=1).stderr
    shop("members", "high_intent", "--csv", "--json", code=2)


def test_the_ledger(shop):
    told = shop("ledger", "--audience", "high_intent").stdout
    assert told == (
        "seq  at                   person  what                  because of\n"
        "  4  2026-05-01 09:30:00  ana     entered  high_intent  Product Viewed\n"
    )
    entries = documents(shop("ledger", "--user", "ana", "--json", "--limit", "2"))
    assert [entry["definition"] for entry in entries] == ["lead_score", "high_intent"]
    assert entries[-1]["at"] == "2026-05-01T09:30:00.000Z"
    seq = entries[0]["seq"]
    (later,) = documents(shop("ledger", "--after", seq, "--json"))
    assert later == entries[-1]
    assert "Nobody is known" in shop("ledger", "--user", "bob", code=1).stderr


def test_status(shop):
    told = shop("status").stdout
    assert told.startswith("shop  stopped, its clock at 2026-05-01 12:00:00 UTC\n")
    assert "1 in the quarantine" in told
    (machine,) = documents(shop("status", "--json"))
    assert machine["audiences"]["high_intent"] == {"members": 1, "effective": 1}
    assert machine["state"]["behind"] == 0
    assert sum(machine["quarantine"]["codes"].values()) == 1


def test_without_data_every_look_says_so(shell):
    shell("init", "shop")
    for words in (["status"], ["ledger"], ["profile", "ana"], ["members", "vip"],
                  ["explain", "ana", "vip"], ["deliveries", "list"]):  # fmt: skip
        told = shell(*words, code=1)
        assert told.stdout == ""
        assert told.stderr.startswith("ebbline: There is no data in ")
        assert "shop/.ebbline/data yet. Start `ebbline run`" in told.stderr


def test_deliveries_of_a_folder_that_never_sent(shop):
    assert "no attempts" in shop("deliveries", "list").stderr
    assert shop("deliveries", "list", "--json").stdout == ""
    assert "There is no delivery 3" in shop("deliveries", "show", 3, code=1).stderr
    told = shop("deliveries", "retry", "--all", "--dry-run").stdout
    assert told == "0 values would be sent again (--dry-run)\n"
    shop("deliveries", "retry", code=2)
    shop("deliveries", "retry", "3", "--all", code=2)


def test_members_at_an_instant(shop):
    at = ("--at", "2026-05-01T10:00:00Z")
    told = shop("members", "high_intent", *at)
    assert told.stdout.splitlines()[1].split() == ["ana", "user_id", "2026-05-01", "09:30:00"]
    assert "by what the ledger said then (definitions: version 1)" in told.stderr
    (member,) = documents(shop("members", "high_intent", *at, "--rules", "now", "--json"))
    assert (member["value"], member["since"], member["effective"]) == ("ana", None, True)
    csv = shop("members", "high_intent", *at, "--rules", "now", "--csv").stdout
    assert csv == "profile,type,value,since,effective\n1,user_id,ana,,true\n"
    early = shop("members", "high_intent", "--at", "2026-05-01T09:29:59.999Z")
    assert early.stdout == ""
    assert "nobody is in high_intent" in early.stderr
    later = shop("members", "high_intent", "--at", "2026-05-02T09:30:00Z")
    assert later.stdout == ""
    assert "if nothing else happens" in later.stderr


def test_members_at_an_instant_that_cannot_be(shop):
    shop("members", "high_intent", "--rules", "now", code=2)
    told = shop("members", "high_intentt", "--at", "2026-05-01", code=1)
    assert 'did you mean "high_intent"' in told.stderr
