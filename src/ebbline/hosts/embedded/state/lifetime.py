"""All that some people ever did, read back from the log in the order in which it became known.

Whose an event is stands in `placements`; when it became known follows from its entry, as in the
fold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Protocol

from ebbline.events.event import Event
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.parting import Known
from ebbline.hosts.embedded.state.placements import unpack
from ebbline.hosts.embedded.state.store import StateStore
from ebbline.profiles.commands import decode_command


class History(Protocol):
    """The log, as far as it is read back."""

    def read(self, after_offset: int, limit: int | None = None) -> Iterator[Entry]:
        """Entries after an offset, in order."""
        ...

    def events(self, entry: Entry) -> Sequence[Event]:
        """The events of an entry."""
        ...

    def commands(self, before_offset: int) -> Iterator[Entry]:
        """Entries of kind "command" before an offset, in order."""
        ...

    def stamp_before(self, offset: int) -> int:
        """The stamp of the entry before an offset; 0 where there is none."""
        ...


class Trimmed(Exception):
    """Some of it is not in the log any more."""


def lifetime(
    store: StateStore, history: History, people: Sequence[int], before_offset: int
) -> Iterator[Known]:
    """Everything about `people`, and every command, before an entry. Raises Trimmed."""
    deeds = (
        (offset, known)
        for offset, packed in store.placements_of(people, before_offset)
        for known in _deeds(history, offset, packed, frozenset(people))
    )
    orders = ((entry.offset, _order(entry)) for entry in history.commands(before_offset))
    for _, known in merge(deeds, orders, key=lambda pair: pair[0]):
        yield known


def _order(entry: Entry) -> Known:
    return Known(entry.offset, entry.now_ms, command=decode_command(entry.payload))


def _deeds(history: History, offset: int, packed: bytes, people: frozenset[int]) -> Iterator[Known]:
    """What one entry holds of them, instant by instant."""
    entry = next(history.read(offset - 1, 1), None)
    if entry is None or entry.offset != offset:
        raise Trimmed
    events, owners = history.events(entry), unpack(packed)
    replayed = entry.kind == "replayed"
    now_ms = history.stamp_before(offset) if replayed else entry.now_ms
    mine: list[tuple[int, int, Event]] = []
    received_ms = events[0].received_ms
    for place, event in enumerate(events):
        if replayed and (place == 0 or event.received_ms != received_ms):
            if mine:
                yield Known(offset, now_ms, tuple(mine))
                mine = []
            received_ms = event.received_ms
            now_ms = max(now_ms, received_ms)
        if owners[place] in people:
            mine.append((place, owners[place], event))
    if mine:
        yield Known(offset, now_ms, tuple(mine))
