"""The demo's stage: a temporary project, a Braze sandbox inside, and the system as a child.

The system is started exactly as `ebbline run` starts it; it knows nothing of the demo.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from ebbline.connectors.braze.sandbox import DEFAULT_KEY, braze_sandbox
from ebbline.connectors.sandbox import SandboxApp
from ebbline.console.commands.init import project_files, write_files
from ebbline.console.demo.limits import READY_SECONDS_MAX, STOP_SECONDS_MAX
from ebbline.definitions import Plan, load_project
from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import (
    CLOCK_VARIABLE,
    Clock,
    FastClock,
    SystemClock,
    clock_setting,
)
from ebbline.hosts.embedded.deliver.guard import ALLOW_VARIABLE
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer
from ebbline.hosts.embedded.reading import machine

HOST = "127.0.0.1"
DESTINATION = "destinations/braze.yml"
KEY_VARIABLE = "BRAZE_API_KEY"


class Stage:
    """Everything that must run for a demo: `start` it, and `end` it however that went."""

    def __init__(self, speed: float, port: int) -> None:
        self.machine = SystemClock()
        self.started_ms = self.machine.now_ms()
        self.speed = speed
        self.clock: Clock = FastClock(self.started_ms, speed) if speed != 1 else self.machine
        self.port = port or machine.free_port(HOST)
        self.sandbox: SandboxApp = braze_sandbox(self.clock.now_ms, self.machine.sleep)
        self._folder = tempfile.TemporaryDirectory(prefix="ebbline-demo-")
        self.path = Path(self._folder.name)
        self.project = self.path / "shop"
        self.data = self.path / "data"
        self.log = self.path / "system.log"
        self._server = SandboxServer(self.sandbox)
        self._serves = False
        self._system: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where the system takes events."""
        return f"http://{HOST}:{self.port}"

    def seconds(self) -> float:
        """Seconds of the machine's time since the demo began."""
        return (self.machine.now_ms() - self.started_ms) / 1000

    async def start(self) -> None:
        """Start the sandbox and the system; returns when it serves."""
        trouble = machine.port_trouble(HOST, self.port)
        if trouble is not None:
            message = f"Port {self.port} cannot be had ({trouble}); choose another (--port)."
            raise SetupError(message)
        await self._server.__aenter__()
        self._serves = True
        self.plan = self._write_project()
        await self._start_system()

    async def end(self) -> None:
        """End the system, then the sandbox, then remove the folder."""
        await self._stop_system()
        if self._serves:
            await self._server.__aexit__()
        self._folder.cleanup()

    def trouble(self) -> str | None:
        """Why the system is no longer there, None while it is."""
        if self._system is None or self._system.returncode is None:
            return None
        return f"The system ended by itself (code {self._system.returncode}):\n{self._log_end()}"

    # -- parts -----------------------------------------------------------------------------

    def _write_project(self) -> Plan:
        made = project_files(self.project)
        endpoint = f"endpoint: {self._server.url}"
        text = made[DESTINATION].decode()
        made[DESTINATION] = re.sub(r"endpoint:.*", endpoint, text).encode()
        write_files(self.project, made)
        loaded = load_project(self.project)
        if loaded.plan is None:
            listed = "\n".join(map(str, loaded.errors))
            message = f"The template project has errors, which is a fault of Ebbline:\n{listed}"
            raise SetupError(message)
        return loaded.plan

    async def _start_system(self) -> None:
        """Start the system as `ebbline run` does; it says on its stdout when it serves."""
        # Settings of the user's own system are not the demo's.
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EBBLINE_")}
        environment[KEY_VARIABLE] = DEFAULT_KEY
        environment[ALLOW_VARIABLE] = HOST
        if self.speed != 1:
            environment[CLOCK_VARIABLE] = clock_setting(self.started_ms, self.speed)
        command = [
            sys.executable, "-m", "ebbline.console.cli", "run", "--json", "--host", HOST,
            "--port", str(self.port), "--project", str(self.project), "--data", str(self.data),
        ]  # fmt: skip
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C is for the demo, which then ends the system in order.
            self._system = await asyncio.create_subprocess_exec(
                *command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, start_new_session=True,
            )  # fmt: skip
        assert self._system.stdout is not None
        try:
            ready = await asyncio.wait_for(self._system.stdout.readline(), READY_SECONDS_MAX)
        except TimeoutError:
            ready = b""
        if not ready:
            message = f"The system did not become ready:\n{self._log_end()}"
            raise SetupError(message)

    async def _stop_system(self) -> None:
        system = self._system
        if system is None or system.returncode is not None:
            return
        system.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(system.wait(), STOP_SECONDS_MAX)
        except TimeoutError:
            os.killpg(system.pid, signal.SIGKILL)
            await system.wait()

    def _log_end(self) -> str:
        text = self.log.read_text("utf-8", "replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-15:])
