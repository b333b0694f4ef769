"""Events from a file: replayed on a virtual clock, or appended as if they came in now.

`replay` opens the folder for itself, stamps every event with its own `receivedAt` and runs the
engine along, so that exits by time happen at their instants. `append` only writes to the log
and also works beside a running system.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import msgspec

from ebbline.definitions.plan import Plan
from ebbline.errors import SetupError
from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded import named_bell
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.limits import (
    IMPORT_BATCH_LINES,
    IMPORT_COMMIT_BATCHES,
    IMPORT_COMMIT_PEOPLE,
    IMPORT_SPILL_BATCHES,
)
from ebbline.hosts.embedded.lock import acquire
from ebbline.hosts.embedded.log import Batch, Entry, Log
from ebbline.hosts.embedded.state.fold import Fold

Progress = Callable[[int, int], object]  # bytes read, bytes in all


class Summary(msgspec.Struct, frozen=True):
    """What an import did. `audiences` counts the people in each now; `entered` and `exited`
    count the changes of the import itself; `now_ms` is where the clock stands."""

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


class _FileClock:
    """Stands where the replay stands; the log stamps with it."""

    def __init__(self) -> None:
        self.ms = 0

    def now_ms(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)


def names_of(plan: Plan) -> Names:
    """Event names as a project has them: its aliases and the names they stand for."""
    aliases = {rule.name: rule.name for rule in plan.tracking.events.values()}
    for rule in plan.tracking.events.values():
        aliases.update(dict.fromkeys(rule.aliases, rule.name))
    return Names(aliases)


def replay(plan: Plan, folder: Path, file: Path, until_ms: int | None = None,
           progress: Progress = lambda _done, _all: None) -> Summary:  # fmt: skip
    """Import on the events' own clock; `until_ms` is where the clock stops.

    Lines must be in order of `receivedAt`; one that is earlier than its predecessor counts as
    received together with it. Raises SetupError when the folder's clock is already past the
    file's first event, FolderInUse while a system runs on the folder.
    """
    began = time.process_time()
    data = open_folder(folder)
    with acquire(data.lock):
        clock = _FileClock()
        loop = EngineLoop(data, plan, clock)
        try:
            loop.step()
            with _no_collections():
                rejected, later = _replay_lines(loop, plan, file, clock, until_ms, progress)
            if until_ms is not None:
                clock.ms = max(clock.ms, until_ms)
                _tick(loop)
            loop.fold.commit()
            return _summary(loop.fold, rejected, later, time.process_time() - began)
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
    log = Log(data.log, clock)
    parser, events, rejected = Parser(names_of(plan)), 0, 0
    try:
        for lines in _batches(file, progress):
            now_ms = clock.now_ms()
            read = [parser.parse_line(line, received_ms=now_ms, source="import") for line in lines]
            good = [event for event in read if isinstance(event, Event)]
            refused = [event for event in read if isinstance(event, Rejection)]
            log.append("events", good, refused)
            named_bell.ring(data.engine_bell)
            events, rejected = events + len(good), rejected + len(refused)
    finally:
        log.close()
    cpu = time.process_time() - began
    return Summary(events, 0, rejected, 0, 0, 0, 0, 0, {}, clock.now_ms(), round(cpu, 3))


def _replay_lines(loop: EngineLoop, plan: Plan, file: Path, clock: _FileClock,
                  until_ms: int | None, progress: Progress) -> tuple[int, int]:  # fmt: skip
    parser, rejected, later = Parser(names_of(plan)), 0, 0
    for number, lines in enumerate(_batches(file, progress), 1):
        read = [
            parser.parse_line(line, receipt="receivedAt", received_ms=clock.ms, source="import")
            for line in lines
        ]
        events = [event for event in read if isinstance(event, Event)]
        refused = [event for event in read if isinstance(event, Rejection)]
        rejected += len(refused)
        if until_ms is not None:
            known = len(events)
            events = [event for event in events if event.received_ms <= until_ms]
            later += known - len(events)
        if number == 1:
            _check_order(loop.fold, events, file)
        clock.ms = max([clock.ms, *[event.received_ms for event in events]])
        position = loop.log.append_many([Batch("replayed", events, clock.ms)], refused)
        if events:
            entry = Entry(position.offset, position.now_ms, "replayed", len(events), b"")
            loop.fold.take(entry, events)
        changed = len(loop.fold.people.dirty)
        if number % IMPORT_COMMIT_BATCHES == 0 or changed > IMPORT_COMMIT_PEOPLE:
            loop.fold.commit()
        elif number % IMPORT_SPILL_BATCHES == 0:
            loop.fold.spill()
    return rejected, later


def _tick(loop: EngineLoop) -> None:
    position = loop.log.append("tick")
    loop.fold.take(Entry(position.offset, position.now_ms, "tick", 0, b""), [])


def _check_order(fold: Fold, events: list[Event], file: Path) -> None:
    if events and events[0].received_ms < fold.now_ms:
        message = (
            f"The clock of this data folder stands after the first event of {file}: history can"
            " be replayed with --clock events only into a folder that has not seen later times."
            " Use a new data folder (--data), or --clock now."
        )
        raise SetupError(message)


def _batches(file: Path, progress: Progress) -> Iterator[list[bytes]]:
    try:
        size = file.stat().st_size
        stream = file.open("rb")
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}."
        raise SetupError(message) from error
    with stream:
        done = 0
        while lines := list(islice(stream, IMPORT_BATCH_LINES)):
            done += sum(map(len, lines))
            yield [line for line in lines if line.strip()]
            progress(done, size)


def _summary(fold: Fold, rejected: int, later: int, cpu_seconds: float) -> Summary:
    counts = fold.counts
    members = dict.fromkeys(fold.tables.audiences, 0)
    members.update(fold.store.member_counts())
    return Summary(
        events=counts["events"], duplicates=counts["duplicates"], rejected=rejected, later=later,
        profiles=fold.store.profile_count(), merges=counts["merges"],
        entered=counts["entered"], exited=counts["exited"],
        audiences=members, now_ms=fold.now_ms, cpu_seconds=round(cpu_seconds, 3),
    )  # fmt: skip
