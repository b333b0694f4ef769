"""Which stages run for a case, and in what order; what one leaves behind, another takes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, get_args

from benchmarks.case import Case
from benchmarks.measure import Reading, measure
from benchmarks.peers.missing import PeerMissing
from benchmarks.report import Figures
from benchmarks.shares import shares_of
from benchmarks.stages.advance import advance_stage
from benchmarks.stages.folding import Folded, fold_file
from benchmarks.stages.importing import import_stage
from benchmarks.stages.intake import log_stage, parse_stage, seen_stage
from benchmarks.stages.outbox import outbox_stage
from benchmarks.stages.peers import bytewax_stage, duckdb_stage, loop_stage
from benchmarks.stages.resolve import resolve_stage

StageName = Literal[
    "parse", "log", "seen", "resolve", "advance", "checkpoint", "outbox", "import",
    "duckdb", "loop", "bytewax",
]  # fmt: skip
STAGES: tuple[StageName, ...] = get_args(StageName)

# These do not look at the audiences: once per file is enough.
ONCE_PER_FILE: dict[str, Callable[[Case], tuple[float, str]]] = {
    "parse": parse_stage, "log": log_stage, "seen": seen_stage, "resolve": resolve_stage,
}  # fmt: skip

# These take long over many events: they get the smaller case, once for each number of audiences.
ON_FEW_EVENTS: dict[str, Callable[[Case], tuple[float, str]]] = {
    "loop": loop_stage, "bytewax": bytewax_stage,
}  # fmt: skip


class Suite:
    """The stages of one case; peers that take long get the `small` one. `known` are readings
    that may hold for other cases of the run too; `missing` says which stages could not be
    measured for want of a package."""

    def __init__(self, case: Case, wanted: frozenset[str], known: dict[str, Reading],
                 small: Case | None = None) -> None:  # fmt: skip
        self._case = case
        self._small = small or case
        self._wanted = wanted
        self._known = known
        self._engine: dict[str, float] = {}
        self._folded: Folded | None = None
        self.missing: dict[str, str] = {}

    def readings(self) -> Iterator[Reading]:
        """Each as soon as it is there."""
        for stage in STAGES:
            if stage not in self._wanted:
                continue
            key = self._key(stage)
            if key not in self._known:
                try:
                    self._known[key] = self._measure(stage)
                except PeerMissing as error:
                    self.missing[stage] = str(error)
                    continue
            yield self._known[key]

    def figures(self, readings: list[Reading]) -> Figures:
        """The readings, and what dominates when everything was measured."""
        case = self._case
        made = Figures(len(case.lines), case.audiences, readings, [])
        by_stage = {reading.stage: reading for reading in readings}
        if self._folded is not None and {"seen", "resolve", "advance"} <= by_stage.keys():
            alone = {name: _seconds(by_stage[name]) for name in ("seen", "resolve")}
            decode_us = by_stage["checkpoint"].decode_us
            inside = alone | self._engine
            made.shares = shares_of(self._folded.seconds, inside, made.events, decode_us)
        return made

    def close(self) -> None:
        """Remove what the stages left on the disk."""
        if self._folded is not None:
            self._folded.folder.cleanup()

    def _key(self, stage: StageName) -> str:
        """What a reading depends on, in words."""
        if stage in ONCE_PER_FILE:
            return f"{stage} of {self._case.file.name}"
        case = self._small if stage in ON_FEW_EVENTS else self._case
        return f"{stage} of {case.file.name} under {case.audiences}"

    def _measure(self, stage: StageName) -> Reading:
        case = self._case
        if stage in ONCE_PER_FILE:
            run = ONCE_PER_FILE[stage]
            return measure(stage, case.lines, None, lambda: run(case))
        if stage in ON_FEW_EVENTS:
            run, few = ON_FEW_EVENTS[stage], self._small
            return measure(stage, few.lines, few.audiences, lambda: run(few))
        runs: dict[str, Callable[[], tuple[float, str]]] = {
            "advance": self._advance,
            "checkpoint": self._checkpoint,
            "outbox": lambda: outbox_stage(case, self._fold()),
            "import": lambda: import_stage(case),
            "duckdb": lambda: duckdb_stage(case),
        }
        return measure(stage, case.lines, case.audiences, runs[stage])

    def _advance(self) -> tuple[float, str]:
        seconds, note, self._engine = advance_stage(self._case)
        return seconds, note

    def _checkpoint(self) -> tuple[float, str]:
        self.close()
        self._folded = fold_file(self._case)
        return self._folded.checkpoint_seconds, "Rows.flush, People.flush, COMMIT"

    def _fold(self) -> Folded:
        if self._folded is None:
            self._folded = fold_file(self._case)
        return self._folded


def _seconds(reading: Reading) -> float:
    return reading.median_us * reading.events / 1e6
