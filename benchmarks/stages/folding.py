"""The import taken apart: the product's parser, log, fold and commit, timed where they meet.

This is `importing.replay` with a clock between its steps. What a step does inside is measured
by the other stages, alone.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec

from benchmarks.answers import hold, members_of
from benchmarks.case import Case, line_batches, parse
from benchmarks.measure import Laps
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.limits import (
    IMPORT_COMMIT_BATCHES,
    IMPORT_COMMIT_PEOPLE,
    IMPORT_SPILL_BATCHES,
)
from ebbline.hosts.embedded.log import Batch, Entry, Log
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

LEDGER = "commit: ledger and memberships"
PEOPLE = "commit: people"
REST = "commit: the rest"


class Folded(msgspec.Struct, frozen=True):
    """What a run left behind: its folder (removed with this record) and CPU seconds by step."""

    folder: tempfile.TemporaryDirectory[str]
    seconds: dict[str, float]
    ledger_rows: int

    @property
    def state(self) -> Path:
        """The state.db of the run."""
        return Path(self.folder.name) / "state.db"

    @property
    def checkpoint_seconds(self) -> float:
        """Everything a commit does."""
        return sum(self.seconds[name] for name in (LEDGER, PEOPLE, REST))


def fold_file(case: Case) -> Folded:
    """Import the case's lines into a new folder and check the answer."""
    folder = case.folder()
    try:
        seconds, rows = _fold(case, Path(folder.name))
    except BaseException:
        folder.cleanup()
        raise
    return Folded(folder, seconds, rows)


def _fold(case: Case, path: Path) -> tuple[dict[str, float], int]:
    laps = Laps()
    log = Log(path / "log.db", SystemClock())
    fold = Fold(StateStore(path / "state.db"), case.plan)
    parser = Parser(Names({}))
    for number, lines in enumerate(line_batches(case.lines), 1):
        laps.start()
        events = case.in_time(parse(parser, lines))
        laps.lap("parse")
        position = log.append_many([Batch("replayed", events, events[-1].received_ms)])
        laps.lap("log")
        entry = Entry(position.offset, position.now_ms, "replayed", len(events), b"")
        fold.take(entry, events)
        laps.lap("fold")
        changed = len(fold.people.dirty)
        if number % IMPORT_COMMIT_BATCHES == 0 or changed > IMPORT_COMMIT_PEOPLE:
            _commit(fold, laps)
        elif number % IMPORT_SPILL_BATCHES == 0:
            laps.start()
            fold.spill()
            laps.lap(LEDGER)
    laps.start()
    position = log.append_many([Batch("tick", b"", case.until_ms)])
    laps.lap("log")
    fold.take(Entry(position.offset, position.now_ms, "tick", 0, b""), [])
    laps.lap("fold")
    _commit(fold, laps)
    rows = fold.store.ledger_end()
    fold.store.close()
    log.close()
    hold(case, members_of(path / "state.db", fold.tables.audiences), "fold")
    return laps.seconds, rows


def _commit(fold: Fold, laps: Laps) -> None:
    """`Fold.commit` in its parts: what is written already is not written again."""
    laps.start()
    fold.store.begin()
    fold.rows.flush()
    laps.lap(LEDGER)
    fold.people.flush()
    laps.lap(PEOPLE)
    fold.flush()
    fold.store.commit()
    laps.lap(REST)
