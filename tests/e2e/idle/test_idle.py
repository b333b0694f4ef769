"""An idle system costs no CPU, however many people are waiting for their windows to end.

`EBBLINE_IDLE_SECONDS` says how long is measured, `EBBLINE_IDLE_PEOPLE` how many are waiting.
"""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ebbline.hosts.embedded.importing import replay
from tests.e2e.kill.checks import plan_at
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import Sandboxes
from tests.e2e.whole.system import ROLES, WholeSystem, is_quiet, until

SECONDS = float(os.environ.get("EBBLINE_IDLE_SECONDS", "60"))
PEOPLE = int(os.environ.get("EBBLINE_IDLE_PEOPLE", "100000"))
SHARE_MAX = 0.01  # of one core, for the whole process group
SPREAD_SECONDS = 600  # in which everybody was last seen, before now
HOT_EVERY = 10  # one of so many looked at prices, and Braze is told of them
SETTLE_SECONDS_MAX = 120

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def sandboxes(tmp_path):
    with Sandboxes(tmp_path / "applied.jsonl") as sandboxes:
        yield sandboxes


@pytest.fixture
def project(tmp_path, sandboxes):
    return project_at(tmp_path / "project", Path(__file__).parent / "project", sandboxes)


def history(file):
    """Everybody's views within the last minutes, as lines of a Segment archive."""
    began = time.time() - SPREAD_SECONDS - 1
    with file.open("w", encoding="utf-8") as lines:
        for number in range(PEOPLE):
            at = datetime.fromtimestamp(began + SPREAD_SECONDS * number / PEOPLE, UTC).isoformat()
            for name in ["Product Viewed"] + ["Page Viewed"] * (number % HOT_EVERY == 0):
                call = {
                    "type": "track", "messageId": f"{name} {number}", "userId": f"u{number}",
                    "event": name, "properties": {"path": "/pricing"},
                    "timestamp": at, "receivedAt": at,
                }  # fmt: skip
                lines.write(json.dumps(call) + "\n")


def cpu_seconds(pid):
    """What a process has used so far, with all its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_idle_system_uses_under_one_percent_of_a_core(tmp_path, project, capsys):
    history(tmp_path / "history.jsonl")
    summary = replay(plan_at(project), tmp_path / "data", tmp_path / "history.jsonl")
    assert summary.profiles == summary.audiences["viewed_today"] == PEOPLE
    with WholeSystem(project, tmp_path / "data", tmp_path / "system.log") as system:
        until(lambda: is_quiet(system), "the system has settled", SETTLE_SECONDS_MAX)
        pending = "SELECT count(*) FROM profiles WHERE wake_ms < ?"
        in_ten_days_ms = int((time.time() + 864_000) * 1000)
        assert system.query("state.db", pending, in_ten_days_ms)[0][0] == PEOPLE
        time.sleep(2)  # the last figures are written
        pids = {"supervisor": system.pid, **system.children()}
        assert set(pids) == {"supervisor", *ROLES}
        before = {role: cpu_seconds(pid) for role, pid in pids.items()}
        began = time.monotonic()
        time.sleep(SECONDS)
        seconds = time.monotonic() - began
        used = {role: cpu_seconds(pid) - before[role] for role, pid in pids.items()}
        assert {"supervisor": system.pid, **system.children()} == pids
        assert system.stop() == 0
    share = sum(used.values()) / seconds
    with capsys.disabled():
        print(  # noqa: T201 - the promised figures
            f"\nidle for {seconds:.0f} s with {PEOPLE:,} people waiting: {share:.3%} of a core;"
            f" CPU seconds { ({role: round(value, 2) for role, value in used.items()}) }"
        )
    assert share < SHARE_MAX
