"""What the machine offers: ports, disk, versions. For `doctor` and for finding a free port."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import apsw

from ebbline.hosts.embedded.reading.running import is_running

__all__ = [
    "free_bytes", "free_port", "is_running", "nearest_folder", "port_trouble", "sqlite_version",
    "writable",
]  # fmt: skip


def port_trouble(host: str, port: int) -> str | None:
    """Why nobody could listen there now, None when one could."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            door.bind((host, port))
    except OSError as error:
        return error.strerror or str(error)
    return None


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as door:
        door.bind((host, 0))
        return int(door.getsockname()[1])


def sqlite_version() -> str:
    """The version of the SQLite that is built into apsw."""
    return apsw.sqlite_lib_version()


def nearest_folder(path: Path) -> Path:
    """The folder itself, or the nearest one above it that exists."""
    path = path.absolute()
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def writable(path: Path) -> bool:
    """Whether files could be made in a folder, or the folder itself could be made."""
    return os.access(nearest_folder(path), os.W_OK | os.X_OK)


def free_bytes(path: Path) -> int:
    """Room on the disk of a folder that exists or could be made."""
    return shutil.disk_usage(nearest_folder(path)).free
