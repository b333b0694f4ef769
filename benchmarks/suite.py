"""Which stages run for a case, and in what order; what one leaves behind, another takes up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, get_args

from benchmarks.case import Case
from benchmarks.measure import Reading, measure
from benchmarks.report import Figures
from benchmarks.shares import shares_of
from benchmarks.stages.advance import advance_stage
from benchmarks.stages.folding import Folded, fold_file
from benchmarks.stages.importing import import_stage
from benchmarks.stages.intake import log_stage, parse_stage, seen_stage
from benchmarks.stages.outbox import outbox_stage
from benchmarks.stages.resolve import resolve_stage

StageName = Literal[
    "parse", "log", "seen", "resolve", "advance", "checkpoint", "outbox", "import"
]  # fmt: skip
STAGES: tuple[StageName, ...] = get_args(StageName)

# These do not look at the audiences: once per file is enough.
ONCE_PER_FILE: dict[str, Callable[[Case], tuple[float, str]]] = {
    "parse": parse_stage, "log": log_stage, "seen": seen_stage, "resolve": resolve_stage,
}  # fmt: skip


class Suite:
    """The stages of one case. `known` are readings of the same file under other audiences."""

    def __init__(self, case: Case, wanted: frozenset[str], known: dict[str, Reading]) -> None:
        self._case = case
        self._wanted = wanted
        self._known = known
        self._engine: dict[str, float] = {}
        self._folded: Folded | None = None

    def readings(self) -> Iterator[Reading]:
        """Each as soon as it is there."""
        for stage in STAGES:
            if stage in self._wanted:
                if stage not in self._known:
                    reading = self._measure(stage)
                    if stage in ONCE_PER_FILE:
                        self._known[stage] = reading
                else:
                    reading = self._known[stage]
                yield reading

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

    def _measure(self, stage: StageName) -> Reading:
        case = self._case
        if stage in ONCE_PER_FILE:
            run = ONCE_PER_FILE[stage]
            return measure(stage, case.lines, None, lambda: run(case))
        runs: dict[str, Callable[[], tuple[float, str]]] = {
            "advance": self._advance,
            "checkpoint": self._checkpoint,
            "outbox": lambda: outbox_stage(case, self._fold()),
            "import": lambda: import_stage(case),
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
