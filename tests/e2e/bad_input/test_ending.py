"""One system to a folder, and a clean end within ten seconds, whatever is going on."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from tests.e2e.bad_input.conftest import Stage
from tests.e2e.whole.system import WholeSystem, query, until

STOP_SECONDS_MAX = 10.0
HANGS = {"timeout": True, "probability": 1}

pytestmark = [pytest.mark.slow, pytest.mark.alone]


@pytest.fixture
def stage(tmp_path, project):
    with WholeSystem(project, tmp_path / "data", tmp_path / "system.log") as system:
        yield Stage(system)


def second(system, *options):
    """`ebbline run` once more on the same folder."""
    return subprocess.run(
        [sys.executable, "-m", "ebbline.console.cli", "run", "--project", str(system.project),
         "--data", str(system.data), *options],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


def test_a_second_system_on_the_folder_is_refused(stage):
    refused = second(stage.system, "--port", "0")
    assert refused.returncode == 1
    assert f"is in use by process {stage.system.pid}" in refused.stderr
    assert "Traceback" not in refused.stderr
    stage.takes_in("after a second system")


def test_a_second_system_on_the_port_is_refused(stage, tmp_path):
    refused = second(stage.system, "--port", str(stage.system.port), "--data", str(tmp_path / "b"))
    assert refused.returncode == 1
    assert f"Port {stage.system.port} on 127.0.0.1 cannot be had" in refused.stderr
    assert "Traceback" not in refused.stderr
    stage.takes_in("after a second system")


@pytest.mark.parametrize(
    ("number", "group"),
    [
        (signal.SIGTERM, False),
        (signal.SIGINT, False),
        (signal.SIGINT, True),
        (signal.SIGTERM, True),
    ],
    ids=["SIGTERM", "SIGINT", "Ctrl-C", "SIGTERM to the group"],
)
def test_a_clean_end_under_load(stage, number, group):
    system, acknowledged, ends = stage.system, [], threading.Event()

    def load():
        door = type(system.door)(system.port, keep=True)
        while not ends.is_set():
            try:
                call = {"userId": f"u{len(acknowledged)}", "event": "Product Viewed"}
                answer = door.post("/v1/track", call)
            except OSError:
                return
            if answer.status == 200:
                acknowledged.append(call["userId"])

    thread = threading.Thread(target=load)
    thread.start()
    until(lambda: len(acknowledged) > 50, "the load is on")
    children = stage.pids.values()
    began = time.monotonic()
    assert system.stop(number, group=group) == 0
    assert time.monotonic() - began < STOP_SECONDS_MAX
    ends.set()
    thread.join()
    assert not any(alive(pid) for pid in children)
    assert "Traceback" not in system.said()
    # Everything acknowledged is in the log, which a clean end leaves as a single file.
    assert not (system.data / "log.db-wal").exists()
    count = query(system.data / "log.db", "SELECT sum(count) FROM log")[0][0]
    assert count >= len(acknowledged)


def test_a_clean_end_while_a_destination_hangs_and_a_sender_dawdles(stage, hook):
    hook.ask("POST", "/sandbox/faults", json.dumps(HANGS).encode())
    before = hook.ask("GET", "/sandbox/requests").json()["received"]
    stage.takes_in("somebody")
    until(lambda: hook.ask("GET", "/sandbox/requests").json()["received"] > before, "it hangs")
    with dawdling(stage.system.port):
        began = time.monotonic()
        assert stage.system.stop() == 0
        assert time.monotonic() - began < STOP_SECONDS_MAX
    hook.ask("DELETE", "/sandbox/faults")
    assert "Traceback" not in stage.system.said()


def dawdling(port):
    """A connection with half a request on it."""
    line = socket.create_connection(("127.0.0.1", port), 5)
    line.sendall(b"POST /v1/track HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n{")
    return line


def alive(pid):
    """Whether a process is still there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
