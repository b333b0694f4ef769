"""What the oracle knows of one person: every event, and nothing derived from it."""

from __future__ import annotations

import msgspec

from ebbline.events.event import Event

Timed = tuple[int, Event]
"""An event and the instant at which it became known."""


class Stamp(msgspec.Struct, frozen=True, order=True):
    """A value of kind timestamp, in UTC milliseconds; a number is never equal to it."""

    ms: int


class Span(msgspec.Struct, frozen=True, order=True):
    """A value of kind duration, in milliseconds."""

    ms: int


class PersonFacts(msgspec.Struct, frozen=True):
    """A person's whole list of known events, each once, in any order; and the profile's id."""

    events: tuple[Event, ...] = ()
    id: int = 1


def in_order(events: list[Event]) -> list[Event]:
    """Events by (time, messageId), the order of every "earliest", "latest" and "n-th"."""
    return sorted(events, key=lambda event: (event.time_ms, event.message_id))
