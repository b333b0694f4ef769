"""One person inside the engine: the only file of the laws that knows the engine's API.

It does what a host does and no more: wakes are fired in order before anything else happens.
"""

from __future__ import annotations

from typing import Any

from ebbline import engine
from ebbline.definitions.plan import Plan
from ebbline.engine.changes import Change
from ebbline.engine.tracks import IDS, TIMES, VALUES
from ebbline.events.event import Event
from tests.laws.timeline import Flip

RAW_AFTER = {"entered": True, "exited": False, "suppressed": True, "restored": True}
"""Membership by an audience's own rule after each kind of change; the rest are no flips."""


class Subject:
    """A profile with everything the engine has said about it, as flips.

    With `clock_first`, what is due at an instant of arrival fires before the events of that
    instant; without, it is settled together with them. Hosts may do either.
    """

    def __init__(self, plan: Plan, profile_id: int = 1, *, clock_first: bool = True) -> None:
        self.tables = engine.compile_plan(plan)
        self.profile = engine.new_profile(self.tables, profile_id)
        self.clock_first = clock_first
        self.state = {audience.name: (False, False) for audience in plan.audiences}
        self.flips: list[Flip] = []
        self.changes: list[Change] = []
        self.published: list[tuple[int, bool, str, Any]] = []
        self.wakes = 0
        self._stops = 0

    @property
    def wake_ms(self) -> int:
        """When the engine wants to be woken; far beyond any clock for not at all."""
        return self.profile.wake_ms

    def clock(self, until_ms: int) -> None:
        """Let time pass up to and including an instant."""
        while self.wake_ms <= until_ms:
            due_ms = self.wake_ms
            self.wake(due_ms)
            assert self.wake_ms > due_ms, "a wake has to move on"

    def wake(self, at_ms: int) -> None:
        """Wake the person once, due or not."""
        self.wakes += 1
        self._note(engine.wake(self.tables, self.profile, at_ms), at_ms, by_event=False)

    def arrive(self, now_ms: int, events: list[Event]) -> None:
        """Let events become known together."""
        self.clock(now_ms if self.clock_first else now_ms - 1)
        changes = engine.apply(self.tables, self.profile, events, now_ms)
        self._note(changes, now_ms, by_event=True)

    def force(self, audience: str, value: bool | None, until_ms: int | None, at_ms: int) -> None:
        """Set a membership by hand at an instant, or with None take that back."""
        self.clock(at_ms)
        if value is None:
            changes = engine.clear_override(self.tables, self.profile, audience, at_ms)
        else:
            changes = engine.override(
                self.tables, self.profile, audience, value, until_ms, at_ms
            )  # fmt: skip
        self._note(changes, at_ms, by_event=True)

    def merge(self, loser: Subject, now_ms: int) -> None:
        """Take over another person's history at an instant, the clock first for both."""
        self.clock(now_ms)
        loser.clock(now_ms)
        (merged,) = engine.merge(self.tables, self.profile, loser.profile, now_ms)
        assert (merged.kind, merged.value) == ("merged", self.profile.id)
        changes = engine.wake(self.tables, self.profile, now_ms)
        self._note(changes, now_ms, by_event=True)

    def restore_when(self, bits: int) -> None:
        """From now on stop and start again after steps, one bit for each, over and over."""
        self._stops = bits

    def restore(self) -> None:
        """Stop and start again: only the packed profile survives."""
        self.profile = engine.decode_profile(self.packed(), self.tables.default_truth)

    def packed(self) -> bytes:
        """The packed profile."""
        return engine.encode_profile(self.profile, self.tables.default_truth)

    def content(self, now_ms: int) -> bytes:
        """The packed profile without what its own path decides: who it is, how often it changed,
        which conditions were last looked at and when, entries that no rule can ask for any more,
        and the order of entries of one instant where no rule can see it."""
        copy = engine.decode_profile(self.packed(), self.tables.default_truth)
        engine.refresh(self.tables, copy, now_ms)
        for track_id, record in copy.tracks.items():
            if isinstance(record, dict) or record[TIMES] is not None:
                self.tables.tracks[track_id].trim(record, now_ms)
                _settle_ties(record)
        copy.id, copy.number, copy.due = 0, 0, {}
        copy.tracks = dict(sorted(copy.tracks.items()))
        copy.traits = dict(sorted(copy.traits.items()))
        return engine.encode_profile(copy, self.tables.default_truth)

    def trait(self, name: str, now_ms: int) -> Any:
        """The value of a computed trait."""
        return engine.trait_value(self.tables, self.profile, name, now_ms)

    def _note(self, changes: list[Change], at_ms: int, *, by_event: bool) -> None:
        for change in changes:
            assert change.at_ms == at_ms
            assert by_event or change.cause is None
            if change.kind == "trait":
                self.published.append((at_ms, by_event, change.definition, change.value))
                continue
            raw = RAW_AFTER[change.kind]
            name, effective = change.definition, change.value
            assert self.state[name] != (raw, effective), "a change that changes nothing"
            assert self.state[name][0] == (raw != (change.kind in ("entered", "exited")))
            self.state[name] = raw, effective
            self.flips.append(Flip(at_ms, by_event, name, raw, effective))
        self.changes += changes
        self._stops, stop = self._stops >> 1, self._stops & 1
        if stop:
            self.restore()


def _settle_ties(record: Any) -> None:
    if isinstance(record, list) and record[VALUES] is not None and record[IDS] is None:
        pairs = sorted(zip(record[TIMES], record[VALUES], strict=True), key=repr)
        pairs.sort(key=lambda pair: pair[0])
        record[VALUES] = [value for _, value in pairs]
