"""`ebbline secret`: values go in by a prompt or by stdin, and come out nowhere."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from ebbline.console.cli import app
from ebbline.hosts.embedded.deliver.commands import Renew, Spool

VALUE = "sk_live_Qm7Zx2Lp9Vt4"
DESTINATION = """\
destinations:
  braze:
    type: braze
    endpoint: https://rest.iad-01.braze.com
    key: {reference}
    sync: []
"""


class Rig:
    """A shop's project, its data folder, and a home of its own for the key."""

    def __init__(self, shell):
        self.shell = shell
        self.project = shell.folder / "shop"
        self.data = self.project / ".ebbline" / "data"
        shell("init", "shop")

    def refer(self, reference):
        file = self.project / "destinations" / "braze.yml"
        file.write_text(DESTINATION.format(reference=reference), "utf-8")

    def __call__(self, *words, given=None, code=0):
        words = ("secret", *words, "--project", str(self.project))
        result = CliRunner().invoke(app, list(words), input=given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
        assert VALUE not in result.stdout + result.stderr
        return result

    def set(self, name="BRAZE_KEY", value=VALUE, *more):
        return self("set", name, "--stdin", *more, given=value + "\n")


@pytest.fixture
def secret(shell, monkeypatch, tmp_path):
    for name in ("EBBLINE_SECRETS_KEY", "EBBLINE_SECRETS_KEY_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return Rig(shell)


def test_the_first_secret_says_that_its_key_needs_a_backup(secret, tmp_path):
    told = secret.set()
    assert told.stdout == "BRAZE_KEY: version 1 stored\n"
    assert str(tmp_path / "home" / ".config" / "ebbline" / "secrets.key") in told.stderr
    assert "backup" in told.stderr
    assert "from the next `ebbline run` on" in told.stderr
    assert "backup" not in secret.set("OTHER").stderr
    assert [order for _, order in Spool(secret.data).waiting()] == [Renew(), Renew()]


@pytest.mark.parametrize("words", [("BRAZE_KEY", VALUE), (f"BRAZE_KEY={VALUE}",),
                                   ("BRAZE_KEY", "--stdin", VALUE)])  # fmt: skip
def test_a_value_as_an_argument_is_refused_with_the_reason(secret, words):
    told = secret("set", *words, given="x", code=2)
    plain = " ".join(told.stderr.replace("│", " ").split())
    assert "lists of processes and the shell's history show it" in plain
    assert not (secret.data / "secrets.json").exists()


def test_without_a_terminal_stdin_has_to_be_named(secret):
    assert "--stdin" in secret("set", "BRAZE_KEY", given=VALUE, code=1).stderr


@pytest.mark.parametrize(("typed", "code"), [((VALUE, VALUE), 0), ((VALUE, "another"), 1)])
def test_the_prompt_shows_nothing_and_asks_twice(secret, typed, code):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "ebbline.console.cli", "secret", "set", "BRAZE_KEY"]
    process = subprocess.Popen(
        [*command, "--project", str(secret.project)],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    for words, line in zip((b"not shown): ", b"Once more: "), typed, strict=True):
        while words not in shown:
            shown += os.read(ours, 1_000)
        os.write(ours, line.encode() + b"\n")
    while True:
        try:
            shown += os.read(ours, 1_000)
        except OSError:
            break
    os.close(ours)
    assert process.wait(30) == code
    assert VALUE.encode() not in shown
    assert (secret.data / "secrets.json").exists() == (code == 0)


def test_a_new_version_says_what_becomes_of_the_old_one(secret):
    secret.set()
    assert "until this one has worked" in secret.set().stderr
    assert "until you remove them" in secret.set("BRAZE_KEY", VALUE, "--keep").stderr
    (row,) = [json.loads(line) for line in secret("list", "--json").stdout.splitlines()]
    assert (row["version"], row["older"], row["worked"]) == (3, [1, 2], None)
    assert "2 versions removed" in secret("remove", "BRAZE_KEY", "--old", "--yes").stdout


def test_list_names_destinations_and_no_value(secret):
    assert "no secrets" in secret("list").stderr
    secret.refer("store:BRAZE_KEY")
    secret.set()
    secret.set("UNUSED")
    lines = secret("list").stdout.splitlines()
    assert lines[0].split() == ["name", "version", "created", "worked", "older", "used", "by"]
    assert [line.split()[-1] for line in lines[1:]] == ["braze", "-"]


def test_remove_asks_and_refuses_while_it_is_needed(secret):
    secret.refer("store:BRAZE_KEY")
    secret.set()
    told = secret("remove", "BRAZE_KEY", "--yes", code=1)
    assert "braze would be left without it" in told.stderr
    secret("remove", "BRAZE_KEY", "--force", given="n\n", code=1)
    assert "BRAZE_KEY" in secret("list").stdout
    assert "1 version removed" in secret("remove", "BRAZE_KEY", "--force", given="y\n").stdout
    assert "no secret BRAZE_KEY" in secret("remove", "BRAZE_KEY", code=1).stderr


def test_check_says_which_reference_leads_nowhere(secret, monkeypatch):
    monkeypatch.delenv("BRAZE_KEY", raising=False)
    for reference, words in {
        "store:BRAZE_KEY": "ebbline secret set BRAZE_KEY",
        "env:BRAZE_KEY": "is not set",
        "file:keys/braze": "cannot be read",
    }.items():
        secret.refer(reference)
        told = secret("check", code=1)
        assert told.stdout == f"FAIL  braze: {reference}\n"
        assert words in told.stderr
    (secret.project / "keys").mkdir()
    (secret.project / "keys" / "braze").write_text(VALUE)
    assert secret("check").stdout == "ok    braze: file:keys/braze\n"
    secret.refer("store:BRAZE_KEY")
    secret.set()
    (row,) = map(json.loads, secret("check", "--json").stdout.splitlines())
    assert row == {
        "destination": "braze", "reference": "store:BRAZE_KEY", "ok": True, "problem": "",
    }  # fmt: skip


def test_rekey_keeps_every_secret(secret):
    assert "There is no store yet" in secret("rekey", code=1).stderr
    secret.refer("store:BRAZE_KEY")
    secret.set()
    told = secret("rekey")
    assert told.stdout.startswith("1 version under a new key of ")
    assert "back up the key file" in told.stderr
    assert secret("check").stdout == "ok    braze: store:BRAZE_KEY\n"


def test_what_comes_by_stdin_is_a_secret_or_refused(secret):
    for given in ("", " \n", "abc\n", "x" * 20_000):
        secret("set", "BRAZE_KEY", "--stdin", given=given, code=1)
    assert "is no text" in secret("set", "A", "--stdin", given=b"\xff\xfe\xfd\xfc", code=1).stderr
    assert "letters, digits" in secret("set", "1A", "--stdin", given=VALUE, code=1).stderr
