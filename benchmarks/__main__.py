"""`python -m benchmarks`: see docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.answers import WrongAnswer
from benchmarks.case import Case
from benchmarks.measure import Reading
from benchmarks.report import Figures, document, table
from benchmarks.suite import STAGES, Suite
from benchmarks.workload import DEFAULT_FOLDER, Workload, WorkloadMissing

DATA = Path(tempfile.gettempdir()) / f"ebbline-benchmarks-{os.getuid()}"


def main(words: list[str]) -> int:
    """Measure and print; 1 when an answer was wrong, 2 when there is no workload."""
    options = _options(words)
    wanted = frozenset(STAGES if "all" in options.stage else options.stage)
    cases = []
    try:
        for figures in _figures(options, wanted):
            cases.append(figures)
            if not options.json:
                print(table(figures), flush=True)
    except WorkloadMissing as error:
        print(error, file=sys.stderr)
        return 2
    except WrongAnswer as error:
        print(f"WRONG ANSWER. {error}", file=sys.stderr)
        return 1
    if options.json:
        print(document(cases))
    return 0


def _figures(options: argparse.Namespace, wanted: frozenset[str]) -> Iterator[Figures]:
    workload = Workload(options.workload)
    for events in options.events:
        file = workload.file(events, options.data)
        lines = file.read_bytes().splitlines()
        known: dict[str, Reading] = {}
        for audiences in options.audiences:
            case = Case(workload, file, lines, audiences, options.data, ask_oracle=options.oracle)
            suite = Suite(case, wanted, known)
            try:
                readings = []
                for reading in suite.readings():
                    readings.append(reading)
                    _say(f"{events:,}/{audiences} {reading.stage}: x {reading.ratio:.2f}")
                yield suite.figures(readings)
            finally:
                suite.close()


def _say(text: str) -> None:
    """Progress, for whoever watches."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)


def _numbers(text: str) -> list[int]:
    found = [int(part.replace("_", "")) for part in text.split(",")]
    if min(found) < 1:
        raise ValueError
    return found


def _stages(text: str) -> list[str]:
    found = text.split(",")
    if not set(found) <= {"all", *STAGES}:
        raise ValueError
    return found


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--events", type=_numbers, default=[100_000, 1_000_000], metavar="N,N",
        help="events of each file (default 100000,1000000)")  # fmt: skip
    add("--audiences", type=_numbers, default=[10, 100], metavar="N,N",
        help="audiences under which each file is measured, 10 to 100 (default 10,100)")  # fmt: skip
    add("--stage", type=_stages, default=["all"], metavar="STAGE,STAGE",
        help=f"all (default), or some of: {', '.join(STAGES)}")  # fmt: skip
    add("--workload", type=Path, default=DEFAULT_FOLDER, metavar="DIR",
        help="folder with gen.py, questions.py and oracle.py (default: shared/workload beside"
        " the repository)")  # fmt: skip
    add("--data", type=Path, default=DATA, metavar="DIR",
        help="folder for generated files and runs (default: a temporary one)")  # fmt: skip
    add("--oracle", action="store_true", help="work out the right answers anew; slow")
    add("--json", action="store_true", help="print one JSON document instead of tables")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
