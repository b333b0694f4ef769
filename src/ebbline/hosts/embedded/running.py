"""A whole system in the foreground: takes the folder, opens the door, starts the processes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import msgspec
import structlog

from ebbline.definitions.plan import Plan, encode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import CLOCK_VARIABLE, SystemClock, clock_from, clock_setting
from ebbline.hosts.embedded.doorbell import make_bell
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.limits import LISTEN_BACKLOG
from ebbline.hosts.embedded.lock import FolderLock, acquire
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.processes.settings import (
    PRIVATE_UMASK,
    ChildSettings,
    leave_plan,
)
from ebbline.hosts.embedded.supervisor import Child, Happening, Supervisor
from ebbline.hosts.embedded.versions import (
    Proposal,
    Versions,
    given_up,
    plan_of,
    propose,
    read_versions,
)

MODULE = "ebbline.hosts.embedded.processes"


class Api(msgspec.Struct, frozen=True):
    """Where the management API listens, and the module that serves it: the room above's, so it
    is named rather than imported. `wanted` says that somebody asked for this very port; else
    the system starts without the API where the port is taken. `on_port` is told the real port
    before anything starts."""

    module: str
    port: int
    wanted: bool = False
    on_port: Callable[[int], object] | None = None


class RunOptions(msgspec.Struct, frozen=True):
    """How a system runs. `speed` other than 1 gives all its processes a clock that runs so
    many times as fast from now on; `keep_days` is how many days of events the history keeps,
    None for all."""

    speed: float = 1.0
    log_level: str = "info"
    on_ready: Callable[[int], object] | None = None  # called with the port once all serve
    apply: bool = True  # whether a project that differs from what is live is proposed
    who: str = ""
    # Called with the versions when the project differs from what is live, before anything starts.
    on_differing: Callable[[Versions], object] | None = None
    keep_days: int | None = None
    project: str = ""  # the folder that relative file: references start from
    api: Api | None = None  # the management API; None: there is none


def run(plan: Plan, folder: Path, host: str = "127.0.0.1", port: int = 8080,
        options: RunOptions | None = None) -> int:  # fmt: skip
    """Run until SIGINT or SIGTERM; the exit code. Raises SetupError when the folder or the
    port cannot be had."""
    return asyncio.run(serve(plan, folder, host, port, options or RunOptions()))


async def serve(plan: Plan, folder: Path, host: str, port: int, options: RunOptions) -> int:
    """As `run`, inside a running loop; cancelling it stops the system."""
    os.umask(PRIVATE_UMASK)
    data = open_folder(folder)
    with acquire(data.lock) as lock, _listen(host, port) as door, ExitStack() as stack:
        differing = _take_up(data, plan, options)
        if differing is not None and options.on_differing is not None:
            options.on_differing(differing)
        if options.speed != 1.0:
            os.environ[CLOCK_VARIABLE] = clock_setting(SystemClock().now_ms(), options.speed)
        to_engine, to_deliver, to_history = make_bell(), make_bell(), make_bell()
        children = [
            _child(data, options, lock, "collect", socket_fd=door.fileno(),
                   ring_fd=to_engine[0].fileno()),
            _child(data, options, lock, "engine", hear_fd=to_engine[1].fileno(),
                   ring_fd=to_deliver[0].fileno(), ring_history_fd=to_history[0].fileno()),
            _child(data, options, lock, "deliver", hear_fd=to_deliver[1].fileno(),
                   door=_url(door)),
            _child(data, options, lock, "history", hear_fd=to_history[1].fileno()),
            _child(data, options, lock, "builder"),
        ]  # fmt: skip
        if options.api is not None and (api_door := _api_door(host, options.api)) is not None:
            stack.enter_context(api_door)
            api = _child(data, options, lock, "api", socket_fd=api_door.fileno())
            argv = (sys.executable, "-m", options.api.module, api.argv[-1])
            children.append(msgspec.structs.replace(api, argv=argv, essential=False))
            api_port = api_door.getsockname()[1]
            structlog.get_logger().info("api", url=f"http://{host}:{api_port}/v1")
            if options.api.on_port is not None:
                options.api.on_port(api_port)
        supervisor = Supervisor(children, _report)
        task = asyncio.create_task(supervisor.run())
        try:
            await _announce(supervisor, task, host, door.getsockname()[1], options)
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            supervisor.stop()
            return await task


def _take_up(data: DataFolder, plan: Plan, options: RunOptions) -> Versions | None:
    """Leave the plan in force where the children read it: an empty folder's is the project's.
    In one with data a project that differs is proposed; how versions stand then, None when
    there is nothing to say about it."""
    try:
        log = Log(data.log, clock_from(os.environ))
        try:
            known = read_versions(log)
            leave_plan(data, plan if known.live is None else plan_of(known.live))
            if known.live is None or known.live.plan == encode_plan(plan):
                return None
            if options.apply and not given_up(known, plan):
                return propose(log, Proposal(plan, options.who, "ebbline run"))
            return known
        finally:
            log.close()
    except OSError as error:
        message = f"The data folder {data.path} cannot be written to: {error.strerror}."
        raise SetupError(message) from error


def _child(data: DataFolder, options: RunOptions, lock: FolderLock, role: str, *,
           socket_fd: int = -1, ring_fd: int = -1, hear_fd: int = -1,
           ring_history_fd: int = -1, door: str = "") -> Child:  # fmt: skip
    settings = ChildSettings(
        role, str(data.path), socket_fd, ring_fd, hear_fd, ring_history_fd, options.keep_days,
        options.log_level, door, options.project,
    )  # fmt: skip
    argument = msgspec.json.encode(settings).decode()
    passed = (socket_fd, ring_fd, hear_fd, ring_history_fd, lock.fd)
    fds = tuple(fd for fd in passed if fd >= 0)
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


def _url(door: socket.socket) -> str:
    """Where this machine itself reaches the door, whatever it listens on."""
    host, port = door.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - as was asked
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _api_door(host: str, api: Api) -> socket.socket | None:
    """The API's listening socket; None where the usual port is taken and nobody asked for it."""
    try:
        return _listen(host, api.port, "--api-port")
    except SetupError as error:
        if api.wanted:
            raise
        structlog.get_logger().warning("no management API", reason=str(error))
        return None


def _listen(host: str, port: int, option: str = "--port") -> socket.socket:
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
            f" another with {option}."
        )
        raise SetupError(message) from error
    return door
