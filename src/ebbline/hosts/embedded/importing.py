"""Events from a file: replayed on a virtual clock, or appended as if they came in now.

`replay` opens the folder for itself, stamps every event with its own `receivedAt` and runs the
engine along, so that exits by time happen at their instants. `append` only writes to the log
and also works beside a running system.
"""

from __future__ import annotations

import gc
import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ebbline.definitions.plan import Plan
from ebbline.engine.scalars import moment_text
from ebbline.errors import FolderInUse, SetupError
from ebbline.events.call import NO_MESSAGE_ID
from ebbline.events.event import Event, Rejection
from ebbline.events.parse import Receipt
from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.event_file import (
    Bookmark,
    Lines,
    Unreadable,
    open_event_file,
    read_bookmark,
    write_bookmark,
)
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.history import Historian
from ebbline.hosts.embedded.limits import (
    IMPORT_COMMIT_BATCHES,
    IMPORT_COMMIT_PEOPLE,
    IMPORT_REFUSALS_SHOWN,
    IMPORT_SPILL_BATCHES,
)
from ebbline.hosts.embedded.lock import acquire
from ebbline.hosts.embedded.log import Batch, Entry, Log
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.state.fold import Fold

Progress = Callable[[int, int], object]  # bytes (or rows) read, bytes (or rows) in all


class Refusal(msgspec.Struct, frozen=True):
    """A line or row that was refused, by its number, and why."""

    line: int
    code: str
    message: str
    unit: str = "line"


class Summary(msgspec.Struct, frozen=True):
    """What an import did. `audiences` counts the people in each now; `entered` and `exited`
    count the changes of the import itself; `now_ms` is where the clock stands; `refusals` are
    the first few; `resumed_at_line` is where an interrupted import went on, 0 for a new one."""

    events: int
    duplicates: int
    rejected: int
    later: int  # read but not taken: received after `until`
    profiles: int
    merges: int
    entered: int
    exited: int
    audiences: dict[str, int]
    now_ms: int
    cpu_seconds: float
    refusals: tuple[Refusal, ...] = ()
    resumed_at_line: int = 0


class _FileClock:
    """Stands where the replay stands; the log stamps with it."""

    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


def replay(plan: Plan, folder: Path, file: Path, until_ms: int | None = None,
           progress: Progress = lambda _done, _all: None) -> Summary:  # fmt: skip
    """Import on the events' own clock; `until_ms` is where the clock stops.

    Lines must be in order of `receivedAt`; one that is earlier than its predecessor counts as
    received together with it. An interrupted replay of the same file goes on where it was.
    Raises SetupError when the folder's clock is already past the
    file's first event, FolderInUse while a system runs on the folder.
    """
    began = time.process_time()
    data = open_folder(folder)
    with acquire(data.lock):
        clock = _FileClock()
        loop = EngineLoop(data, plan, clock)
        try:
            loop.step()
            source = _Source(data, file, plan)
            with _no_collections():
                _replay_lines(loop, source, clock, until_ms, progress)
            if until_ms is not None:
                clock.ms = max(clock.ms, until_ms)
                _tick(loop)
            loop.fold.commit()
            return _summary(loop.fold, source, time.process_time() - began)
        finally:
            loop.close()


@contextmanager
def _no_collections() -> Iterator[None]:
    """No cyclic garbage collection: an import makes no cycles, and looking for them among
    millions of long-lived objects costs more than the import."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def append(plan: Plan, folder: Path, file: Path,
           progress: Progress = lambda _done, _all: None) -> Summary:  # fmt: skip
    """Append a file's events to the log, received now; the running (or next) engine folds
    them. Their own timestamps stay."""
    began = time.process_time()
    clock, data = SystemClock(), open_folder(folder)
    log, source = Log(data.log, clock), _Source(data, file, plan)
    try:
        for lines in source.batches(progress):
            events, refused = source.read(lines, received_ms=clock.now_ms(), receipt="now")
            log.append("events", events, refused)
            named_bell.ring(data.engine_bell)
            source.mark(lines)
        source.finish()
    finally:
        log.close()
    cpu = round(time.process_time() - began, 3)
    return Summary(
        events=source.taken, duplicates=0, rejected=source.rejected, later=0, profiles=0,
        merges=0, entered=0, exited=0, audiences={}, now_ms=clock.now_ms(), cpu_seconds=cpu,
        refusals=tuple(source.refusals), resumed_at_line=source.resumed_at_line,
    )  # fmt: skip


def write_history(folder: Path, keep_days: int | None = None,
                  progress: Progress = lambda _done, _all: None) -> int:  # fmt: skip
    """Put what is folded into the history, as a running system does beside its work; the events
    written. Nothing while a system runs on the folder. An interrupted one goes on where it was."""
    data = open_folder(folder)
    try:
        lock = acquire(data.lock)
    except FolderInUse:
        return 0
    with lock:
        historian = Historian(data, SystemClock(), keep_days)
        try:
            while historian.step():
                progress(historian.held.offset, historian.held.offset + historian.lag())
            historian.rest()
        finally:
            historian.close()
    return historian.rows_written


class _Source:
    """A file on its way into the log: what was read, what was refused, how far it has got."""

    def __init__(self, data: DataFolder, file: Path, plan: Plan) -> None:
        self._data = data
        self._file = open_event_file(file)
        self._parser = parser_for(plan)
        found = read_bookmark(data)
        again = found.identity == self._file.identity and not found.done
        self._bookmark = found if again else Bookmark(self._file.identity)
        self.resumed_at_line = self._bookmark.lines + 1 if self._bookmark.lines else 0
        self.taken = self.rejected = self.later = 0
        self.refusals: list[Refusal] = []

    def batches(self, progress: Progress) -> Iterator[Lines]:
        """What is still to be taken in."""
        for lines in self._file.batches(self._bookmark):
            yield lines
            progress(lines.end, self._file.size)

    def read(self, lines: Lines, *, received_ms: int, receipt: Receipt,
             until_ms: int | None = None) -> tuple[list[Event], list[Rejection]]:  # fmt: skip
        """The events and the refusals of some lines; later events than `until_ms` are left."""
        events: list[Event] = []
        refused: list[Rejection] = []
        parse = self._parser.parse_line
        for number, line in enumerate(lines.lines, lines.first):
            if not isinstance(line, bytes):
                refused.append(self._refuse(_unread(line, received_ms), number))
                continue
            if not line.strip():
                continue
            read = parse(line, receipt=receipt, received_ms=received_ms, source="import")
            if isinstance(read, Rejection):
                refused.append(self._refuse(read, number))
            elif until_ms is None or read.received_ms <= until_ms:
                events.append(self._named(read, number) if read.flags else read)
            else:
                self.later += 1
        self.taken += len(events)
        self.rejected += len(refused)
        return events, refused

    def _refuse(self, rejection: Rejection, number: int) -> Rejection:
        """The rejection with its place in the file; the first few are told at the end."""
        unit = self._file.unit
        if len(self.refusals) < IMPORT_REFUSALS_SHOWN:
            self.refusals.append(Refusal(number, rejection.code, rejection.message, unit))
        where = f"{unit} {number}"
        return replace(rejection, where=f"{where}, {rejection.where}" if rejection.where else where)

    def _named(self, event: Event, number: int) -> Event:
        """An event that came without a messageId gets one of its place in the file: read again
        after a kill, it is the same event."""
        if NO_MESSAGE_ID not in event.flags:
            return event
        seed = f"{self._file.identity} {number}".encode()
        return replace(event, message_id=hashlib.blake2b(seed, digest_size=16).hexdigest())

    def mark(self, lines: Lines) -> None:
        """What these lines held is in the log. Lines before an event that was left for later
        are kept for the next time; read again, they count once."""
        if not self.later:
            number = lines.first + len(lines.lines) - 1
            self._bookmark = Bookmark(self._file.identity, lines.end, number)
            write_bookmark(self._data, self._bookmark)

    def finish(self) -> None:
        """The whole file is in the log."""
        if not self.later:
            write_bookmark(self._data, replace(self._bookmark, done=True))


def _unread(row: Unreadable, received_ms: int) -> Rejection:
    return Rejection(row.code, row.message, row.column, row.body, received_ms, "import")


def _replay_lines(loop: EngineLoop, source: _Source, clock: _FileClock, until_ms: int | None,
                  progress: Progress) -> None:  # fmt: skip
    fold, checked = loop.fold, bool(source.resumed_at_line)
    for number, lines in enumerate(source.batches(progress), 1):
        events, refused = source.read(
            lines, received_ms=clock.ms, receipt="receivedAt", until_ms=until_ms
        )
        if events and not checked:
            _check_order(fold, events)
            checked = True
        clock.ms = max([clock.ms, *[event.received_ms for event in events]])
        position = loop.log.append_many([Batch("replayed", events, clock.ms)], refused)
        source.mark(lines)
        if events:
            entry = Entry(position.offset, position.now_ms, "replayed", len(events), b"")
            fold.take(entry, events)
        changed = len(fold.people.dirty)
        if number % IMPORT_COMMIT_BATCHES == 0 or changed > IMPORT_COMMIT_PEOPLE:
            fold.commit()
        elif number % IMPORT_SPILL_BATCHES == 0:
            fold.spill()
    source.finish()


def _tick(loop: EngineLoop) -> None:
    position = loop.log.append("tick")
    loop.fold.take(Entry(position.offset, position.now_ms, "tick", 0, b""), [])


def _check_order(fold: Fold, events: list[Event]) -> None:
    if events[0].received_ms < fold.now_ms:
        message = (
            f"The clock of this data folder stands at {moment_text(fold.now_ms)}, after the file's"
            f" first event ({moment_text(events[0].received_ms)}): history can be replayed with"
            " --clock events only into a folder that has not seen later times. Use a new data"
            " folder (--data), or --clock now."
        )
        raise SetupError(message)


def _summary(fold: Fold, source: _Source, cpu_seconds: float) -> Summary:
    counts = fold.counts
    members = dict.fromkeys(fold.tables.audiences, 0)
    members.update(fold.store.member_counts())
    return Summary(
        events=counts["events"], duplicates=counts["duplicates"], rejected=source.rejected,
        later=source.later, profiles=fold.store.profile_count(), merges=counts["merges"],
        entered=counts["entered"], exited=counts["exited"],
        audiences=members, now_ms=fold.now_ms, cpu_seconds=round(cpu_seconds, 3),
        refusals=tuple(source.refusals), resumed_at_line=source.resumed_at_line,
    )  # fmt: skip
