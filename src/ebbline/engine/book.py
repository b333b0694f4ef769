"""The register of tracks while a plan is compiled: one per distinct (events, where, value)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.engine.calendar import Zone, zone_of
from ebbline.engine.decay import DecayTrack
from ebbline.engine.event_scope import EventValue, event_value
from ebbline.engine.feeds import Feed, Feeds, Switch
from ebbline.engine.listed import Lists
from ebbline.engine.tracks import Track
from ebbline.events.event import Event

AnyTrack = Track | DecayTrack
ANY_EVENT = "*"


def _key(events: tree.Events, value: tree.AnyNode | None, mode: str) -> bytes:
    return msgspec.json.encode((sorted(set(events.names)), events.where, value, mode))


def _truth_of(value: EventValue) -> EventValue:
    return lambda event: value(event) is True


def _plain_of(value: EventValue) -> EventValue:
    def plain(event: Event) -> Any:
        found = value(event)
        return None if isinstance(found, list | tuple | dict) else found

    return plain


def _day_of(zone: Zone) -> EventValue:
    return lambda event: zone.day(event.time_ms)


_KEPT = {"truth": "any", "plain": "scalar"}
_MADE = {"truth": _truth_of, "plain": _plain_of}


# Filter, value and track: what is known of a feed before the plan is whole.
Fed = tuple[tree.AnyNode | None, EventValue | None, AnyTrack]


class Book:
    """Hands out tracks by their normal form, so equal conditions share one."""

    def __init__(self, lists: Mapping[str, Sequence[Any]]) -> None:
        self.lists = Lists(lists)
        self.tracks: list[AnyTrack] = []
        self._feeds: dict[str, list[Fed]] = {}
        self._known: dict[bytes, Any] = {}

    def track(self, events: tree.Events, value: tree.AnyNode | None, mode: str) -> Track:
        """The track of these events; `mode` as in `Track`, or "truth" for whether `value`
        holds, or "plain" for any value but null and lists."""
        key = _key(events, value, mode)
        if key not in self._known:
            track = Track(len(self.tracks), _KEPT.get(mode, mode))
            read = event_value(value, self.lists) if value is not None else None
            self._enter(key, track)
            make = _MADE.get(mode)
            self._feed(track, events, make(read) if make and read else read)
        found: Track = self._known[key]
        return found

    def days(self, events: tree.Events, zone: str) -> Track:
        """The track of the calendar days of these events in a time zone."""
        key = _key(events, None, f"days {zone}")
        if key not in self._known:
            track = Track(len(self.tracks), "scalar")
            self._enter(key, track)
            self._feed(track, events, _day_of(zone_of(zone)))
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
                track.needs.values = track.needs.panes = True
                track.needs.keep_ms = node.decay_ms
            self._enter(key, track)
            for part in node.points:
                self._feed(track, part.events, event_value(part.points, self.lists))
        found: AnyTrack = self._known[key]
        return found

    def _enter(self, key: bytes, track: AnyTrack) -> None:
        self._known[key] = track
        self.tracks.append(track)

    def _feed(self, track: AnyTrack, events: tree.Events,
              value: EventValue | None) -> None:  # fmt: skip
        names = (ANY_EVENT,) if ANY_EVENT in events.names else dict.fromkeys(events.names)
        for name in names:
            self._feeds.setdefault(name, []).append((events.where, value, track))

    def index(self) -> tuple[dict[str, Feeds], Feeds]:
        """Feeds by event name, each with those of "*", and the feeds of every other name."""
        star = self._feeds.get(ANY_EVENT, [])
        by_name = {
            name: _fed([*star, *feeds], self.lists)
            for name, feeds in self._feeds.items() if name != ANY_EVENT
        }  # fmt: skip
        return by_name, _fed(star, self.lists)


def _fed(feeds: list[Fed], lists: Lists) -> Feeds:
    """The feeds of one event name: those on a switch beside those that are looked at one by one."""
    always = {group for where, _, track in feeds if where is None for group in track.groups}
    plain: list[Feed] = []
    switches: dict[str, Switch] = {}
    for where, value, track in feeds:
        rest = (value, track.adder(), track.id, track.groups, track.first_groups)
        case = _case_of(where)
        if case is None:
            plain.append((None if where is None else event_value(where, lists), *rest))
        else:
            path, text = case
            switch = switches.setdefault(path, Switch(event_value(tree.Property(path), lists)))
            switch.cases.setdefault(text, []).append((_always, *rest))
    return Feeds(plain, list(switches.values()), tuple(sorted(always)))


def _case_of(where: tree.AnyNode | None) -> tuple[str, str] | None:
    """The path and the text of a filter `property == "text"`."""
    if not isinstance(where, tree.Compare) or where.op != "==":
        return None
    left, right = where.left, where.right
    if isinstance(left, tree.Property) and isinstance(right, tree.Literal):
        return (left.path, right.value) if isinstance(right.value, str) else None
    return None


def _always(event: object) -> bool:
    """The filter of a feed that its switch has already found to fit."""
    del event
    return True
