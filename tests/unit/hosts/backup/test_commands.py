"""`ebbline backup` and `ebbline restore` as people type them."""

from __future__ import annotations

import json

import pytest

from tests.unit.console.conftest import Shell
from tests.unit.hosts.backup.folders import shop_at


@pytest.fixture
def shell(monkeypatch, tmp_path):
    shop_at(tmp_path)
    return Shell(monkeypatch, tmp_path)


def test_a_backup_is_made_looked_at_and_restored(shell):
    shell("backup", "b", "--data", "data")
    looked = shell("restore", "b", "--data", "new", "--dry-run")
    assert "b is whole: the data of" in looked.stdout
    assert not (shell.folder / "new").exists()
    told = shell("restore", "b", "--data", "new")
    assert "new holds the data of" in told.stdout
    assert "must not run any more" in told.stderr
    old, new = (
        json.loads(shell("status", "--data", folder, "--json").stdout) for folder in ("data", "new")
    )
    assert old["audiences"] == new["audiences"]
    assert "warm" in json.dumps(old["audiences"])


def test_a_dry_run_writes_nothing(shell):
    told = json.loads(shell("backup", "b", "--data", "data", "--dry-run", "--json").stdout)
    assert told["written"] is False
    assert {each["name"] for each in told["members"]} == {"version", "log.db", "state.db"}
    assert not (shell.folder / "b").exists()
    assert "Nothing was written" in shell("backup", "b", "--data", "data", "--dry-run").stderr


def test_machines_are_told_the_same(shell):
    made = json.loads(shell("backup", "b", "--data", "data", "--with-history", "--json").stdout)
    found = json.loads(shell("restore", "b", "--data", "new", "--json").stdout)
    assert found["restored"] is True
    assert found["members"] == made["members"]
    assert made["bytes"] == (shell.folder / "b").stat().st_size
    assert made["instant"].endswith("Z")


def test_a_key_is_never_in_it_and_that_is_said(shell):
    (shell.folder / "data" / "secrets.json").write_text('{"format":1,"names":{}}', "utf-8")
    told = shell("backup", "b", "--data", "data")
    assert "The key of the secrets store is not in it" in told.stderr
    said = shell("restore", "b", "--data", "new").stderr
    assert "ebbline secret check" in said


def test_what_went_wrong_is_a_sentence_and_an_exit_code(shell):
    shell("backup", "b", "--data", "data")
    assert "is there already" in shell("backup", "b", "--data", "data", code=1).stderr
    assert "not empty" in shell("restore", "b", "--data", "data", code=1).stderr
    assert (
        "no backup of Ebbline" in shell("restore", "history.ndjson", "--data", "new", code=1).stderr
    )
