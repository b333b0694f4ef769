"""`python -m benchmarks`: see docs/reference/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.answers import WrongAnswer
from benchmarks.case import Case
from benchmarks.exact import Exactness, check
from benchmarks.measure import Reading
from benchmarks.options import DATA, numbers, say
from benchmarks.report import Figures, document, exact_document, exact_table, table
from benchmarks.suite import STAGES, Suite
from benchmarks.workload import DEFAULT_FOLDER, Workload, WorkloadMissing

EVENTS = [100_000, 1_000_000]
EXACT_EVENTS = [100_000]


def main(words: list[str]) -> int:
    """Measure and print; 1 when an answer was wrong, 2 when something needed is not there."""
    options = _options(words)
    try:
        return _exact(options) if options.exact else _bench(options)
    except WorkloadMissing as error:
        print(error, file=sys.stderr)
        return 2
    except WrongAnswer as error:
        print(f"WRONG ANSWER. {error}", file=sys.stderr)
        return 1


def _bench(options: argparse.Namespace) -> int:
    wanted = frozenset(STAGES if "all" in options.stage else options.stage)
    cases: list[Figures] = []
    missing: dict[str, str] = {}
    for figures in _figures(options, wanted, missing):
        cases.append(figures)
        if not options.json:
            print(table(figures), flush=True)
    if options.json:
        print(document(cases))
    for stage, why in missing.items():
        print(f"{stage} was left out: {why}", file=sys.stderr)
    return 2 if missing.keys() & set(options.stage) else 0


def _figures(options: argparse.Namespace, wanted: frozenset[str],
             missing: dict[str, str]) -> Iterator[Figures]:  # fmt: skip
    known: dict[str, Reading] = {}
    few: int = options.peer_events
    for events in options.events or EVENTS:
        for case in _cases(options, events):
            small = next(_cases(options, few, case.audiences)) if events > few else case
            suite = Suite(case, wanted, known, small)
            try:
                readings = []
                for reading in suite.readings():
                    readings.append(reading)
                    say(f"{events:,}/{case.audiences} {reading.stage}: x {reading.ratio:.2f}")
                missing |= suite.missing
                yield suite.figures(readings)
            finally:
                suite.close()


def _exact(options: argparse.Namespace) -> int:
    found: list[Exactness] = []
    for events in options.events or EXACT_EVENTS:
        for case in _cases(options, events):
            say(f"{events:,}/{case.audiences}: comparing")
            found.append(check(case, options.instants, options.seed))
    print(exact_document(found) if options.json else exact_table(found))
    return 0


def _cases(options: argparse.Namespace, events: int, only: int | None = None) -> Iterator[Case]:
    """One file under each number of audiences, or only one."""
    workload = Workload(options.workload)
    file = workload.file(events, options.data)
    lines = file.read_bytes().splitlines()
    for audiences in options.audiences if only is None else [only]:
        yield Case(workload, file, lines, audiences, options.data, ask_oracle=options.oracle)


def _stages(text: str) -> list[str]:
    found = text.split(",")
    if not set(found) <= {"all", *STAGES}:
        raise ValueError
    return found


def _options(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--events", type=numbers, metavar="N,N",
        help="events of each file (default 100000,1000000; with --exact 100000)")  # fmt: skip
    add("--audiences", type=numbers, default=[10, 100], metavar="N,N",
        help="audiences under which each file is measured, 10 to 100 (default 10,100)")  # fmt: skip
    add("--stage", type=_stages, default=["all"], metavar="STAGE,STAGE",
        help=f"all (default), or some of: {', '.join(STAGES)}")  # fmt: skip
    add("--peer-events", type=int, default=100_000, metavar="N",
        help="events that loop and bytewax get at the most (default 100000)")  # fmt: skip
    add("--exact", action="store_true",
        help="compare instead of measuring: members at random instants, all flips")  # fmt: skip
    add("--instants", type=int, default=20, metavar="N",
        help="random instants of --exact (default 20)")  # fmt: skip
    add("--seed", type=int, default=1, metavar="N", help="what they are drawn from (default 1)")
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
