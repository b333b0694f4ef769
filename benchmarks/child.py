"""Run the `ebbline` command and leave its CPU time and memory in a file.

`python -m benchmarks.child REPORT import FILE ...`: a process of its own, so that the figures
are the command's and nobody else's.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from ebbline.console.cli import main


def memory_kib() -> int:
    """The most memory this process has had resident; 0 where the system does not say."""
    try:
        found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    except OSError:
        return 0
    return int(found[1]) if found else 0


if __name__ == "__main__":
    report = Path(sys.argv[1])
    sys.argv = ["ebbline", *sys.argv[2:]]
    try:
        main()
    finally:
        told = {"cpu_seconds": time.process_time(), "memory_kib": memory_kib()}
        report.write_text(json.dumps(told), encoding="utf-8")
