"""`python -m benchmarks.restart`: see docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import msgspec

from benchmarks.options import DATA, end_cleanly
from benchmarks.report import columns, hot_path
from benchmarks.restart.run import MEMORY_MIB_MAX, READY_SECONDS_MAX, Restart, measure
from benchmarks.system import Stuck
from benchmarks.workload import DEFAULT_FOLDER, WorkloadMissing


def main(words: list[str]) -> int:
    """Measure and print; 1 when the system got stuck, 2 when there is no workload."""
    options = _options(words)
    options.data.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="restart-", dir=options.data) as folder:
            found = measure(options, Path(folder))
    except WorkloadMissing as error:
        print(error, file=sys.stderr)
        return 2
    except Stuck as error:
        print(f"Stuck: {error}", file=sys.stderr)
        return 1
    if options.json:
        told = msgspec.to_builtins(found) | {"hot_path": hot_path()}
        print(msgspec.json.encode(told).decode())
    else:
        print(table(found))
    return 0


def table(found: Restart) -> str:
    """One run as text."""
    memory = ", ".join(f"{role} {mib:,}" for role, mib in found.ready_mib.items())
    rows: list[tuple[str, str, str]] = [
        ("import, CPU seconds", f"{found.import_cpu_seconds:,.1f}", ""),
        ("import, MiB at the most", f"{found.import_peak_mib:,}", _held(found.import_peak_mib)),
        ("state.db and log.db, MiB", f"{found.state_mib:,} and {found.log_mib:,}", ""),
        ("cold start until ready, seconds", f"{found.ready_seconds:.2f}",
         f"limit {READY_SECONDS_MAX:.0f}"),
        ("of it CPU of the engine, seconds", f"{found.ready_engine_cpu_seconds:.2f}", ""),
        ("another start, files cached, seconds", f"{found.warm_ready_seconds:.2f}", ""),
        ("engine once ready, MiB", f"{found.ready_mib['engine']:,}",
         _held(found.ready_mib["engine"])),
        ("all processes then, MiB", f"{sum(found.ready_mib.values()):,}", memory),
        (f"engine after {found.live_events:,} live events, MiB", f"{found.live_mib:,}",
         _held(found.live_mib)),
        ("engine at the most, MiB", f"{found.live_peak_mib:,}", _held(found.live_peak_mib)),
    ]  # fmt: skip
    title = (
        f"{found.people:,} people ({found.pending:,} with a pending wake), {found.events:,} events,"
        f" {found.audiences} audiences, {hot_path()} hot path"
    )
    return f"{title}\n{columns([('', '', ''), *rows])}\n"


def _held(mib: int) -> str:
    """The limit, and whether it holds."""
    return f"limit {MEMORY_MIB_MAX:,}" + ("" if mib < MEMORY_MIB_MAX else ": OVER")


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.restart", description=__doc__)
    add = parser.add_argument
    add("--people", type=int, default=1_000_000, metavar="N", help="default 1000000")
    add("--audiences", type=int, default=10, metavar="N", help="10 to 100 (default 10)")
    add("--live", type=int, default=200_000, metavar="N",
        help="events of different people sent after the start (default 200000)")  # fmt: skip
    add("--seed", type=int, default=1, metavar="N", help="what events are drawn from")
    add("--nice", type=int, default=0, metavar="N", help="priority of the starts, as in latency")
    add("--workload", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help="see benchmarks")
    add("--data", type=Path, default=DATA, metavar="DIR", help="see benchmarks")
    add("--json", action="store_true", help="print one JSON document instead of a table")
    return parser.parse_args(words)


if __name__ == "__main__":
    end_cleanly()
    sys.exit(main(sys.argv[1:]))
