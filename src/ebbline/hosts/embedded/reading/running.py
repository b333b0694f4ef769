"""Whether a system runs on a data folder, asked without getting in its way."""

from __future__ import annotations

import fcntl
import os

from ebbline.hosts.embedded.folder import DataFolder


def is_running(folder: DataFolder) -> bool:
    """Whether some process holds the folder's lock.

    The lock is tried for and let go at once; a start that comes at that very moment waits
    longer than this takes.
    """
    try:
        fd = os.open(folder.lock, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(fd)
