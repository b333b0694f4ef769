"""A whole system as a person runs it: `ebbline run` in processes of its own, looked at from
outside."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import apsw

START_SECONDS_MAX = 600.0
STOP_SECONDS_MAX = 60.0
TICKS = os.sysconf("SC_CLK_TCK")


class Stuck(Exception):
    """The system did not do what it was waited for; says what it logged."""


class System:
    """`ebbline run` on a project and a data folder, on a free port; use it in a `with` block."""

    def __init__(self, project: Path, data: Path, log: Path) -> None:
        self.project = project
        self.data = data
        self.url = ""
        self.ready_seconds = 0.0  # from its start until it said that it serves
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left of its own group."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()

    def start(self) -> None:
        """Start it; returns once it says that it serves, which is when the engine has folded
        the log to its end."""
        command = [sys.executable, "-m", "ebbline.console.cli", "run", "--json", "--port", "0",
                   "--project", str(self.project), "--data", str(self.data)]  # fmt: skip
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                process_group=0,  # killed together, but of this session: one priority
                env=os.environ | {"EBBLINE_ALLOW_OUTBOUND": "127.0.0.1"},
            )  # fmt: skip
        assert self._process.stdout is not None
        began = time.monotonic()
        told = self._process.stdout.readline()
        if not told:
            raise Stuck(self._log.read_text("utf-8", "replace")[-4_000:])
        self.ready_seconds = round(time.monotonic() - began, 2)
        self.url = json.loads(told)["url"]

    def is_ready(self) -> bool:
        """What a balancer would be told."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, TimeoutError):
            return False

    def stop(self) -> int:
        """Ask it to end and wait; its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_SECONDS_MAX)

    def processes(self) -> dict[str, int]:
        """Process ids by role."""
        assert self._process is not None
        pid = self._process.pid
        found = {"supervisor": pid}
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            role = _role(int(child))
            if role:
                found[role] = int(child)
        return found


def cpu_seconds(pid: int) -> float:
    """What a process has used so far, with all its threads; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def machine_cpu_seconds() -> float:
    """What all processes of the machine have used so far."""
    fields = Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:]
    user, nice, system, _, _, irq, softirq, *_ = map(int, fields)
    return (user + nice + system + irq + softirq) / TICKS


def memory_mib(pid: int) -> dict[str, int]:
    """Resident memory of a process, now ("rss") and at the most ("peak"), in MiB."""
    text = Path(f"/proc/{pid}/status").read_text("ascii")
    found = {}
    for key, field in (("rss", "VmRSS"), ("peak", "VmHWM")):
        line = re.search(rf"{field}:\s+(\d+)", text)
        found[key] = int(line[1]) >> 10 if line else 0
    return found


def one(path: Path, sql: str) -> int:
    """The number a query gives, from a database that somebody else may be writing."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(5_000)
    try:
        row: Any = db.execute(sql).fetchone()
        return int(row[0])
    finally:
        db.close()


def wait_until(look: Callable[[], object], what: str, seconds: float, every: float = 0.05) -> float:
    """Seconds until `look()` is true; Stuck when that takes longer than `seconds`."""
    began = time.monotonic()
    while not look():
        if time.monotonic() - began > seconds:
            raise Stuck(f"not within {seconds:.0f} s: {what}")
        time.sleep(every)
    return time.monotonic() - began


def _role(pid: int) -> str:
    try:
        last = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-2]
        return str(json.loads(last)["role"])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return ""
