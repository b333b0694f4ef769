"""`init`, `validate`, `test`, `schema`, `doctor`: a newcomer's first minutes, and mistakes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pytest

from ebbline.console import checks

FILES = [
    "shop/.gitignore", "shop/README.md", "shop/audiences/intent.yml",
    "shop/audiences/lifecycle.yml", "shop/destinations/braze.yml", "shop/ebbline.yml",
    "shop/sources/website.yml", "shop/tracking-plan/shop.yml", "shop/traits/shop.yml",
]  # fmt: skip


def edit(file, old, new):
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_help_is_quick_and_loads_nothing_heavy():
    heavy = ["apsw", "aiohttp", "uvicorn", "ruamel", "msgspec", "ebbline.definitions"]
    code = (
        "import sys; from typer.testing import CliRunner; from ebbline.console.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    began = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    ended = os.times()
    assert (done.stdout, done.stderr) == ("[]\n", "")
    spent = ended.children_user - began.children_user + ended.children_system
    assert spent - began.children_system < 0.8  # half of it in practice


def test_every_command_has_help(shell):
    told = shell("--help").stdout
    for name in ("init", "validate", "test", "run", "demo", "import", "explain", "profile",
                 "members", "ledger", "status", "deliveries", "doctor", "schema"):  # fmt: skip
        assert name in told
        assert "--help" in shell(name, "-h").stdout
    assert shell("--version").stdout.startswith("ebbline ")


def test_init_validate_test_without_changing_folder(shell):
    made = shell("init", "shop")
    assert made.stdout.split() == FILES
    assert "cd shop" in made.stderr
    checked = shell("validate")
    assert checked.stdout == ""
    assert "valid: 8 audiences" in checked.stderr
    tested = shell("test")
    assert "FAIL" not in tested.stdout
    assert "15 examples passed" in tested.stderr


def test_a_project_is_found_from_inside_and_named_after_its_folder(shell):
    shell("init", "boots")
    project = shell.folder / "boots"
    shell.folder = project / "audiences"
    assert "valid" in shell("validate").stderr
    assert "name: boots\n" in (project / "ebbline.yml").read_text("utf-8")


def test_the_flag_goes_before_the_environment(shell):
    shell("init", "good")
    shell("init", "bad")
    edit(shell.folder / "bad/audiences/intent.yml", "owner: growth", "ownr: growth")
    shell("validate", code=3, EBBLINE_PROJECT="bad")
    shell("validate", "--project", "good", EBBLINE_PROJECT="bad")


def test_settings_of_the_project_come_last(shell):
    shell("init", "shop")
    file = shell.folder / "shop/ebbline.yml"
    file.write_text(file.read_text("utf-8") + "settings: {port: 9000, data: elsewhere}\n", "utf-8")
    told = json.loads(shell("run", "--dry-run", "--json").stdout)
    assert (told["port"], told["data"], told["started"]) == (9000, "shop/elsewhere", False)
    told = json.loads(shell("run", "--dry-run", "--json", EBBLINE_PORT="9001").stdout)
    assert told["port"] == 9001
    told = json.loads(shell("run", "--dry-run", "--json", "--port", 9002).stdout)
    assert told["port"] == 9002


def test_init_leaves_a_used_folder_alone(shell):
    (shell.folder / "used").mkdir()
    (shell.folder / "used" / "thesis.txt").write_text("x", "utf-8")
    told = shell("init", "used", code=1).stderr
    assert told == (
        "ebbline: used is not empty (it holds thesis.txt); name a new or an empty folder.\n"
    )
    assert "is a file" in shell("init", "used/thesis.txt", code=1).stderr


def test_init_dry_run_writes_nothing(shell):
    told = json.loads(shell("init", "shop", "--dry-run", "--json").stdout)
    assert (told["written"], len(told["files"])) == (False, 9)
    assert list(shell.folder.iterdir()) == []


def test_problems_have_their_place_and_exit_code(shell):
    shell("init", "shop")
    edit(shell.folder / "shop/audiences/intent.yml", "lead_score > 80 and", "lead_score > and")
    edit(shell.folder / "shop/destinations/braze.yml", "env:BRAZE_API_KEY", "sesame")
    told = shell("validate", code=3)
    assert "audiences/intent.yml:38:" in told.stdout
    assert "^" in told.stdout
    assert told.stderr.strip() == "2 errors"
    assert "sesame" not in told.stdout
    machine = json.loads(shell("validate", "--json", code=3).stdout)
    assert machine["valid"] is False
    assert {finding["file"] for finding in machine["findings"]} == {
        "audiences/intent.yml", "destinations/braze.yml",
    }  # fmt: skip
    for command in (["test"], ["run"], ["import", "shop/README.md"]):
        told = shell(*command, code=3)
        assert "audiences/intent.yml:38:" in told.stderr
        assert "has 2 errors; nothing was done" in told.stderr


def test_what_connectors_refuse_is_a_problem_of_the_project(shell):
    shell("init", "shop")
    edit(shell.folder / "shop/destinations/braze.yml", "endpoint: https://", "endpoint: gopher://")
    told = shell("validate", code=3).stdout
    assert "destinations/braze.yml:6:15: error: gopher is no scheme of the web" in told


def test_names_that_a_vendor_reserves_are_found_before_the_start(shell):
    shell("init", "shop")
    edit(shell.folder / "shop/destinations/braze.yml", "as: segment_vip}", "as: external_id}")
    assert 'Braze reads "external_id"' in shell("validate", code=3).stdout


def test_no_project_says_how_to_get_one(shell):
    assert "ebbline init shop" in shell("validate", code=3).stderr
    assert "ebbline init shop" in shell("validate", "-p", "nowhere", code=3).stderr


def test_a_failing_example_is_told_with_its_place(shell):
    shell("init", "shop")
    edit(shell.folder / "shop/audiences/lifecycle.yml", "- {at: 32d, in: false}",
         "- {at: 32d, in: true}")  # fmt: skip
    told = shell("test", code=1)
    assert "FAIL  follows the average" in told.stdout
    assert "audiences/lifecycle.yml:" in told.stdout
    assert "1 failed" in told.stderr
    (result,) = map(json.loads, shell("test", "vip", "--json", code=1).stdout.splitlines())
    assert result["passed"] is False
    assert "No example" in shell("test", "vipp", code=1).stderr


def test_schemas_for_editors(shell):
    assert json.loads(shell("schema", "audiences", "--json").stdout)["$schema"]
    assert "ebbline.yml" in json.loads(shell("schema").stdout)
    shell("schema", "--out", "schemas")
    written = sorted(file.name for file in (shell.folder / "schemas").iterdir())
    assert "ebbline.schema.json" in written
    assert "there are: audiences" in shell("schema", "nonsense", code=1).stderr


def verdicts(result):
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {line["about"]: line["verdict"] for line in lines}


def test_doctor_finds_what_is_in_the_way(shell, monkeypatch):
    monkeypatch.delenv("BRAZE_API_KEY", raising=False)
    shell("init", "shop")
    free = {"EBBLINE_PORT": "0"}
    told = verdicts(shell("doctor", "--json", **free))
    assert told == {
        "python": "ok", "sqlite": "ok", "project": "ok", "to braze": "warn", "data folder": "ok",
        "disk": told["disk"], "port": "ok", "clock": "ok",
    }  # fmt: skip
    assert verdicts(shell("doctor", "--json", BRAZE_API_KEY="x", **free))["to braze"] == "ok"
    edit(shell.folder / "shop/audiences/intent.yml", "owner: growth", "ownr: growth")
    told = shell("doctor", code=1, **free)
    assert "fail  project" in told.stdout
    assert "`ebbline validate` lists them" in told.stdout
    assert "checks failed" in told.stderr


def test_doctor_looks_at_the_data_folder_and_the_port(shell, tmp_path):
    shell("init", "shop")
    data = tmp_path / "data"
    data.mkdir()
    (data / "version").write_text("99\n", "utf-8")
    told = verdicts(shell("doctor", "--json", "--data", data, code=1, EBBLINE_PORT="0"))
    assert told["data folder"] == "fail"
    assert verdicts(shell("doctor", "--json", code=1, EBBLINE_PORT="x"))["port"] == "fail"
    told = shell("doctor", code=1, EBBLINE_HOST="203.0.113.1").stdout
    assert "cannot be had" in told


def test_doctor_never_writes(shell):
    shell("init", "shop")
    shell("doctor", EBBLINE_PORT="0")
    assert not (shell.folder / "shop" / ".ebbline").exists()


def test_a_clock_that_was_never_set(monkeypatch, tmp_path):
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000)
    assert checks._clock(tmp_path).verdict == "fail"


@pytest.mark.parametrize("words", [
    ["nonsense"], ["members"], ["run", "--port", "99999"], ["run", "--log-level", "loud"],
    ["demo", "--speed", "0.5"],
])  # fmt: skip
def test_wrong_usage_is_2(shell, words):
    shell("init", "shop")
    shell(*words, code=2)
