"""A child's ties to its supervisor: it says when it is ready and ends when it is orphaned.

The lifeline is a pipe whose other end only the supervisor holds and never writes to. However
the supervisor ends, also by `kill -9`, the pipe closes and the child sees it. That needs
nothing of the platform, unlike Linux's parent-death signal.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Mapping

from ebbline.hosts.embedded.limits import ORPHAN_SECONDS_MAX

LIFELINE_VARIABLE = "EBBLINE_LIFELINE_FD"
READY_VARIABLE = "EBBLINE_READY_FD"

EXIT_ORPHANED = 70
"""Exit code of an orphan that did not end in time (EX_SOFTWARE of sysexits.h)."""


def hold_lifeline(environ: Mapping[str, str] = os.environ) -> threading.Thread | None:
    """End this process when its supervisor has gone: SIGTERM to itself, then a hard exit.

    Call it first thing in a child. One thread sleeps on the pipe and costs nothing. Does
    nothing in a process that was not started by a supervisor.
    """
    if LIFELINE_VARIABLE not in environ:
        return None
    fd = int(environ[LIFELINE_VARIABLE])

    def watch() -> None:
        while os.read(fd, 64):
            continue
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(ORPHAN_SECONDS_MAX)
        os._exit(EXIT_ORPHANED)

    thread = threading.Thread(target=watch, name="lifeline", daemon=True)
    thread.start()
    return thread


def say_ready(environ: Mapping[str, str] = os.environ) -> None:
    """Tell the supervisor that this child does its work now; once, and only to a supervisor."""
    if READY_VARIABLE not in environ:
        return
    fd = int(environ[READY_VARIABLE])
    try:
        os.write(fd, b"ready\n")
        os.close(fd)
    except OSError:
        # The supervisor has just gone, or was told before: nobody needs to know.
        return
