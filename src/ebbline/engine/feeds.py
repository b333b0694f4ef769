"""What one event name feeds: tracks, and the groups of conditions to look at afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ebbline.engine.event_scope import EventValue

Adder = Callable[[Any, int, str, Any, int], Any]

# What an event feeds: filter and value (None where there is neither), how the track adds, the
# track's id, the groups of conditions to look at afterwards, and those to look at only when it
# became the track's first event.
Feed = tuple[EventValue | None, EventValue | None, Adder, int, tuple[int, ...], tuple[int, ...]]


class Switch:
    """Feeds whose filter is `property == "text"`, by that text: one look-up in place of one
    filter after the other."""

    def __init__(self, read: EventValue) -> None:
        self.read = read
        self.cases: dict[str, list[Feed]] = {}


class Feeds:
    """All that one event name feeds, and the groups that every such event touches (those of
    the feeds without a filter), in order."""

    def __init__(self, feeds: list[Feed], switches: list[Switch], groups: tuple[int, ...]) -> None:
        self.feeds = feeds
        self.switches = switches
        self.groups = groups

    def of(self, event: Any) -> list[Feed]:
        """The feeds of one event, but for filters that still have to be asked."""
        if not self.switches:
            return self.feeds
        found = self.feeds
        for switch in self.switches:
            value = switch.read(event)
            if isinstance(value, str):
                case = switch.cases.get(value)
                if case is not None:
                    found = found + case
        return found
