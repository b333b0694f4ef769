"""Commands of people into the log, from outside: while the system runs or when it is stopped.

A command is an entry like any other, stamped in its own commit; the engine folds it when it
comes to it. Here it is only written down, and its outcome is waited for.
"""

from __future__ import annotations

import os
import time

import apsw

from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.clock import Clock, SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX, OUTCOME_LOOK_MS
from ebbline.hosts.embedded.log import Log
from ebbline.profiles.commands import Command, encode_command

_OUTCOME = "SELECT outcome FROM commands WHERE log_offset = ?"


def new_id(verb: str) -> str:
    """An id that no other command of a folder has, and that can be read."""
    return f"{verb}-{time.time_ns():x}-{os.getpid():x}"


def append(folder: DataFolder, command: Command, clock: Clock | None = None) -> int:
    """Write a command down and ring; its offset in the log. On return it is on disk."""
    log = Log(folder.log, clock or SystemClock())
    try:
        position = log.append("command", encode_command(command))
    finally:
        log.close()
    named_bell.ring(folder.engine_bell)
    return position.offset


def outcome(folder: DataFolder, offset: int, wait_ms: int = 0) -> str | None:
    """What came of the command at an offset: "done", or why nothing was done; None when the
    engine has not come to it within the time."""
    deadline = time.monotonic() + wait_ms / 1000
    db = apsw.Connection(str(folder.state), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        while True:
            row = db.execute(_OUTCOME, (offset,)).fetchone()
            if row is not None:
                return str(row[0])
            if time.monotonic() >= deadline:
                return None
            time.sleep(OUTCOME_LOOK_MS / 1000)
    finally:
        db.close()
