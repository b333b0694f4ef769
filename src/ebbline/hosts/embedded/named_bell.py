"""A bell that anyone who knows the data folder can ring: a named pipe.

Commands use it to wake a running process. As with the inherited bells, a ring says "look" and
nothing else; without a listener it is silent.
"""

from __future__ import annotations

import os
from pathlib import Path


def ring(path: Path) -> bool:
    """Ring; whether somebody has the other end open."""
    try:
        bell = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        os.write(bell, b"!")
    except OSError:
        return True  # full of rings nobody has heard yet: one of them will do
    finally:
        os.close(bell)
    return True


def listen(path: Path) -> int:
    """Open the hearing end; the descriptor belongs to the caller."""
    if not path.exists():
        os.mkfifo(path, 0o600)
    # Open for writing as well, so that it does not end when the last ringer lets go.
    return os.open(path, os.O_RDWR | os.O_NONBLOCK)


def drain(bell: int) -> None:
    """Take all rings so far."""
    try:
        while os.read(bell, 4_096):
            continue
    except BlockingIOError:
        return
