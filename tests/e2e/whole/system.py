"""A whole system as its processes, started, killed and looked at as an operator would."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import apsw

from tests.e2e.whole.door import Door
from tests.e2e.whole.sandbox import BRAZE_KEY

ENVIRON = {"BRAZE_API_KEY": BRAZE_KEY, "EBBLINE_ALLOW_OUTBOUND": "127.0.0.1"}

ROLES = ("collect", "engine", "deliver", "history", "builder")
START_SECONDS_MAX = 30.0
LOOK_SECONDS = 0.01

Found = TypeVar("Found")


class WholeSystem:
    """`ebbline run` on one project and one data folder, on one port through all restarts.

    Use it in a `with` block: whatever still runs at its end is killed.
    """

    def __init__(self, project: Path, data: Path, log: Path, options: Sequence[str] = ()) -> None:
        self.project = project
        self.options = options
        self.data = data
        self.log = log
        self.port = free_port()
        self.door = Door(self.port)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it; returns when it serves."""
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Kill what is left."""
        if self._process is not None:
            _kill_group(self._process.pid)
            self._end()

    def start(self) -> None:
        """Start it as a shell would; returns once it says that it serves."""
        command = [
            sys.executable, "-m", "ebbline.console.cli", "run", "--json", "--host", "127.0.0.1",
            "--port", str(self.port), "--project", str(self.project), "--data", str(self.data),
            *self.options,
        ]  # fmt: skip
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                env=os.environ | ENVIRON, start_new_session=True,
            )  # fmt: skip
        assert self._process.stdout is not None
        told = self._process.stdout.readline()
        assert told, f"the system did not start:\n{self.said()}"
        assert json.loads(told)["url"] == f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The supervisor's."""
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the supervisor is still there."""
        return self._process is not None and self._process.poll() is None

    def children(self) -> dict[str, int]:
        """Process ids by role, of those that run just now."""
        found = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text("ascii").split()
        roles = {_role(int(pid)): int(pid) for pid in found}
        return {role: pid for role, pid in roles.items() if role in ROLES}

    def kill(self, role: str) -> None:
        """`kill -9` of one process; a killed supervisor is waited for."""
        if role == "supervisor":
            os.kill(self.pid, signal.SIGKILL)
            self._end()
            return
        until(lambda: role in self.children(), f"{role} runs")
        os.kill(self.children()[role], signal.SIGKILL)

    def stop(self, number: signal.Signals = signal.SIGTERM, *, group: bool = False) -> int:
        """Ask it to end (the whole group, as Ctrl-C does) and wait; its exit code."""
        assert self._process is not None
        if group:
            os.killpg(self.pid, number)
        else:
            os.kill(self.pid, number)
        return self._end()

    def said(self) -> str:
        """What it has logged."""
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""

    def query(self, file: str, sql: str, *values: Any) -> list[Any]:
        """Rows of one of the folder's databases, read beside the running system."""
        return query(self.data / file, sql, *values)

    def _end(self) -> int:
        assert self._process is not None
        code = self._process.wait(timeout=START_SECONDS_MAX)
        if self._process.stdout is not None:
            self._process.stdout.close()
        return code


def is_quiet(system: WholeSystem) -> bool:
    """Whether everything that came in is folded, and everything that follows is delivered."""
    log_end = system.query("log.db", "SELECT max(offset) FROM log")[0][0]
    folded = dict(system.query("state.db", "SELECT key, value FROM meta"))["offset"]
    ledger_end = system.query("state.db", "SELECT coalesce(max(seq), 0) FROM ledger")[0][0]
    positions = {row[0] for row in system.query("delivery.db", "SELECT position FROM destinations")}
    waiting = system.query("delivery.db", "SELECT 1 FROM people WHERE pending OR sending LIMIT 1")
    return log_end == folded and positions == {ledger_end} and not waiting


def query(path: Path, sql: str, *values: Any) -> list[Any]:
    """Rows of a database that somebody else may be writing."""
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    db.set_busy_timeout(5_000)
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def until(look: Callable[[], Found], what: str, seconds: float = 10.0) -> Found:
    """What `look` gives once that is something; fails when it does not come."""
    ends = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < ends, f"not within {seconds} s: {what}"
        time.sleep(LOOK_SECONDS)
    return found


def free_port() -> int:
    """A port nobody uses just now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def _role(pid: int) -> str:
    """The role of a child by its argument; "" for another process, or one that is gone."""
    try:
        last = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[-2]
        return str(json.loads(last)["role"])
    except (OSError, ValueError, IndexError, KeyError, TypeError):
        return ""


def _kill_group(pid: int) -> None:
    """End the session that this test started, orphans of a killed supervisor included."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
