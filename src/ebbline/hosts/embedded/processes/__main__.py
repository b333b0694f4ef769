"""Entry of a child process: sets up logging and hands over to the role's module."""

from __future__ import annotations

import contextlib
import importlib
import os
import resource
import sys

import msgspec

from ebbline.errors import EbblineError
from ebbline.hosts.embedded.lifeline import hold_lifeline
from ebbline.hosts.embedded.logging import set_up_logging
from ebbline.hosts.embedded.processes.settings import PRIVATE_UMASK, ChildSettings
from ebbline.hosts.embedded.processes.trouble import passing_trouble
from ebbline.hosts.embedded.supervisor import EXIT_AGAIN, EXIT_SETUP


def main(argument: str) -> int:
    """Run one role until it is told to stop; the exit code."""
    os.umask(PRIVATE_UMASK)
    _raise_open_files()
    hold_lifeline()
    settings = msgspec.json.decode(argument, type=ChildSettings)
    log = set_up_logging(settings.role, settings.log_level)
    try:
        importlib.import_module(f"{__package__}.{settings.role}").run(settings)
    except Exception as error:
        if (trouble := passing_trouble(error)) is not None:
            log.critical("tries again soon", reason=trouble)
            return EXIT_AGAIN
        if not isinstance(error, EbblineError):
            raise
        log.critical("stopped", reason=str(error))
        return EXIT_SETUP
    return 0


def _raise_open_files() -> None:
    """Allow as many open files as the system lets this process have: connections are files."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):  # some systems name a most they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
