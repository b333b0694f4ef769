"""`run` and `demo` as whole processes: they start, do their work and end in time."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

SECONDS_MAX = 60


def start(*words, cwd, **environment):
    settings = {k: v for k, v in os.environ.items() if not k.startswith("EBBLINE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "ebbline.console.cli", *words],
        cwd=cwd, env=settings | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ended(process, within):
    """Exit code, stdout and stderr of a process that ends by itself in time."""
    began = time.monotonic()
    out, err = process.communicate(timeout=SECONDS_MAX)
    assert time.monotonic() - began < within
    return process.returncode, out, err


def send(url, **call):
    request = urllib.request.Request(url + "/v1/track", json.dumps(call).encode())
    request.add_header("Authorization", "Basic " + base64.b64encode(b"shop-website:").decode())
    with urllib.request.urlopen(request, timeout=5) as answer:
        return json.load(answer)


def test_run_takes_events_and_the_others_look_meanwhile(shell):
    shell("init", "shop")
    process = start("run", "--port", "0", "--json", cwd=shell.folder, BRAZE_API_KEY="x")
    try:
        ready = json.loads(process.stdout.readline())
        order = {"order_id": "o1", "revenue": 300}
        assert send(ready["url"], userId="ana", event="Order Completed", properties=order)
        while json.loads(shell("status", "--json").stdout)["audiences"]["vip"]["members"] == 0:
            time.sleep(0.05)
        assert json.loads(shell("status", "--json").stdout)["running"] is True
        told = shell("explain", "ana", "vip").stdout
        assert "ana: in vip since" in told
        assert "(by Order Completed)" in told
        again = shell("run", "--port", "0", code=1).stderr
        assert "is in use by process" in again
    finally:
        process.send_signal(signal.SIGINT)
    code, _, _ = ended(process, within=10)
    assert code == 0
    assert json.loads(shell("status", "--json").stdout)["running"] is False


def test_run_says_which_port_is_taken(shell):
    import socket

    shell("init", "shop")
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
        code, _, err = ended(start("run", "--port", port, cwd=shell.folder), within=10)
    assert code == 1
    assert "choose another with --port" in err


@pytest.mark.slow
def test_the_demo_reaches_the_sandbox_and_ends_when_time_is_up(tmp_path):
    svg = tmp_path / "demo.svg"
    process = start("demo", "--plain", "--seconds", "14", "--svg", str(svg), cwd=tmp_path)
    code, out, err = ended(process, within=40)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[-1].startswith("first entry in Braze's sandbox after ")
    assert "sandbox received" in out
    assert "(window ended)" in out
    assert "event to sandbox p50" in lines[-2]
    assert svg.stat().st_size > 10_000


@pytest.mark.slow
def test_the_demo_runs_fast_and_ends_with_ctrl_c(tmp_path):
    process = start("demo", "--speed", "600", cwd=tmp_path, TMPDIR=str(tmp_path))
    for line in process.stdout:
        if line.startswith("first entry"):
            break
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process, within=10)
    assert (code, err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_ends_when_it_is_stopped_while_it_starts(tmp_path):
    process = start("demo", "--plain", cwd=tmp_path, TMPDIR=str(tmp_path))
    assert process.stdout.readline().startswith("starting")
    process.send_signal(signal.SIGTERM)
    code, _, err = ended(process, within=10)
    assert (code, err) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_says_when_its_port_is_taken(tmp_path):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
        process = start("demo", "--plain", "--port", port, cwd=tmp_path, TMPDIR=str(tmp_path))
        code, _, err = ended(process, within=10)
    assert code == 1
    assert "choose another (--port)" in err
    assert list(tmp_path.iterdir()) == []
