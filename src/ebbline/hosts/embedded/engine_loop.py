"""The engine's turn: read what the log has, fold it, commit, say when time alone is due.

It owns no thread and no waiting: a process, a test on a virtual clock and an import all call
`step` when there may be something to do.
"""

from __future__ import annotations

from collections.abc import Callable

from ebbline.definitions.plan import Plan, decode_plan, encode_plan
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import ENTRIES_PER_STEP_MAX, EVENTS_PER_COMMIT_MAX, TICK_MS_MIN
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.rebuild import rebuild
from ebbline.hosts.embedded.state.store import StateStore


class EngineLoop:
    """The only writer of state.db, and of ticks and definitions in the log."""

    def __init__(self, folder: DataFolder, plan: Plan, clock: Clock,
                 on_commit: Callable[[int], object] = lambda _: None) -> None:  # fmt: skip
        """Open the folder and catch up on nothing yet; a plan that differs from the one in
        force becomes an entry of the log. `on_commit` hears how many ledger rows were added."""
        self._clock = clock
        self._on_commit = on_commit
        self._next_tick_ms = 0
        self.log = Log(folder.log, clock)
        store = StateStore(folder.state)
        in_force = store.meta("plan")
        first = next((e for e in self.log.read(0) if e.kind == "definitions"), None)
        begun = in_force or (first.payload if first else encode_plan(plan))
        self.fold = Fold(store, decode_plan(begun))
        self._remember()
        if self._latest_plan(begun if first else b"") != encode_plan(plan):
            self.log.append("definitions", encode_plan(plan))

    def _latest_plan(self, begun: bytes) -> bytes:
        """The plan that will be in force once the whole log is folded."""
        latest = begun
        for entry in self.log.read(self.fold.offset):
            if entry.kind == "definitions":
                latest = entry.payload
        return latest

    def _remember(self) -> None:
        """Read back the messageIds that are counted but not in a written chunk."""
        since = self.fold.store.meta("seen_offset") or 0
        for entry in self.log.read(since):
            if entry.offset > self.fold.offset:
                break
            if entry.kind in ("events", "replayed"):
                self.fold.remember(self.log.events(entry))

    def step(self) -> int:
        """Do what there is to do now; the next instant at which time alone is due.

        Everything in the log is folded and committed in micro-batches. When something is due
        and the log is at rest, a tick is appended and folded, so that a replay fires it in the
        same place.
        """
        while True:
            while self._batch():
                continue
            due_ms = max(self.fold.next_due(), self._next_tick_ms)
            now_ms = self._clock.now_ms()
            if due_ms > now_ms:
                return due_ms
            self.log.append("tick")
            self._next_tick_ms = now_ms + TICK_MS_MIN

    def close(self) -> None:
        """Let go of the files; everything folded is committed already."""
        self.fold.store.close()
        self.log.close()

    def _batch(self) -> bool:
        """Fold and commit one micro-batch; False when the log had nothing new."""
        events = entries = 0
        for entry in self.log.read(self.fold.offset, ENTRIES_PER_STEP_MAX):
            if entry.kind == "definitions":
                if entries:
                    break
                self._define(entry)
                self._on_commit(1)
                return True
            folded = [] if entry.kind == "tick" else self.log.events(entry)
            self.fold.take(entry, folded)
            entries += 1
            events += len(folded)
            if events >= EVENTS_PER_COMMIT_MAX:
                break
        if not entries:
            return False
        self._on_commit(self.fold.commit())
        return True

    def _define(self, entry: Entry) -> None:
        """A definitions entry: the first says what is in force already, a new one rebuilds."""
        fold, plan = self.fold, decode_plan(entry.payload)
        if plan != fold.plan:
            history = (
                (past, self.log.events(past) if past.kind in ("events", "replayed") else ())
                for past in self.log.read(0)
                if past.offset < entry.offset
            )
            rebuild(fold, plan, entry, history)
            return
        fold.pass_time(entry.now_ms, entry.offset)
        fold.offset = entry.offset
        fold.adopt(plan)
        fold.commit()
