"""The log's end, for people who watch events come in. It looks only while somebody watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import msgspec

from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.reading.limits import (
    LATEST_ENTRIES_MAX,
    LATEST_EVENTS_MAX,
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
        end = upper = log.tail().offset
        lowest, looked = max(0, end - LATEST_ENTRIES_MAX), 0
        found: list[Seen] = []
        while upper > lowest and len(found) < limit and looked < LATEST_EVENTS_MAX:
            start = max(lowest, upper - WATCH_ENTRIES)
            entries = [each for each in log.read(start, upper - start) if each.offset <= upper]
            looked += sum(each.count for each in entries)
            found = [seen for each in entries for seen in _wanted_of(log, each, wanted)] + found
            upper = start
        return found[-limit:], end
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
            # In a thread: many events may lie in few entries.
            found, read = await asyncio.to_thread(_next, log, offset, wanted)
            yield found
            left = until - loop.time()
            if left <= 0 and read == offset:
                return
            await asyncio.sleep(0 if read > offset else min(WATCH_SECONDS, left))
            offset = read
    finally:
        log.close()


def _next(log: Log, after: int, wanted: Wanted) -> tuple[list[Seen], int]:
    """What is wanted of the next few entries, and the last entry that was looked at."""
    found: list[Seen] = []
    for entry in log.read(after, WATCH_ENTRIES):
        found += _wanted_of(log, entry, wanted)
        after = entry.offset
    return found, after


def _open(folder: DataFolder) -> Log:
    return Log(folder.log, SystemClock(), read_only=True)


def _wanted_of(log: Log, entry: Entry, wanted: Wanted) -> Iterator[Seen]:
    if entry.kind not in _EVENTS:
        return
    for position, event in enumerate(log.events(entry)):
        if wanted(event):
            yield Seen(entry.offset, position, entry.now_ms, event)
