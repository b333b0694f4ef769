"""Making a version of the definitions live, from outside: propose, follow the build, confirm.

Beside a running system it only speaks: the builder and the engine do the work. In a folder at
rest it does the work itself, holding the folder's lock.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any, Literal, Self

import apsw
import msgspec

from ebbline.definitions.plan import Plan
from ebbline.errors import FolderInUse
from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.builder import Builder, Progress, read_progress
from ebbline.hosts.embedded.clock import SystemClock, clock_from
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.limits import BUSY_MS_MAX, FOLLOW_SECONDS
from ebbline.hosts.embedded.lock import acquire
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.reading.running import is_running
from ebbline.hosts.embedded.state.schema import KIND_NAMES
from ebbline.hosts.embedded.versions import (
    Proposal,
    Version,
    Versions,
    plan_of,
    propose,
    read_versions,
)

Watch = Callable[[Progress], object]


class Outcome(msgspec.Struct, frozen=True):
    """How a version ended: live, failed with a reason, or overtaken by somebody's decision.
    `told` is how many people were told what, by (kind, definition)."""

    version: Version
    state: Literal["live", "failed", "superseded", "withdrawn", "open"]
    error: str = ""
    told: dict[tuple[str, str], int] = {}


class _Rest(SystemClock):
    """The clock of a folder at rest: the log's last stamp is as late as it gets."""

    def now_ms(self) -> int:
        return 0


class Conduct:
    """The changes of definitions of one data folder; use it in a `with` block.

    In a folder at rest no time passes: what is proposed and made live bears the log's last
    stamp, so that a change of definitions is nothing but that.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        clock = clock_from(os.environ) if is_running(folder) else _Rest()
        self._log = Log(folder.log, clock)

    def __enter__(self) -> Self:
        """Open the log."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._log.close()

    @property
    def versions(self) -> Versions:
        """As the log has them now."""
        return read_versions(self._log)

    def propose(self, plan: Plan, who: str, note: str, of: int = 0) -> Version | None:
        """Put a plan forward; the version that is open for it, None when it is live already."""
        found = propose(self._log, Proposal(plan, who, note, of))
        self._ring()
        return found.open

    def withdraw(self, who: str) -> Version | None:
        """Give up what is open; the version that was, None when there was none."""
        was = self.versions.open
        if was is None:
            return None
        propose(self._log, Proposal(None, who))
        self._ring()
        now = self.versions.numbered(was.number)
        if now.standing == "withdrawn":
            self._tidy()
        return now

    def follow(self, number: int, watch: Watch = lambda _: None) -> Outcome:
        """Wait until a version is live, or will not be. What nobody is at work on is done here."""
        while True:
            outcome = self.outcome(number)
            if outcome.state != "open":
                return outcome
            if (progress := read_progress(self._folder)) is not None:
                watch(progress)
            try:
                lock = acquire(self._folder.lock, wait_ms=0)
            except FolderInUse:
                time.sleep(FOLLOW_SECONDS)
                continue
            with lock:
                self._work(number, watch)

    def outcome(self, number: int) -> Outcome:
        """How a version stands."""
        version = self.versions.numbered(number)
        if version.standing == "open":
            progress = read_progress(self._folder)
            if progress is not None and (progress.version, progress.state) == (number, "failed"):
                return Outcome(version, "failed", progress.error)
            return Outcome(version, "open")
        if version.live_offset:
            if not self._reached(version.live_offset):
                return Outcome(version, "open")  # in the log, but not in the state yet
            return Outcome(version, "live", told=self._told(version))
        if version.standing == "withdrawn":
            return Outcome(version, "withdrawn")
        return Outcome(version, "superseded")

    def _work(self, number: int, watch: Watch) -> None:
        """Build and switch in this process, as the processes of a system would."""
        clock = _Rest()
        live = self.versions.live or self.versions.numbered(number)
        engine = EngineLoop(self._folder, plan_of(live), clock, take_up=False)
        builder = Builder(self._folder, clock)
        try:
            engine.step()
            while builder.step():
                if builder.progress is not None:
                    watch(builder.progress)
            engine.step()
            builder.step()  # tidies up what is done with
        finally:
            builder.close()
            engine.close()

    def _tidy(self) -> None:
        """In a folder at rest, nobody else will remove what was built so far."""
        try:
            lock = acquire(self._folder.lock, wait_ms=0)
        except FolderInUse:
            return
        with lock:
            self._work(self.versions.all[-1].number, lambda _: None)

    def _ring(self) -> None:
        for bell in (self._folder.engine_bell, self._folder.builder_bell):
            named_bell.ring(bell)

    def _reached(self, offset: int) -> bool:
        rows = self._state("SELECT value FROM meta WHERE key = 'offset'")
        return bool(rows) and rows[0][0] >= offset

    def _told(self, version: Version) -> dict[tuple[str, str], int]:
        rows = self._state(
            "SELECT l.kind, d.name, count(*) FROM ledger l"
            " JOIN definitions d ON d.id = l.definition"
            " WHERE l.log_offset = ? AND l.at_ms = ? GROUP BY 1, 2",
            version.live_offset, version.live_ms,
        )  # fmt: skip
        return {(KIND_NAMES[kind], name): number for kind, name, number in rows}

    def _state(self, query: str, *values: int) -> list[tuple[Any, ...]]:
        try:
            db = apsw.Connection(str(self._folder.state), flags=apsw.SQLITE_OPEN_READONLY)
        except apsw.CantOpenError:
            return []  # no state yet
        try:
            db.set_busy_timeout(BUSY_MS_MAX)
            return db.execute(query, values).fetchall()
        finally:
            db.close(True)
