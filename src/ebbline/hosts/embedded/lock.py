"""The lock that keeps a second system out of a data folder.

It is an advisory flock, so a crash frees it. Children inherit its descriptor: the folder stays
locked until the last process of the system has gone, even when the supervisor was killed.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Self

from ebbline.errors import FolderInUse, SetupError
from ebbline.hosts.embedded.limits import LOCK_GRACE_MS, LOCK_LOOK_MS, LOCK_WAIT_MS_MAX


class FolderLock:
    """A held lock. Pass `fd` to children (`pass_fds`) so that they hold it too."""

    def __init__(self, path: Path, fd: int) -> None:
        self.path = path
        self.fd = fd

    def release(self) -> None:
        """Let go, as far as this process is concerned; again is harmless."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Self:
        """Hold the lock for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Let go."""
        self.release()


def acquire(path: Path, wait_ms: int = LOCK_WAIT_MS_MAX) -> FolderLock:
    """Lock the data folder whose lock file is `path`.

    While the process that took it lives, this raises FolderInUse within a moment, naming it.
    When it is gone, its children are just ending, and up to `wait_ms` is spent waiting for them.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        message = f"The data folder {path.parent} cannot be locked: {error.strerror}."
        raise SetupError(message) from error
    try:
        _take(fd, path, wait_ms)
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    except BaseException:
        os.close(fd)
        raise
    return FolderLock(path, fd)


def _take(fd: int, path: Path, wait_ms: int) -> None:
    began = time.monotonic()
    while not _try(fd):
        holder = _holder(fd)
        waited_ms = (time.monotonic() - began) * 1000
        if waited_ms >= (min(wait_ms, LOCK_GRACE_MS) if _alive(holder) else wait_ms):
            raise FolderInUse(_sentence(path, holder))
        time.sleep(LOCK_LOOK_MS / 1000)


def _try(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(fd: int) -> int:
    """The process id the lock file names, 0 when it names none (yet)."""
    text = os.pread(fd, 20, 0).strip()
    return int(text) if text.isdigit() else 0


def _alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # A killed process stays in the table until its parent looks; it holds nothing any more.
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return True
    return not stat.rpartition(")")[2].startswith(" Z")


def _sentence(path: Path, holder: int) -> str:
    folder = path.parent
    if _alive(holder):
        return (
            f"The data folder {folder} is in use by process {holder}. Stop that process"
            f" (kill {holder}) or choose another folder."
        )
    return (
        f"The data folder {folder} is still held by children of a process that ended"
        f" ({holder or 'unknown'}). Wait for them, stop them, or choose another folder."
    )
