"""Conditions that are looked at together, and how each group decides its truth.

A condition is one leaf of an audience's rule. Those on one track that only count, sum or look
at ages against constants are decided in one tight loop; those on one decaying score share its
value; every other condition is a group of its own, read by the reference evaluator.

`sense(profile, now_ms, changed)` updates `profile.truth`, appends the conditions that changed
and returns the next instant at which the group may differ by time alone.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable
from itertools import groupby
from typing import Any

from ebbline.engine.conditions import AgeAtom, Atom, CountAtom
from ebbline.engine.decay import DecayTrack
from ebbline.engine.gates import Gates, is_open
from ebbline.engine.limits import NEVER
from ebbline.engine.motion import Motion, longest
from ebbline.engine.profile import Profile
from ebbline.engine.readings import Reading
from ebbline.engine.scalars import number_of
from ebbline.engine.tracks import COUNT, HEADS, TIMES, listed


class Group:
    """A set of conditions evaluated together."""

    def seal(self, gates: list[Gates]) -> None:
        """Learn the gates of all the plan's conditions, once no more are added."""
        raise NotImplementedError

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """Update the truth of the group's conditions."""
        raise NotImplementedError

    def lists(self) -> tuple[int, ...]:
        """The tracks of which entries beyond a record's cap are missed; see `Track.cap`."""
        return ()


class TrackGroup(Group):
    """All simple conditions on one track but the ages of its first event."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id
        self.counts: list[tuple[int, int, int]] = []  # least, within_ms (NEVER: ever), condition
        self.sums: list[tuple[int, int, int]] = []  # least billionths, within_ms, condition
        self.ages = _Ages()
        self.gates: list[Gates] = []

    def lists(self) -> tuple[int, ...]:
        """See `Group`: a count against a number has as many as it needs."""
        return (self.track_id,) if self.sums else ()

    def add(self, atom: Atom, condition: int) -> None:
        """Take one more condition into the group."""
        if isinstance(atom, CountAtom):
            within = NEVER if atom.within_ms is None else atom.within_ms
            self.counts.append((atom.least, within, condition))
        elif isinstance(atom, AgeAtom):
            self.ages.add(atom.age_ms, condition)
        else:
            least = atom.bar if atom.inclusive else atom.bar + 1
            self.sums.append((least, atom.within_ms, condition))

    def seal(self, gates: list[Gates]) -> None:
        """See `Group`."""
        self.gates = gates
        self.ages.seal(gates)

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """See the module."""
        record = profile.tracks.get(self.track_id)
        if record is None:
            return NEVER
        truth, gates, wake = profile.truth, self.gates, NEVER
        times = record[TIMES]
        for least, within, condition in self.counts:
            if within == NEVER:
                true = record[COUNT] >= least
            elif len(times) >= least and (leaves := times[-least] + within) > now_ms:
                true = True
                if leaves < wake and ((gate := gates[condition]) is None or is_open(gate, truth)):
                    wake = leaves
            else:
                true = False
            if truth[condition] != true:
                truth[condition] = true
                changed.append(condition)
        if self.ages.runs:
            wake = self.ages.sense(times[-1], truth, now_ms, changed, wake)
        for least, within, condition in self.sums:
            true, flips = sum_at_least(*listed(record), now_ms, within, least)
            if flips < wake and is_open(gates[condition], truth):
                wake = flips
            if truth[condition] != true:
                truth[condition] = true
                changed.append(condition)
        return wake


class FirstGroup(Group):
    """All ages of one track's first event: most events leave them as they are."""

    def __init__(self, track_id: int) -> None:
        self.track_id = track_id
        self.ages = _Ages()

    def add(self, atom: Atom, condition: int) -> None:
        """Take one more condition into the group."""
        assert isinstance(atom, AgeAtom)
        self.ages.add(atom.age_ms, condition)

    def seal(self, gates: list[Gates]) -> None:
        """See `Group`."""
        self.ages.seal(gates)

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """See the module."""
        record = profile.tracks.get(self.track_id)
        if record is None:
            return NEVER
        return self.ages.sense(record[HEADS][0], profile.truth, now_ms, changed, NEVER)


class _Ages:
    """Ages of one event against constants, in ascending order: those that are reached are
    always a prefix, so only the ones around its end need a look."""

    __slots__ = ("ages", "conditions", "runs")

    def __init__(self) -> None:
        self.ages: list[int] = []
        self.conditions: list[int] = []
        self.runs: list[tuple[int, int, Gates]] = []  # from, to, the gates these ages share

    def add(self, age_ms: int, condition: int) -> None:
        at = bisect_right(self.ages, age_ms)
        self.ages.insert(at, age_ms)
        self.conditions.insert(at, condition)

    def seal(self, gates: list[Gates]) -> None:
        end = 0
        for shared, run in groupby(gates[condition] for condition in self.conditions):
            start, end = end, end + len(list(run))
            self.runs.append((start, end, shared))

    def sense(self, began: int, truth: bytearray, now_ms: int, changed: list[int],
              wake: int) -> int:  # fmt: skip
        """Update the truths for the event at `began`; the next flip, if it is before `wake`."""
        ages, conditions = self.ages, self.conditions
        reached = bisect_right(ages, now_ms - began)
        i = reached
        while i and not truth[conditions[i - 1]]:
            i -= 1
            truth[conditions[i]] = True
            changed.append(conditions[i])
        i, size = reached, len(ages)
        while i < size and truth[conditions[i]]:
            truth[conditions[i]] = False
            changed.append(conditions[i])
            i += 1
        for start, end, gate in self.runs:
            if reached < end:
                flips = began + ages[max(start, reached)]
                if flips >= wake:
                    break
                if gate is None or is_open(gate, truth):
                    return flips
        return wake


def sum_at_least(times: list[int], values: list[int], now_ms: int, within_ms: int,
                 least: int) -> tuple[bool, int]:  # fmt: skip
    """Whether the sum inside the window reaches `least`, and when that may change by time.

    Where no value is negative the sum only falls as entries leave, so a true sum flips when
    the entry leaves without which the newer ones fall short; otherwise at the next leaving.
    """
    total, bare, flips, edge = 0, False, NEVER, now_ms - within_ms
    signed = False
    oldest = NEVER
    for i in range(len(times) - 1, -1, -1):
        at = times[i]
        if at <= edge:
            break
        value = values[i]
        signed = signed or value < 0
        total += value
        oldest = at
        if not bare and total >= least:
            bare, flips = True, at + within_ms
    if signed:
        return total >= least, oldest + within_ms
    if least <= 0:
        return True, NEVER
    return bare, flips


class ScoreGroup(Group):
    """All comparisons of one decaying score with constants inside its clamps."""

    def __init__(self, track: DecayTrack, *, exact: bool = False) -> None:
        self.track = track
        self.exact = exact  # far flips to the millisecond, for explanations
        self.bars: list[tuple[str, float, int]] = []  # operator, bar, condition
        self.gates: list[Gates] = []

    def seal(self, gates: list[Gates]) -> None:
        """See `Group`."""
        self.gates = gates

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """See the module."""
        record = profile.tracks.get(self.track.id)
        if record is None:
            return NEVER
        truth = profile.truth
        value = self.track.read(record, now_ms)
        nearest: float | None = None
        for op, bar, condition in self.bars:
            true = _ORDER[op](value, bar)
            if truth[condition] != true:
                truth[condition] = true
                changed.append(condition)
            ahead = 0.0 <= bar <= value if value > 0 else value <= bar <= 0.0
            if (
                ahead
                and (nearest is None or abs(bar) > abs(nearest))
                and is_open(self.gates[condition], truth)
            ):
                nearest = bar
        if nearest is None:
            return NEVER
        return self.track.next_crossing(record, now_ms, nearest, value, exact=self.exact)


_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}  # fmt: skip


class ReadingGroup(Group):
    """One condition read by the reference evaluator."""

    def __init__(self, reading: Reading, condition: int, tracks: tuple[int, ...]) -> None:
        self.reading = reading
        self.condition = condition
        self.tracks = tracks
        self.gate: Gates = None

    def lists(self) -> tuple[int, ...]:
        """See `Group`."""
        return self.tracks

    def seal(self, gates: list[Gates]) -> None:
        """See `Group`."""
        self.gate = gates[self.condition]

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """See the module."""
        value, until = self.reading(profile, now_ms)
        true, condition = value is True, self.condition
        if profile.truth[condition] != true:
            profile.truth[condition] = true
            changed.append(condition)
        if until < NEVER and not is_open(self.gate, profile.truth):
            return NEVER
        return until


class PublishGroup(Group):
    """One trait that destinations receive. It reports a change as `-1 - trait`, leaving the new
    value in `profile.published` for the caller to announce. What holds for everybody without
    events (`nothing`) is no news about anybody."""

    def __init__(self, trait: int, reading: Reading, motion: Motion | None, step: float) -> None:
        self.trait = trait
        self.reading = reading
        self.motion = motion
        self.step = step
        self.nothing: Any = None  # the value over no events, set by the compiler

    def seal(self, gates: list[Gates]) -> None:
        """See `Group`."""
        del gates  # a published value matters at any time

    def sense(self, profile: Profile, now_ms: int, changed: list[int]) -> int:
        """See the module."""
        value, until = self.reading(profile, now_ms)
        last = profile.published.get(self.trait, self.nothing)
        if self._differs(last, value):
            profile.published[self.trait] = last = value
            changed.append(-1 - self.trait)
        if self.motion is None:
            return until
        return self._next(profile, now_ms, last)

    def _differs(self, last: Any, value: Any) -> bool:
        if last is None or value is None:
            return last is not value
        a, b = number_of(last), number_of(value)
        if a is None or b is None:
            return type(last) is not type(value) or bool(last != value)
        return a != b if self.step == 0 else abs(a - b) >= self.step

    def _next(self, profile: Profile, now_ms: int, last: Any) -> int:
        motion = self.motion
        if motion is None or (centre := number_of(last)) is None:
            return NEVER
        horizon = motion.steady_until(profile, now_ms)

        def near(until_ms: int) -> bool:
            span = motion.bounds(profile, now_ms, until_ms)
            return span is not None and max(centre - span[0], span[1] - centre) < self.step

        return longest(near, now_ms, horizon) if near(now_ms) else horizon
