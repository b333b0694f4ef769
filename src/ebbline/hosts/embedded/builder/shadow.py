"""A state under another plan, in a file of its own, on its way along the log.

Every step is one transaction with the log offset it reached, so a kill at any moment goes on
where the last step ended. It says nothing to anybody: its ledger stays empty.
"""

from __future__ import annotations

from pathlib import Path

from ebbline import __version__
from ebbline.definitions.plan import Plan, encode_plan
from ebbline.errors import SetupError
from ebbline.hosts.embedded.builder.limits import STEP_ENTRIES, STEP_EVENTS
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore


class Shadow:
    """An open shadow; what the file holds of another plan or another Ebbline is discarded."""

    def __init__(self, path: Path, plan: Plan, log: Log) -> None:
        self.path = path
        self._log = log
        self._store = _store_of(path, plan)
        self.fold = Fold(self._store, plan, log)
        self.fold.rows.muted = True
        self.fold.remember_since(log)

    @property
    def offset(self) -> int:
        """The last log entry folded."""
        return self.fold.offset

    def step(self, before: int | None = None) -> int:
        """Fold and commit some entries (those below the offset `before`, if given); how many."""
        fold, log = self.fold, self._log
        entries = taken = 0
        for entry in log.read(fold.offset, STEP_ENTRIES):
            if not fold.offset and entry.offset != 1:
                message = "The log has lost its first entries: nothing can be built from it."
                raise SetupError(message)
            if before is not None and entry.offset >= before:
                break
            events = log.events(entry) if entry.kind in ("events", "replayed") else []
            fold.take(entry, events)
            entries, taken = entries + 1, taken + len(events)
            if taken >= STEP_EVENTS:
                break
        if entries:
            fold.commit()
        return entries

    def finish(self, entry: Entry) -> None:
        """Bring it to the very entry that makes its plan live."""
        while self.step(entry.offset):
            continue
        if self.fold.offset < entry.offset:
            self.fold.take(entry, [])
            self.fold.commit()

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._store.close()


def _store_of(path: Path, plan: Plan) -> StateStore:
    mark = encode_plan(plan)
    store = StateStore(path)
    if (store.meta("plan"), store.meta("made_by")) == (mark, __version__):
        return store
    store.close()
    discard(path)
    store = StateStore(path)
    store.set_meta({"plan": mark, "made_by": __version__})
    return store


def discard(path: Path) -> None:
    """Remove a shadow's file and what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
