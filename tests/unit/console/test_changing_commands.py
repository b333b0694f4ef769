"""`plan`, `apply`, `rollback` and `versions` on a folder at rest, as people type them."""

from __future__ import annotations

import json
import shutil

import pytest

from ebbline.hosts.embedded import builder

RULE = 'lead_score > 80 and performed("Product Viewed", within="24h")'
WIDER = RULE.replace("> 80", "> 1000")


@pytest.fixture
def imported(shell, _imported):
    """The imported shop, in which Ana has high intent, to be changed."""
    shutil.copytree(_imported, shell.folder / "shop")
    return shell


@pytest.fixture
def project(imported):
    return imported.folder / "shop"


def edit(project, old, new):
    for file in [*project.rglob("*.yml")]:
        text = file.read_text("utf-8")
        if old in text:
            file.write_text(text.replace(old, new), "utf-8")
            return
    raise AssertionError(old)


def members(shell, audience="high_intent"):
    return json.loads(shell("status", "--json", "-p", "shop").stdout)["audiences"][audience]


def test_without_changes_there_is_nothing_to_do(imported):
    assert "No changes" in imported("plan", "-p", "shop", "--detailed-exitcode").stdout
    assert "live already" in imported("apply", "-p", "shop", "--yes").stderr
    assert len(imported("versions", "-p", "shop").stdout.splitlines()) == 2


def test_plan_says_who_would_leave(imported, project):
    edit(project, RULE, WIDER)
    told = imported("plan", "-p", "shop", "--detailed-exitcode", code=2).stdout
    assert "~ audience high_intent" in told
    assert "    - lead_score > 80 and" in told
    assert "    + lead_score > 1000 and" in told
    assert "leave high_intent: ana" in told
    assert "braze" in told
    assert imported("plan", "-p", "shop").exit_code == 0
    found = json.loads(imported("plan", "-p", "shop", "--json").stdout)
    assert [each["name"] for each in found["changes"]] == ["high_intent"]
    effect = next(e for e in found["preview"]["effects"] if e["audience"] == "high_intent")
    assert (effect["before"], effect["after"], effect["leaves"]) == (1, 0, 1)
    assert effect["leaving"] == ["ana"]


def test_plan_without_counts(imported, project):
    edit(project, RULE, WIDER)
    found = json.loads(imported("plan", "-p", "shop", "--no-counts", "--json").stdout)
    assert found["preview"] is None


def test_apply_shows_asks_and_confirms(imported, project):
    edit(project, RULE, WIDER)
    refused = imported("apply", "-p", "shop", code=1).stderr
    assert "--yes applies without asking" in refused
    assert members(imported)["members"] == 1
    told = imported("apply", "-p", "shop", "--yes", "--note", "too many").stdout
    assert "Version 2 is live" in told
    assert "high_intent       +0    -1     +0 -1" in told
    assert members(imported)["members"] == 0
    listed = imported("versions", "-p", "shop").stdout
    assert "too many" in listed
    assert "replaced" in listed


def test_a_dry_run_changes_nothing(imported, project):
    edit(project, RULE, WIDER)
    assert "Nothing was applied" in imported("apply", "-p", "shop", "--dry-run").stderr
    assert len(json.loads(imported("plan", "-p", "shop", "--json").stdout)["changes"]) == 1


def test_apply_for_machines(imported, project):
    edit(project, RULE, WIDER)
    told = json.loads(imported("apply", "-p", "shop", "--yes", "--json").stdout)
    assert (told["version"], told["state"], told["applied"]) == (2, "live", True)
    assert told["told"] == [{"kind": "exited", "definition": "high_intent", "people": 1}]
    again = json.loads(imported("apply", "-p", "shop", "--yes", "--json").stdout)
    assert again == {"changes": [], "applied": False, "state": "live"}


def test_rollback(imported, project):
    imported("rollback", "-p", "shop", "--yes", code=1)  # there was nothing before
    edit(project, RULE, WIDER)
    imported("apply", "-p", "shop", "--yes")
    assert "Version 3 is live" in imported("rollback", "-p", "shop", "--yes").stdout
    assert members(imported)["members"] == 1
    lines = [
        json.loads(line)
        for line in imported("versions", "-p", "shop", "--json").stdout.splitlines()
    ]
    assert [line["state"] for line in lines] == ["replaced", "replaced", "live"]
    assert lines[2]["rollback_to"] == 1
    assert lines[2]["note"] == "rollback to version 1"
    imported("rollback", "2", "-p", "shop", "--yes")
    assert members(imported)["members"] == 0
    assert (
        "There is no version 9" in imported("rollback", "9", "-p", "shop", "--yes", code=1).stderr
    )


def test_a_build_that_fails_is_visible_and_can_be_given_up(imported, project, monkeypatch):
    edit(project, RULE, WIDER)
    with monkeypatch.context() as patch:
        patch.setattr(builder.shadow.Shadow, "step", lambda *_: 1 / 0)
        failed = imported("apply", "-p", "shop", "--yes", "--no-counts", code=1).stderr
    assert "Version 2 could not be built: ZeroDivisionError" in failed
    assert "What was live stays live" in failed
    assert members(imported)["members"] == 1
    status = imported("status", "-p", "shop").stdout
    assert "1 is live; 2, proposed" in status
    assert "failed: ZeroDivisionError" in status
    document = json.loads(imported("status", "-p", "shop", "--json").stdout)["definitions"]
    assert document["live"] == 1
    assert document["build"]["state"] == "failed"
    assert "ZeroDivisionError" in document["build"]["error"]
    assert "would be given up" in imported("apply", "-p", "shop", "--cancel", "--dry-run").stderr
    assert "is given up" in imported("apply", "-p", "shop", "--cancel").stderr
    assert "Nothing is being built" in imported("apply", "-p", "shop", "--cancel").stderr
    assert "version    1 is live\n" in imported("status", "-p", "shop").stdout
    assert "withdrawn" in imported("versions", "-p", "shop").stdout


def test_what_is_proposed_at_rest_waits_for_nobody(imported, project):
    """Without --wait it is left to the next run; status says so."""
    edit(project, RULE, WIDER)
    told = imported("apply", "-p", "shop", "--yes", "--no-wait").stderr
    assert "Version 2 is being built" in told
    assert "is built once `ebbline run` starts" in imported("status", "-p", "shop").stdout
    assert "waits to be built" in imported("versions", "-p", "shop").stdout


def test_no_data_yet(shell):
    shell("init", "shop")
    for command in ("plan", "apply", "rollback", "versions"):
        assert "There is no data" in shell(command, "-p", "shop", code=1).stderr
