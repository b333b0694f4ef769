"""The register of tracks while a plan is compiled: one per distinct (events, where, value)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.engine.decay import DecayTrack
from ebbline.engine.event_scope import EventValue, event_value
from ebbline.engine.tracks import Track

AnyTrack = Track | DecayTrack
Adder = Callable[[Any, int, str, Any, int], Any]

# What an event feeds: filter and value (None where there is neither), how the track adds, the
# track's id, the groups of conditions to look at afterwards, and those to look at only when it
# became the track's first event.
Feed = tuple[EventValue | None, EventValue | None, Adder, int, tuple[int, ...], tuple[int, ...]]

ANY_EVENT = "*"


def _key(events: tree.Events, value: tree.AnyNode | None, mode: str) -> bytes:
    return msgspec.json.encode((sorted(set(events.names)), events.where, value, mode))


def _truth_of(value: EventValue) -> EventValue:
    return lambda event: value(event) is True


class Feeds(msgspec.Struct, frozen=True):
    """All that one event name feeds, and the groups that every such event touches (those of
    the feeds without a filter), in order."""

    feeds: tuple[Feed, ...]
    groups: tuple[int, ...]


class Book:
    """Hands out tracks by their normal form, so equal conditions share one."""

    def __init__(self) -> None:
        self.tracks: list[AnyTrack] = []
        self._feeds: dict[str, list[tuple[EventValue | None, EventValue | None, AnyTrack]]] = {}
        self._known: dict[bytes, Any] = {}

    def track(self, events: tree.Events, value: tree.AnyNode | None, mode: str) -> Track:
        """The track of these events; `mode` as in `Track`, or "truth" for whether `value`
        holds."""
        key = _key(events, value, mode)
        if key not in self._known:
            kept = "any" if mode == "truth" else mode
            track = Track(len(self.tracks), kept)
            read = event_value(value) if value is not None else None
            self._enter(key, track)
            self._feed(track, events, _truth_of(read) if mode == "truth" and read else read)
        found: Track = self._known[key]
        return found

    def counting(self, events: tree.Events) -> int | None:
        """The id of the track that counts these events, if any use asked for one."""
        found = self._known.get(_key(events, None, "events"))
        return None if found is None else found.id

    def score(self, node: tree.Score) -> AnyTrack:
        """The track that all the points of one score feed; clamps do not matter to it."""
        key = msgspec.json.encode((node.points, node.decay, node.decay_ms))
        if key not in self._known:
            track: AnyTrack
            if node.decay == "half_life":
                track = DecayTrack(len(self.tracks), node.decay_ms)
            else:
                track = Track(len(self.tracks), "number")
                track.needs.values = True
                track.needs.keep_ms = node.decay_ms
            self._enter(key, track)
            for part in node.points:
                self._feed(track, part.events, event_value(part.points))
        found: AnyTrack = self._known[key]
        return found

    def _enter(self, key: bytes, track: AnyTrack) -> None:
        self._known[key] = track
        self.tracks.append(track)

    def _feed(self, track: AnyTrack, events: tree.Events,
              value: EventValue | None) -> None:  # fmt: skip
        where = None if events.where is None else event_value(events.where)
        names = (ANY_EVENT,) if ANY_EVENT in events.names else dict.fromkeys(events.names)
        for name in names:
            self._feeds.setdefault(name, []).append((where, value, track))

    def index(self) -> tuple[dict[str, Feeds], Feeds]:
        """Feeds by event name, each with those of "*", and the feeds of every other name."""
        star = self._feeds.get(ANY_EVENT, [])
        by_name = {
            name: _fed([*star, *feeds]) for name, feeds in self._feeds.items() if name != ANY_EVENT
        }
        return by_name, _fed(star)


def _fed(feeds: list[tuple[EventValue | None, EventValue | None, AnyTrack]]) -> Feeds:
    always = {group for where, _, track in feeds if where is None for group in track.groups}
    return Feeds(
        tuple((where, value, track.adder(), track.id, track.groups, track.first_groups)
              for where, value, track in feeds),
        tuple(sorted(always)),
    )  # fmt: skip
