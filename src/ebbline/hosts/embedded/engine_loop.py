"""The engine's turn: read what the log has, fold it, commit, say when time alone is due.

It owns no thread and no waiting: a process, a test on a virtual clock and an import all call
`step` when there may be something to do.
"""

from __future__ import annotations

from collections.abc import Callable

from ebbline.definitions.differences import same_state
from ebbline.definitions.plan import Plan, decode_plan, encode_plan
from ebbline.hosts.embedded.builder.handover import Handover
from ebbline.hosts.embedded.builder.limits import HAND_BACK_EVENTS_MAX
from ebbline.hosts.embedded.builder.shadow import Shadow, discard
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import (
    ENTRIES_PER_STEP_MAX,
    EVENTS_PER_COMMIT_MAX,
    TICK_MS_MIN,
    WAKES_PER_TICK_MAX,
)
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.state.exchange import exchange
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.limits import PORTION_MS, WAKES_PER_TICK_MIN
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.hosts.embedded.versions import Version, go_live, plan_of, read_versions


class EngineLoop:
    """The only writer of state.db, and of ticks and definitions in the log."""

    def __init__(self, folder: DataFolder, plan: Plan, clock: Clock,
                 on_commit: Callable[[int], object] = lambda _: None, *,
                 on_plan: Callable[[Plan], object] = lambda _: None,
                 take_up: bool = True) -> None:  # fmt: skip
        """Open the folder and catch up on nothing yet. `on_commit` hears how many ledger rows
        were added, `on_plan` the plan that is in force, now and whenever another one is.

        An empty folder begins with `plan`. In one with data a different plan is taken up at
        once, the folder standing still meanwhile, if `take_up`; else it is left to a proposal.
        """
        self._clock = clock
        self._folder = folder
        self._on_commit = on_commit
        self._on_plan = on_plan
        self._next_tick_ms = 0
        self._portion = WAKES_PER_TICK_MAX
        self._shadow: Shadow | None = None  # of the version that is about to be live
        self.log = Log(folder.log, clock)
        self._handover = Handover(folder)
        known, wanted = read_versions(self.log), encode_plan(plan)
        store = StateStore(folder.state)
        in_force = store.meta("plan") or (known.all[0].plan if known.all else wanted)
        self.fold = Fold(store, decode_plan(in_force), self.log)
        self.fold.remember_since(self.log)
        coming = [each.plan for each in (known.live, known.open) if each is not None]
        if not coming or (take_up and wanted not in coming):
            self.log.append("definitions", wanted)
            known = read_versions(self.log)
        self._versions = known
        self._on_plan(self.fold.plan)

    def step(self, *, to_rest: bool = True) -> int:
        """Do what there is to do now; the next instant at which time alone is due. Without
        `to_rest` that is in the past while more is due than one portion.

        Everything in the log is folded and committed in micro-batches. When something is due
        and the log is at rest, a tick is appended and folded, so that a replay fires it in the
        same place. A tick fires a portion; what has come into the log meanwhile goes before the
        next one. A version that is ready goes live when the log
        is at rest.
        """
        portions = 0
        while True:
            while self._batch():
                continue
            if not self.fold.is_behind:
                if self._switch():
                    continue
                due_ms = max(self.fold.next_due(), self._next_tick_ms)
                if due_ms > self._clock.now_ms():
                    return due_ms
                self._next_tick_ms = self._clock.now_ms() + TICK_MS_MIN
            elif not to_rest and portions:
                return self.fold.now_ms
            self.log.append("tick", b"%d" % self._portion)
            portions += 1

    def close(self) -> None:
        """Let go of the files; everything folded is committed already."""
        self._close_shadow()
        self.fold.store.close()
        self.log.close()

    def _batch(self) -> bool:
        """Fold and commit one micro-batch; False when the log had nothing new."""
        events = entries = 0
        began_ms, before = self._clock.now_ms(), self.fold.fired
        for entry in self.log.read(self.fold.offset, ENTRIES_PER_STEP_MAX):
            if entry.kind == "definitions":
                if entries:
                    break
                self._define(entry)
                return True
            if entry.kind == "command" and entries:
                break  # a command begins by writing down what came before it
            folded = self.log.events(entry) if entry.kind in ("events", "replayed") else []
            self.fold.take(entry, folded)
            entries += 1
            events += len(folded)
            fired = self.fold.fired - before
            if fired >= self._portion or events + fired >= EVENTS_PER_COMMIT_MAX:
                break
        if not entries:
            return False
        fired = self.fold.fired - before
        self._on_commit(self.fold.commit())
        if fired >= self._portion:
            self._fit(self._clock.now_ms() - began_ms)
        return True

    def _fit(self, took_ms: int) -> None:
        """Make the next portion of wakes one that takes about as long as it should; how large
        each was stands in its tick, so a replay need not measure anything."""
        fitting = self._portion * PORTION_MS // max(took_ms, PORTION_MS // 2)
        self._portion = min(max(fitting, WAKES_PER_TICK_MIN), WAKES_PER_TICK_MAX)

    # -- definitions -----------------------------------------------------------------------

    def _switch(self) -> bool:
        """Make the open version live, if its state is at hand; whether the log has it now."""
        if self.log.last_plan() != self._versions.last_offset:
            self._versions = read_versions(self.log)
        version, noted = self._versions.open, self._handover.version()
        if version is None or (noted and noted != version.number):
            if noted:
                self._handover.to_builder()
            return False
        plan = plan_of(version)
        if not same_state(self.fold.plan, plan) and not (noted and self._at_hand(plan)):
            return False
        if go_live(self.log, version, self._versions) is not None:
            return True
        self._close_shadow()  # somebody has decided otherwise meanwhile
        return False

    def _close_shadow(self) -> None:
        if self._shadow is not None:
            self._shadow.close()
            self._shadow = None

    def _at_hand(self, plan: Plan) -> bool:
        """Bring the shadow to where the state is, so that little is left to do once the log
        says that the version is live; False when that is for the builder to do. It stays open
        for what is left."""
        shadow = Shadow(self._folder.shadow, plan, self.log)
        if self.log.count_events(shadow.offset, self.fold.offset) > HAND_BACK_EVENTS_MAX:
            shadow.close()
            self._handover.to_builder()
            return False
        while shadow.step(self.fold.offset + 1):
            continue
        self._shadow = shadow
        return True

    def _define(self, entry: Entry) -> None:
        """Make the plan of a definitions entry the one in force, at the entry's instant."""
        fold, plan = self.fold, decode_plan(entry.payload)
        if same_state(fold.plan, plan):
            fold.take(entry, [])
            fold.store.begin()
            fold.adopt(plan, entry.offset)
            self._on_commit(fold.commit() or 1)  # who follows the ledger has to look
        else:
            # What time alone brings until then is the old plan's and has its own instants.
            fold.pass_time(entry.now_ms, entry.offset)
            self._on_commit(fold.commit())
            self._exchange(entry, plan)
        self._versions = read_versions(self.log)
        self._on_plan(plan)

    def _exchange(self, entry: Entry, plan: Plan) -> None:
        version = self._version_of(entry)
        built = version is not None and self._handover.ready(version.number)
        path = self._folder.shadow if built else self._folder.rebuilt
        shadow, self._shadow = self._shadow or Shadow(path, plan, self.log), None
        if shadow.offset > entry.offset:  # left behind by a state that is not this one
            shadow.close()
            discard(path)
            shadow = Shadow(path, plan, self.log)
        try:
            shadow.finish(entry)
        finally:
            shadow.close()
        told = exchange(self.fold, path, plan, entry)
        self._on_commit(told.total() or 1)
        if built:
            self._handover.over()
        else:
            discard(path)

    def _version_of(self, entry: Entry) -> Version | None:
        found = (v for v in read_versions(self.log).all if v.live_offset == entry.offset)
        return next(found, None)
