"""The log's end, for people who watch events come in. It looks only while somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec

from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Log
from ebbline.hosts.embedded.reading.limits import (
    LATEST_ENTRIES_MAX,
    WATCH_ENTRIES,
    WATCH_SECONDS,
)

Wanted = Callable[[Event], bool]
_EVENTS = ("events", "replayed")


class Seen(msgspec.Struct, frozen=True):
    """An event and its place: the log entry, its number in it from 0, and the entry's stamp."""

    offset: int
    position: int
    known_ms: int
    event: Event


def latest(folder: DataFolder, limit: int, wanted: Wanted) -> tuple[list[Seen], int]:
    """The latest events that somebody wants, newest last, and the log's end. It looks through
    the last entries of the log only."""
    log = _open(folder)
    try:
        end = log.tail().offset
        found: list[Seen] = []
        upper = end
        lowest = max(0, end - LATEST_ENTRIES_MAX)
        while upper > lowest and len(found) < limit:
            start = max(lowest, upper - WATCH_ENTRIES)
            found = [*_between(log, start, upper, wanted), *found]
            upper = start
        return found[-limit:] if limit else [], end
    finally:
        log.close()


async def watch(
    folder: DataFolder, after: int | None, seconds: float, wanted: Wanted
) -> AsyncIterator[list[Seen]]:
    """What comes into the log behind an entry (None: its end), for so many seconds. It gives an
    empty list where nothing came for a while, so that the line is seen to live."""
    log = _open(folder)
    try:
        offset = log.tail().offset if after is None else after
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            entries = list(log.read(offset, WATCH_ENTRIES))
            found: list[Seen] = []
            if entries:
                found = list(_between(log, offset, entries[-1].offset, wanted))
                offset = entries[-1].offset
            yield found
            left = until - loop.time()
            if left <= 0 and not entries:
                return
            await asyncio.sleep(0 if entries else min(WATCH_SECONDS, left))
    finally:
        log.close()


def _open(folder: DataFolder) -> Log:
    return Log(folder.log, SystemClock(), read_only=True)


def _between(log: Log, after: int, until: int, wanted: Wanted) -> Iterator[Seen]:
    for entry in log.read(after, until - after):
        if entry.kind not in _EVENTS or entry.offset > until:
            continue
        for position, event in enumerate(log.events(entry)):
            if wanted(event):
                yield Seen(entry.offset, position, entry.now_ms, event)
