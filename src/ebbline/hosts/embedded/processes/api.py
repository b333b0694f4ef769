"""The api process: serves the management API on a socket of its own.

What is served is handed in by the room above: this room knows no HTTP framework. It starts
after all others and none of them waits for it.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from typing import Any

import msgspec
import uvicorn
import uvloop

from ebbline.errors import EbblineError
from ebbline.hosts.embedded.clock import Clock, clock_from
from ebbline.hosts.embedded.lifeline import hold_lifeline
from ebbline.hosts.embedded.limits import API_CONNECTIONS_MAX
from ebbline.hosts.embedded.logging import set_up_logging
from ebbline.hosts.embedded.processes.collect import Server
from ebbline.hosts.embedded.processes.settings import PRIVATE_UMASK, ChildSettings
from ebbline.hosts.embedded.processes.trouble import passing_trouble
from ebbline.hosts.embedded.supervisor import EXIT_AGAIN, EXIT_SETUP

MakeApp = Callable[[ChildSettings, Clock], tuple[Any, Callable[[], object]]]
"""Makes the ASGI application, and what is to be called when it is done with."""


def main(argument: str, make_app: MakeApp) -> int:
    """Serve until told to stop; the exit code. `argument` is the supervisor's, `make_app` is
    called once the process is a child like the others."""
    os.umask(PRIVATE_UMASK)
    hold_lifeline()
    settings = msgspec.json.decode(argument, type=ChildSettings)
    log = set_up_logging(settings.role, settings.log_level)
    try:
        uvloop.run(_serve(settings, make_app))
    except Exception as error:
        if (trouble := passing_trouble(error)) is not None:
            log.critical("tries again soon", reason=trouble)
            return EXIT_AGAIN
        if not isinstance(error, EbblineError):
            raise
        log.critical("stopped", reason=str(error))
        return EXIT_SETUP
    return 0


async def _serve(settings: ChildSettings, make_app: MakeApp) -> None:
    app, close = make_app(settings, clock_from(os.environ))
    server = Server(uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none",
        timeout_graceful_shutdown=2, server_header=False, date_header=False,
        limit_concurrency=API_CONNECTIONS_MAX,
    ))  # fmt: skip
    listening = socket.socket(fileno=settings.socket_fd)
    listening.setblocking(False)
    # As in collect: uvicorn raises the signal once more for whoever had it before.
    signal.signal(signal.SIGTERM, lambda *_: setattr(server, "should_exit", True))
    try:
        await server.serve(sockets=[listening])
    finally:
        close()
