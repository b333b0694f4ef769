"""kill -9 of the history process at any moment: no event is lost, none is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from ebbline.hosts.embedded.doorbell import make_bell
from ebbline.hosts.embedded.history import Manifest
from ebbline.hosts.embedded.processes.settings import ChildSettings, leave_plan
from tests.unit.hosts.history.rig import DAY_MS, Rig

ROOT = Path(__file__).resolve().parents[4]
KILLS = int(os.environ.get("EBBLINE_KILLS", "40"))
CHILD = """
import sys
from functools import partial
import duckdb
import msgspec
from ebbline.hosts.embedded.logging import set_up_logging
from ebbline.hosts.embedded.processes import history
from ebbline.hosts.embedded.processes.settings import ChildSettings
set_up_logging("history", "error")
history.WRITE_SECONDS = 0.01
history.Historian = partial(history.Historian, chunk_events=50)
print("ready", flush=True)
history.run(msgspec.json.decode(sys.argv[1], type=ChildSettings))
"""

pytestmark = [pytest.mark.slow, pytest.mark.alone]


def start(rig: Rig, bell: int) -> subprocess.Popen[bytes]:
    """The process as the supervisor would start it, but more eager to write."""
    settings = ChildSettings("history", str(rig.folder.path), hear_fd=bell, log_level="error")
    leave_plan(rig.folder, rig.plan)
    argument = msgspec.json.encode(settings).decode()
    command = [sys.executable, "-c", CHILD, argument]
    process = subprocess.Popen(command, pass_fds=(bell,), cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"ready\n"
    return process


def written(rig: Rig) -> int:
    """Rows in files that count."""
    if not rig.folder.history_index.exists():
        return 0
    manifest = Manifest(rig.folder.history_index, read_only=True)
    try:
        return sum(file.rows for file in manifest.snapshot().files)
    finally:
        manifest.close()


def test_kills_lose_nothing_and_double_nothing(tmp_path, capsys):
    rng, rig = random.Random(5), Rig(tmp_path / "data", seed=5, people=40)
    bell, hearing = make_bell()
    grew = 0
    for _ in range(KILLS):
        process = start(rig, hearing.fileno())
        before, ends = written(rig), time.monotonic() + rng.uniform(0.2, 1.2)
        while time.monotonic() < ends:
            rig.send(rig.random_batch(rng.randrange(1, 60), spread_ms=4 * DAY_MS))
            rig.clock.ms += rng.choice([1, 60_000, DAY_MS // 20])
            rig.fold()
            bell.ring()
            time.sleep(rng.uniform(0, 0.05))
        process.kill()
        process.wait()
        grew += written(rig) > before
        assert rig.found() == rig.expected()
    process = start(rig, hearing.fileno())
    total = sum(map(len, rig.expected().values()))
    ends = time.monotonic() + 30
    while written(rig) < total and time.monotonic() < ends:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0
    assert written(rig) == total
    assert rig.found() == rig.expected()
    with capsys.disabled():
        told = f"{KILLS} kills, {grew} of them after something was written, {total:,} events"
        print("\n" + told)  # noqa: T201 - shows that they hit
    assert grew > KILLS // 4
    bell.close()
    hearing.close()
