"""`python -m benchmarks.latency`: see docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from benchmarks.latency.receiving import receiver
from benchmarks.latency.report import document, table
from benchmarks.latency.run import measure
from benchmarks.options import DATA, end_cleanly
from benchmarks.system import Stuck
from benchmarks.workload import DEFAULT_FOLDER, WorkloadMissing


def main(words: list[str]) -> int:
    """Measure and print; 1 when the system got stuck, 2 when there is no workload."""
    options = _options(words)
    options.data.mkdir(parents=True, exist_ok=True)
    nowhere = contextlib.nullcontext(None)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="latency-", dir=options.data) as folder,
            nowhere if options.no_destination else receiver() as hook,
        ):
            found = measure(options, Path(folder), hook)
    except WorkloadMissing as error:
        print(error, file=sys.stderr)
        return 2
    except Stuck as error:
        print(f"Stuck: {error}", file=sys.stderr)
        return 1
    print(document(found) if options.json else table(found))
    return 0


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    add = parser.add_argument
    add("--seconds", type=int, default=20, help="of sending in each stretch (default 20)")
    add("--per-second", type=int, default=1_000, metavar="N", help="events (default 1000)")
    add("--batch", type=int, default=10, metavar="N", help="events in a request (default 10)")
    add("--audiences", type=int, default=100, metavar="N", help="10 to 100 (default 100)")
    add("--history", type=int, default=20_000, metavar="N",
        help="events of the workload in the folder before (default 20000)")  # fmt: skip
    add("--expire", type=int, default=0, metavar="N",
        help="people whose windows all end at one instant of a second stretch")  # fmt: skip
    add("--ahead", type=int, default=0, metavar="SECONDS",
        help="that instant, after the start and the first stretch (default: 120 and one for every"
        " 2500 of these people)")  # fmt: skip
    add("--no-destination", action="store_true",
        help="no destination: traits are then defined but not kept")  # fmt: skip
    add("--nice", type=int, default=0, metavar="N",
        help="run all of it at another priority, where others use the machine: -10 goes before"
        " them (as root)")  # fmt: skip
    add("--workload", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="see benchmarks")
    add("--data", type=Path, default=DATA, metavar="DIR", help="see benchmarks")
    add("--json", action="store_true", help="print one JSON document instead of a table")
    return parser.parse_args(words)


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main(sys.argv[1:]))
