"""Disks that can be filled and emptied: a small file system where that may be mounted, and a
limit on the size of files, which any user can set and which ends writing in the same way."""

from __future__ import annotations

import os
import resource
import subprocess
from pathlib import Path

from tests.e2e.whole.system import WholeSystem

SIZE = "8m"
CHUNK_BYTES = 4096


class SmallDisk:
    """A file system of a few megabytes in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"
        path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", path], check=True)

    def fill(self, system: WholeSystem) -> None:
        """Leave no byte free."""
        del system
        file = os.open(self._filler, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(file, b"x" * CHUNK_BYTES):
                continue
        except OSError:
            os.close(file)

    def make_room(self, system: WholeSystem) -> None:
        """As it was."""
        del system
        self._filler.unlink()

    def close(self) -> None:
        """Let the file system go."""
        subprocess.run(["umount", "-l", self.path], check=True)


class SizeLimit:
    """No file of the system's processes grows any more, and none that is large is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir()

    def fill(self, system: WholeSystem) -> None:
        """No write succeeds that would make a file larger than nothing."""
        self._limit(system, 0)

    def make_room(self, system: WholeSystem) -> None:
        """As it was."""
        self._limit(system, resource.RLIM_INFINITY)

    def close(self) -> None:
        """Nothing is left of a limit when its processes end."""

    def _limit(self, system: WholeSystem, size: int) -> None:
        for pid in (system.pid, *system.children().values()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def kinds() -> list[type[SmallDisk | SizeLimit]]:
    """The disks this machine lets us have."""
    with_mount = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        may_mount = subprocess.run(with_mount, capture_output=True, check=False).returncode == 0
    except OSError:
        may_mount = False
    return [SizeLimit, SmallDisk] if may_mount else [SizeLimit]
