"""The API beside a running system: it starts last, dies alone and ends with the others."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request

import msgspec
import pytest

import ebbline
from tests.suites.api.prepared import AUDIENCE, write_project

SECONDS_MAX = 30  # for a whole system to be there, on a busy machine


class Running:
    """`ebbline run` in a process of its own."""

    def __init__(self, folder, *options):
        self.folder = folder
        command = [sys.executable, "-m", "ebbline.console.cli", "run", "--port", "0", "--json",
                   "-p", str(folder), *options]  # fmt: skip
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"BRAZE_API_KEY": "none", "NO_COLOR": "1"},
        )  # fmt: skip
        self.log: list[str] = []
        self.reading = threading.Thread(target=lambda: self.log.extend(self.process.stderr))
        self.reading.start()
        told = msgspec.json.decode(self.process.stdout.readline())
        self.url, self.api = told["url"], told["api"]

    def command(self, *words: str) -> str:
        command = [sys.executable, "-m", "ebbline.console.cli", *words, "-p", str(self.folder)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def children(self) -> dict[str, int]:
        listed = subprocess.run(["ps", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
                                check=True, capture_output=True, text=True).stdout  # fmt: skip
        rows = (line.split(None, 1) for line in listed.splitlines())
        return {("api" if "console.api" in args else args): int(pid) for pid, args in rows}

    def end(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(SECONDS_MAX) == 0, "".join(self.log)
        return time.monotonic() - began


def until(look, seconds=SECONDS_MAX):
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come to that in time"
        time.sleep(0.05)
    return found


@contextlib.contextmanager
def running(folder, *options):
    system = Running(write_project(folder), *options)
    try:
        yield system
    finally:
        system.process.kill()
        system.process.wait()
        system.reading.join(SECONDS_MAX)
        system.process.stdout.close()
        system.process.stderr.close()


def works(client) -> bool:
    try:
        return client.me().role == "owner"
    except OSError:
        return False


@pytest.mark.alone
def test_the_api_follows_the_system_and_dies_alone(tmp_path):
    with running(tmp_path, "--api-port", "0") as system:
        key = system.command("key", "create", "--role", "owner", "--name", "test")
        client = ebbline.Client(system.api, key)
        until(lambda: works(client))
        call = {"type": "page", "properties": {"path": "/pricing"}, "userId": "ana"}
        body = msgspec.json.encode({"batch": [call] * 3})
        request = urllib.request.Request(f"{system.url}/v1/batch", body, {
            "authorization": "Basic c2hvcC13ZWJzaXRlOg==", "content-type": "application/json",
        })  # fmt: skip
        urllib.request.urlopen(request).close()
        until(lambda: client.list_members(AUDIENCE).members)
        assert client.memberships("ana").audiences[0].audience == AUDIENCE
        decided = client.set_override("ana", AUDIENCE, False)
        assert decided.outcome == "done"
        assert client.memberships("ana").audiences == []

        others = {name: pid for name, pid in system.children().items() if name != "api"}
        was = system.children()["api"]
        os.kill(was, signal.SIGKILL)
        urllib.request.urlopen(f"{system.url}/readyz").close()
        until(lambda: system.children().get("api", was) != was and works(client))
        assert {n: pid for n, pid in system.children().items() if n != "api"} == others

        number = client.me().key
        spare = ebbline.Client(system.api, client.create_key("second", "owner").text)
        system.command("key", "revoke", str(number))
        with pytest.raises(ebbline.ApiError, match="unauthenticated"):
            client.me()
        watched = spare.live_events(after=0)
        next(watched)
        assert system.end() < 8
        watched.close()
        client.close()
        spare.close()


@pytest.mark.alone
def test_a_taken_port_costs_the_api_and_nothing_else_unless_it_was_asked_for(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "ebbline.console.cli", "run", "--port", "0",
                   "--api-port", port, "-p", str(write_project(tmp_path / "shop"))]  # fmt: skip
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=SECONDS_MAX
        )
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 cannot be had" in done.stderr
    assert "--api-port" in done.stderr


@pytest.mark.alone
def test_without_the_api_there_is_none(tmp_path):
    with running(tmp_path, "--no-api") as system:
        assert "api" not in system.children()
        assert system.api is None
        system.end()
