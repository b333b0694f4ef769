"""A whole system in the foreground: takes the folder, opens the door, starts the processes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import structlog

from ebbline.definitions.plan import Plan, encode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import CLOCK_VARIABLE, SystemClock, clock_setting
from ebbline.hosts.embedded.doorbell import make_bell
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.limits import LISTEN_BACKLOG
from ebbline.hosts.embedded.lock import FolderLock, acquire
from ebbline.hosts.embedded.processes.settings import (
    PRIVATE_UMASK,
    ChildSettings,
    plan_file,
)
from ebbline.hosts.embedded.supervisor import Child, Happening, Supervisor

MODULE = "ebbline.hosts.embedded.processes"


class RunOptions(msgspec.Struct, frozen=True):
    """How a system runs. `speed` other than 1 gives all its processes a clock that runs so
    many times as fast from now on."""

    speed: float = 1.0
    log_level: str = "info"
    on_ready: Callable[[int], object] | None = None  # called with the port once all serve


def run(plan: Plan, folder: Path, host: str = "127.0.0.1", port: int = 8080,
        options: RunOptions | None = None) -> int:  # fmt: skip
    """Run until SIGINT or SIGTERM; the exit code. Raises SetupError when the folder or the
    port cannot be had."""
    return asyncio.run(serve(plan, folder, host, port, options or RunOptions()))


async def serve(plan: Plan, folder: Path, host: str, port: int, options: RunOptions) -> int:
    """As `run`, inside a running loop; cancelling it stops the system."""
    os.umask(PRIVATE_UMASK)
    data = open_folder(folder)
    with acquire(data.lock) as lock, _listen(host, port) as door:
        _leave_plan(data, plan)
        if options.speed != 1.0:
            os.environ[CLOCK_VARIABLE] = clock_setting(SystemClock().now_ms(), options.speed)
        to_engine, to_deliver = make_bell(), make_bell()
        children = [
            _child(data, options, lock, "collect", socket_fd=door.fileno(),
                   ring_fd=to_engine[0].fileno()),
            _child(data, options, lock, "engine", hear_fd=to_engine[1].fileno(),
                   ring_fd=to_deliver[0].fileno()),
            _child(data, options, lock, "deliver", hear_fd=to_deliver[1].fileno()),
        ]  # fmt: skip
        supervisor = Supervisor(children, _report)
        task = asyncio.create_task(supervisor.run())
        try:
            await _announce(supervisor, task, host, door.getsockname()[1], options)
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            supervisor.stop()
            return await task


def _leave_plan(data: DataFolder, plan: Plan) -> None:
    """Leave the plan where the children read it."""
    try:
        plan_file(data).write_bytes(encode_plan(plan))
    except OSError as error:
        message = f"The data folder {data.path} cannot be written to: {error.strerror}."
        raise SetupError(message) from error


def _child(data: DataFolder, options: RunOptions, lock: FolderLock, role: str, *,
           socket_fd: int = -1, ring_fd: int = -1, hear_fd: int = -1) -> Child:  # fmt: skip
    settings = ChildSettings(role, str(data.path), socket_fd, ring_fd, hear_fd, options.log_level)
    argument = msgspec.json.encode(settings).decode()
    fds = tuple(fd for fd in (socket_fd, ring_fd, hear_fd, lock.fd) if fd >= 0)
    return Child(role, (sys.executable, "-m", MODULE, argument), fds)


async def _announce(supervisor: Supervisor, task: asyncio.Task[int], host: str, port: int,
                    options: RunOptions) -> None:  # fmt: skip
    ready = asyncio.create_task(supervisor.ready.wait())
    await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    if supervisor.ready.is_set():
        structlog.get_logger().info("serving", url=f"http://{host}:{port}/v1/batch")
        if options.on_ready is not None:
            options.on_ready(port)


def _report(happening: Happening) -> None:
    log = structlog.get_logger()
    if happening.what in ("died", "killed"):
        log.warning(happening.what, child=happening.name, detail=happening.detail)
    elif happening.what == "waits":
        log.warning("restarts soon", child=happening.name, seconds=happening.detail)


def _listen(host: str, port: int) -> socket.socket:
    """The listening socket; port 0 takes a free one."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind((host, port))
        door.listen(LISTEN_BACKLOG)
    except OSError as error:
        door.close()
        message = (
            f"Port {port} on {host} cannot be had: {error.strerror}. Stop what uses it, or choose"
            " another with --port."
        )
        raise SetupError(message) from error
    return door
