"""`ebbline key` and `ebbline api`, and what the command line loads."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import msgspec
import pytest
from typer.testing import CliRunner

from ebbline.console.cli import app
from ebbline.hosts.embedded.access import AccessStore


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("EBBLINE_WHO", "tester")

    def run(*words, code=0):
        with contextlib.chdir(tmp_path):
            result = CliRunner().invoke(app, [*map(str, words), "--data", str(tmp_path / "data")])
        assert result.exit_code == code, (result.stdout, result.stderr)
        return result

    return run


def test_a_key_is_made_listed_and_revoked(shell, tmp_path):
    text = shell("key", "create", "--role", "builder", "--name", "ci").stdout.strip()
    assert text.startswith("ebk_")
    with AccessStore(tmp_path / "data") as store:
        assert store.who_has(text, 0).role == "builder"
        assert [each.action for each in store.changes()] == ["key create"]
        assert store.changes()[0].who == "tester"
    listed = shell("key", "list").stdout
    assert "builder" in listed
    assert text not in listed
    shell("key", "revoke", 1)
    with AccessStore(tmp_path / "data") as store:
        assert store.who_has(text, 0) is None
    assert "revoked" in shell("key", "list").stdout


def test_a_key_is_narrowed_and_ends(shell, tmp_path):
    words = ("--role", "analyst", "--name", "shop", "--scope", "memberships:read",
             "--expires", "2026-01-01T00:00:00Z", "--json")  # fmt: skip
    made = msgspec.json.decode(shell("key", "create", *words).stdout)
    assert made["scopes"] == ["memberships:read"]
    with AccessStore(tmp_path / "data") as store:
        assert store.who_has(made["text"], 1_767_225_599_999) is not None
        assert store.who_has(made["text"], 1_767_225_600_000) is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--role", "god", "--name", "x"), "is no role"),
        (("--role", "viewer", "--name", "x", "--scope", "people:read"), "does not have"),
    ],
)
def test_a_key_that_will_not_do_is_refused_with_what_would(shell, words, said):
    result = shell("key", "create", *words, code=1)
    assert said in result.stderr


def test_the_last_owners_key_is_not_revoked(shell):
    shell("key", "create", "--role", "owner", "--name", "me")
    assert "last owner" in shell("key", "revoke", 1, code=1).stderr
    assert "no key 9" in shell("key", "revoke", 9, code=1).stderr


def test_the_document_is_printed_whole():
    result = CliRunner().invoke(app, ["api", "openapi"])
    document = msgspec.json.decode(result.stdout)
    assert document["openapi"].startswith("3.1")
    assert len(document["paths"]) > 40


def test_help_loads_no_framework():
    code = (
        "import sys\nfrom ebbline.console.cli import app\n"
        "print([m for m in ('fastapi', 'starlette', 'uvicorn', 'apsw', 'aiohttp')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
