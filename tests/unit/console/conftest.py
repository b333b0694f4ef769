"""The command line as people use it: a project made by `init`, a history taken in by `import`."""

from __future__ import annotations

import contextlib

import pytest
from typer.testing import CliRunner

from ebbline.console.cli import app

HISTORY = """\
{"type":"identify","messageId":"m1","userId":"ana","timestamp":"2026-05-01T09:00:00Z",\
"receivedAt":"2026-05-01T09:00:00Z","traits":{"email":"ana@example.com"}}
{"type":"track","messageId":"m2","userId":"ana","event":"Demo Watched",\
"timestamp":"2026-05-01T09:01:00Z","receivedAt":"2026-05-01T09:01:00Z"}
{"type":"track","messageId":"m3","userId":"ana","event":"Demo Watched",\
"timestamp":"2026-05-01T09:05:00Z","receivedAt":"2026-05-01T09:05:00Z"}
{"type":"track","messageId":"m4","userId":"ana","event":"Demo Watched",\
"timestamp":"2026-05-01T09:09:00Z","receivedAt":"2026-05-01T09:09:00Z"}
{"type":"track","messageId":"m5","userId":"ana","event":"Product Viewed",\
"timestamp":"2026-05-01T09:30:00Z","receivedAt":"2026-05-01T09:30:00Z",\
"properties":{"product_id":"p01","price":289}}
not json
"""


class Shell:
    """Runs commands in a folder, as a shell would, without colours or a terminal."""

    def __init__(self, monkeypatch, folder):
        self.folder = folder
        for name in ("EBBLINE_PROJECT", "EBBLINE_DATA", "EBBLINE_HOST", "EBBLINE_PORT"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("COLUMNS", "100")

    def __call__(self, *words, code=0, **environment):
        with contextlib.chdir(self.folder):
            result = CliRunner().invoke(app, list(map(str, words)), env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, (result.exit_code, result.stdout, result.stderr)
        return result


@pytest.fixture
def shell(monkeypatch, tmp_path):
    return Shell(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def _imported(tmp_path_factory):
    """A project with its data, made once; tests of this module only read it."""
    folder = tmp_path_factory.mktemp("imported")
    with pytest.MonkeyPatch.context() as patch:
        run = Shell(patch, folder)
        run("init", "shop")
        (folder / "shop" / "history.ndjson").write_text(HISTORY, "utf-8")
        until = ("--until", "2026-05-01T12:00:00Z")
        run("import", "shop/history.ndjson", "--clock", "events", *until, "-p", "shop")
    return folder / "shop"


@pytest.fixture
def shop(monkeypatch, _imported):
    return Shell(monkeypatch, _imported)
