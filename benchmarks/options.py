"""What the benchmarks' command lines have in common."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

DATA = Path(tempfile.gettempdir()) / f"ebbline-benchmarks-{os.getuid()}"


def numbers(text: str) -> list[int]:
    """Positive whole numbers, parted by commas."""
    found = [int(part.replace("_", "")) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def say(text: str) -> None:
    """Progress, for whoever watches."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
