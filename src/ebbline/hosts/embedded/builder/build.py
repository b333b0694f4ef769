"""The builder's turn: find the version that is open, bring its shadow to the head of the log.

It owns no thread and no waiting; a process, a command and a test on a virtual clock all call
`step` until there is nothing left to do. Failures become words in the progress file: the live
version never depends on a build.
"""

from __future__ import annotations

import time

from msgspec.structs import replace

from ebbline.hosts.embedded.builder.handover import Handover
from ebbline.hosts.embedded.builder.limits import (
    PROGRESS_SECONDS_MIN,
    READY_EVENTS_MAX,
    STARTS_MAX,
)
from ebbline.hosts.embedded.builder.progress import Progress, read_progress, write_progress
from ebbline.hosts.embedded.builder.shadow import Shadow, discard
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.processes.trouble import passing_trouble
from ebbline.hosts.embedded.versions import Version, plan_of, read_versions


class Builder:
    """The only writer of the shadow, as long as it is not ready."""

    def __init__(self, folder: DataFolder, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._log = Log(folder.log, clock)
        self._handover = Handover(folder)
        self._shadow: Shadow | None = None
        self._written = 0.0
        self._tail = 0
        self._looked = -1  # the last log entry about definitions that was looked at
        self._open: Version | None = None
        self.progress: Progress | None = None

    def step(self) -> bool:
        """Do some work; whether there is more at once.

        A failure that may pass by itself is raised after it was written down.
        """
        version = self._find()
        if version is None:
            self._let_go()
            return False
        if self._handover.version():
            return False  # the engine's, until it is live or handed back
        try:
            return self._build(version)
        except Exception as error:
            self._fail(version, error)
            if passing_trouble(error) is not None:
                raise
            return False

    def close(self) -> None:
        """Let go of the files."""
        self._close_shadow()
        self._log.close()

    # -- one build -------------------------------------------------------------------------

    def _find(self) -> Version | None:
        """The open version; looked up anew when the log says more about definitions."""
        last = self._log.last_plan()
        if last != self._looked:
            self._looked, before = last, self._open
            self._open = read_versions(self._log).open
            if before is not None and self._open != before:
                self._let_go()
                self.progress = None
        return self._open

    def _build(self, version: Version) -> bool:
        if self.progress is None or self.progress.version != version.number:
            self.progress = self._begin(version)
        if self.progress.state == "failed":
            return False
        if self._shadow is None:
            self._shadow = Shadow(self._folder.shadow, plan_of(version), self._log)
            self._go_on()
        before = self._shadow.offset
        self._shadow.step()
        self._note(before)
        if self._log.count_events(self._shadow.offset, self._tail) > READY_EVENTS_MAX:
            return True
        self._close_shadow()
        self._say(replace(self.progress, state="ready"), now=True)
        self._handover.to_engine(version.number)
        return False

    def _begin(self, version: Version) -> Progress:
        """The progress of a build that begins, or of one that a former run left."""
        now_ms, found = self._clock.now_ms(), read_progress(self._folder)
        if found is None or found.version != version.number:
            found = Progress(version.number, "building", started_ms=now_ms)
        if found.starts >= STARTS_MAX:
            why = f"It has died {found.starts} times in a row after log entry {found.offset}."
            self._say(found.failed(f"{why} {found.error}".strip(), now_ms), now=True)
            assert self.progress is not None
            return self.progress
        # What failed is tried again once at every start; the words stay until it got further.
        begun = replace(found, state="building", starts=found.starts + 1, updated_ms=now_ms)
        self._say(begun, now=True)
        return begun

    def _go_on(self) -> None:
        """Reckon from where the shadow stands."""
        assert self.progress is not None
        assert self._shadow is not None
        offset, self._tail = self._shadow.offset, self._log.tail().offset
        done = self._log.count_events(0, offset)
        self._say(
            replace(
                self.progress, offset=offset, head=self._tail, events=done, begun_events=done,
                events_all=done + self._log.count_events(offset, self._tail),
                begun_ms=self._clock.now_ms(),
            )
        )  # fmt: skip

    def _note(self, before: int) -> None:
        """Bring the progress up to the shadow and to the head of the log."""
        assert self.progress is not None
        assert self._shadow is not None
        offset, tail = self._shadow.offset, self._log.tail().offset
        more = self._log.count_events(self._tail, tail)
        self._tail = tail
        moved = offset > before
        # That it got further is said at once, lest a quick end counts as one on the same spot.
        first = moved and self.progress.starts > 0
        self._say(
            replace(
                self.progress, offset=offset, head=tail, updated_ms=self._clock.now_ms(),
                events=self.progress.events + self._log.count_events(before, offset),
                events_all=self.progress.events_all + more,
                starts=0 if moved else self.progress.starts,
                error="" if moved else self.progress.error,
            ),
            now=first,
        )  # fmt: skip

    def _fail(self, version: Version, error: Exception) -> None:
        """Put the failure into words where people look for them."""
        now_ms = self._clock.now_ms()
        offset = self._shadow.offset if self._shadow is not None else 0
        self._close_shadow()  # what it holds in memory may be more than what it has committed
        why = passing_trouble(error)
        known = self.progress or Progress(version.number, "building", started_ms=now_ms)
        if why is not None:
            self._say(replace(known, error=why, starts=0, updated_ms=now_ms), now=True)
            return
        said = f"{type(error).__name__}: {error} (after log entry {offset})"
        self._say(known.failed(said, now_ms), now=True)

    def _let_go(self) -> None:
        """Nothing is open any more, or something else is."""
        self._close_shadow()
        if self._open is None and not self._handover.version():
            discard(self._folder.shadow)

    def _close_shadow(self) -> None:
        if self._shadow is not None:
            self._shadow.close()
            self._shadow = None

    def _say(self, progress: Progress, *, now: bool = False) -> None:
        self.progress = progress
        moment = time.monotonic()
        if now or moment - self._written >= PROGRESS_SECONDS_MIN:
            self._written = moment
            write_progress(self._folder, progress)
