"""What processes ask of the system at their start: private files, and enough of them open."""

from __future__ import annotations

import json
import subprocess
import sys

OPEN_FILES = """
import resource
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (64, most))
from ebbline.hosts.embedded.processes.__main__ import _raise_open_files
_raise_open_files()
assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
"""
LINE = {
    "type": "track",
    "event": "X",
    "messageId": "m",
    "userId": "ana",
    "timestamp": "2026-05-01T09:00:00Z",
    "receivedAt": "2026-05-01T09:00:00Z",
}


def ebbline(*arguments, cwd):
    command = [sys.executable, "-m", "ebbline.console.cli", *arguments]
    subprocess.run(command, cwd=cwd, check=True, capture_output=True, umask=0o022, timeout=60)


def test_a_child_may_open_as_many_files_as_the_system_allows():
    subprocess.run([sys.executable, "-c", OPEN_FILES], check=True, timeout=60)


def test_an_import_writes_private_files_and_init_a_project_for_everybody(tmp_path):
    ebbline("init", "shop", cwd=tmp_path)
    project = tmp_path / "shop"
    (project / "history.ndjson").write_text(json.dumps(LINE) + "\n")
    assert (project / "ebbline.yml").stat().st_mode & 0o777 == 0o644
    for number, clock in enumerate(("events", "now")):
        data = f"data{number}"
        ebbline("import", "history.ndjson", "--clock", clock, "--data", data, cwd=project)
        files = {file.name: file.stat().st_mode & 0o077 for file in (project / data).iterdir()}
        assert "log.db" in files
        assert not any(files.values()), files
