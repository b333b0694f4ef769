"""The past made anew: the log folded up to an instant, under the definitions of today.

It costs what folding the log costs, so it is for looking, not for serving. What arrived after
the instant is not there, as it was not known then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path

import msgspec

from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.reading.limits import PAST_COMMIT_EVENTS
from ebbline.hosts.embedded.reading.reader import Reader
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

Progress = Callable[[int, int], object]  # log entries folded, log entries in all


@contextmanager
def at_instant(
    reader: Reader, at_ms: int, progress: Progress = lambda _done, _all: None
) -> Iterator[Reader]:
    """A reader of how things stood at `at_ms`, no later than `reader.now_ms()`."""
    if at_ms >= reader.status().state_now_ms:
        yield reader
        return
    with tempfile.TemporaryDirectory(prefix="ebbline-past-") as name:
        past = DataFolder(Path(name))
        past.version.write_text(reader.folder.version.read_text("utf-8"), "utf-8")
        past.log.symlink_to(reader.folder.log)
        _fold(reader.folder.log, past.state, reader.plan(), at_ms, progress)
        with Reader(past.path, _Still(at_ms)) as then:
            yield then


class _Still(SystemClock):
    """A clock that stands at one instant."""

    def __init__(self, at_ms: int) -> None:
        self._at_ms = at_ms

    def now_ms(self) -> int:
        return self._at_ms


def _fold(source: Path, target: Path, plan: Plan, at_ms: int, progress: Progress) -> None:
    store = StateStore(target)
    log = Log(source, SystemClock(), read_only=True)
    try:
        fold = Fold(store, plan, log)
        fold.adopt(plan)
        end, folded = log.tail().offset, 0
        for entry in log.read(0):
            events = log.events(entry) if entry.kind in ("events", "replayed") else []
            if entry.now_ms > at_ms:
                events = _known(entry, events, at_ms)
                if not events:
                    break
                entry = msgspec.structs.replace(entry, now_ms=at_ms)  # noqa: PLW2901
            fold.take(entry, events)
            folded += len(events)
            if folded >= PAST_COMMIT_EVENTS:
                fold.commit()
                folded = 0
            progress(entry.offset, end)
        fold.take(Entry(fold.offset, at_ms, "tick", 0, b""), [])
        fold.commit()
    finally:
        log.close()
        store.close()


def _known(entry: Entry, events: list[Event], at_ms: int) -> list[Event]:
    """What of a later entry was known at the instant: only a replayed one has its own clock,
    which never goes back, so it is a beginning of the entry."""
    if entry.kind != "replayed":
        return []
    return list(takewhile(lambda event: event.received_ms <= at_ms, events))
