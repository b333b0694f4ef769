"""What the benchmarks' command lines have in common."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

DATA = Path(tempfile.gettempdir()) / f"ebbline-benchmarks-{os.getuid()}"


def numbers(text: str) -> list[int]:
    """Positive whole numbers, parted by commas."""
    found = [int(part.replace("_", "")) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


@contextlib.contextmanager
def priority(nice: int) -> Iterator[None]:
    """Run this process and those it starts meanwhile at another priority; 0 leaves all as it is.
    Linux may schedule by session first: then the session's own value is what counts among the
    machine's others."""
    session = Path("/proc/self/autogroup")
    grouped = bool(nice) and session.exists()
    os.nice(nice)
    if grouped:
        session.write_text(str(nice), "ascii")
    try:
        yield
    finally:
        os.nice(-nice)
        if grouped:
            session.write_text("0", "ascii")


def end_cleanly() -> None:
    """Let SIGTERM end this process as an exception does: what it started is ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


def say(text: str) -> None:
    """Progress, for whoever watches."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
