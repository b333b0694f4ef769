"""Events as rows of the history: the columns, and how a row is staged for DuckDB.

Rows lose nothing of an event, and objects keep their exact JSON as text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import msgspec

from ebbline.events.event import Event, EventType
from ebbline.hosts.embedded.log import Entry

COLUMNS = {
    "profile": "BIGINT",  # whose it was when it was folded; merges come later
    "time_ms": "BIGINT",  # when it happened
    "known_ms": "BIGINT",  # when it was folded
    "message_id": "VARCHAR",
    "type": "VARCHAR",
    "name": "VARCHAR",
    "user_id": "VARCHAR",
    "anonymous_id": "VARCHAR",
    "group_id": "VARCHAR",
    "previous_id": "VARCHAR",
    "properties": "VARCHAR",  # JSON, as are the next two
    "context": "VARCHAR",
    "traits": "VARCHAR",
    "source": "VARCHAR",
    "flags": "VARCHAR",  # separated by spaces
    "received_ms": "BIGINT",
    "log_offset": "BIGINT",
    "position": "INTEGER",  # in the log entry, from 0
}
NAMES = ", ".join(COLUMNS)
ORDER = "profile, time_ms, message_id, log_offset, position"


class Row(msgspec.Struct, frozen=True, gc=False):
    """One event of one person, in the order of COLUMNS."""

    profile: int
    time_ms: int
    known_ms: int
    message_id: str
    type: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    group_id: str | None
    previous_id: str | None
    properties: str
    context: str
    traits: str
    source: str
    flags: str
    received_ms: int
    log_offset: int
    position: int

    def event(self) -> Event:
        """The event as it stands in the log."""
        return Event(
            self.message_id, cast("EventType", self.type), self.name, self.time_ms,
            self.received_ms, self.user_id, self.anonymous_id, _decode(self.properties),
            _decode(self.traits), _decode(self.context), self.source, self.previous_id,
            self.group_id, tuple(self.flags.split()),
        )  # fmt: skip


class Placed(msgspec.Struct, frozen=True):
    """An entry of the log with its events, whose each of them is (0: nobody's), and the stamp of
    the entry before it."""

    entry: Entry
    events: list[Event]
    profiles: list[int]
    before_ms: int

    def rows(self) -> Iterator[Row]:
        """The events that are somebody's. Where the past was made anew, the state may end inside
        an entry: the rest of its events are nobody's yet."""
        offset = self.entry.offset
        known = known_ms(self.entry, self.events, self.before_ms)
        for position, (event, profile) in enumerate(zip(self.events, self.profiles, strict=False)):
            if profile:
                yield _row(event, profile, known[position], offset, position)


def known_ms(entry: Entry, events: list[Event], before_ms: int) -> list[int]:
    """When each event of an entry was folded: all at its stamp, but replayed ones at their own
    time of receipt, which never goes back either."""
    if entry.kind != "replayed":
        return [entry.now_ms] * len(events)
    found, latest = [], before_ms
    for event in events:
        latest = max(latest, event.received_ms)
        found.append(latest)
    return found


def _row(event: Event, profile: int, known: int, offset: int, position: int) -> Row:
    return Row(
        profile, event.time_ms, known, event.message_id, event.type, event.name, event.user_id,
        event.anonymous_id, event.group_id, event.previous_id, _encode(event.properties),
        _encode(event.context), _encode(event.traits), event.source, " ".join(event.flags),
        event.received_ms, offset, position,
    )  # fmt: skip


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(dict[str, Any])


def _encode(value: dict[str, Any]) -> str:
    return _encoder.encode(value).decode() if value else "{}"


def _decode(text: str) -> dict[str, Any]:
    return _decoder.decode(text)
