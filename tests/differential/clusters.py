"""A PostgreSQL of its own for the tests: new, private, reached by a socket, gone afterwards."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

NOBODY = 65534
"""The user of the server where the tests are root, which PostgreSQL refuses to run as."""
START_SECONDS = 60
MISSING = "PostgreSQL is not installed, and its SQL is run for real: apt-get install postgresql"


@contextlib.contextmanager
def running() -> Iterator[str]:
    """The address of a running server."""
    folder = Path(tempfile.mkdtemp(prefix="ebbline-pg-"))
    root = os.geteuid() == 0
    if root:
        os.chown(folder, NOBODY, NOBODY)
    other = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if root else []
    data = folder / "data"
    try:
        subprocess.run(
            [*other, program("initdb"), "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        with (folder / "log").open("wb") as log:
            options = ("listen_addresses=", "fsync=off", "full_page_writes=off")
            server = subprocess.Popen(
                [*other, program("postgres"), "-D", data, "-k", folder,
                 *(word for option in options for word in ("-c", option))],
                stdout=log, stderr=log, cwd=folder,
            )  # fmt: skip
            try:
                yield ready(f"host={folder} user=tests dbname=postgres", folder / "log")
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(START_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> str:
    """A program of PostgreSQL; Debian keeps them beside each version and not in PATH."""
    beside = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    found = shutil.which(name) or (str(beside[-1]) if beside else None)
    if found is None:
        pytest.fail(MISSING)
    return found


def ready(address: str, log: Path) -> str:
    """The address, once somebody answers there."""
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            if time.monotonic() > until:
                pytest.fail(f"PostgreSQL did not start:\n{log.read_text()}")
            time.sleep(0.05)
        else:
            return address
