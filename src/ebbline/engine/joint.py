"""Scores against scores: how far apart the two sides of a comparison stay, taken together.

Bounds of each side alone say nothing of two scores that sink side by side. Their difference does:
of scores with one half-life it sinks at their pace, of fading ones with one span it is a straight
line until the next event is gone, and of equal ones it is nothing, for good.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.engine.decay import DecayTrack
from ebbline.engine.limits import NEVER, SCORE_DECIMALS
from ebbline.engine.scalars import number_of
from ebbline.engine.tracks import listed

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Scope

# By how much the reading of one score is off at most: what rounding takes from it.
ROUNDING = 0.5 * 10.0**-SCORE_DECIMALS
# Of a whole difference, by how much floats may be off for its largest part, and far above it.
NOISE = 1e-13


class Score:
    """One score of a difference, and how often it is counted."""

    def __init__(self, scope: Scope, node: tree.Score, weight: float) -> None:
        track = scope.book.score(node)
        self._exact = track if isinstance(track, DecayTrack) else None
        self._rounded = scope.reading(node)
        self.track = track.id
        self.pace = (node.decay, node.decay_ms)
        self.weight = weight
        # A fading score is only read rounded, so it is off twice.
        self.slack = abs(weight) * ROUNDING * (1 if self._exact is not None else 2)

    def at(self, profile: Profile, at_ms: int) -> float:
        """What it adds to the difference at an instant."""
        record = profile.tracks.get(self.track)
        if record is None:
            return 0.0
        if self._exact is not None:
            return self.weight * self._exact.sum_at(record, at_ms)
        return float(self.weight * self._rounded(profile, at_ms)[0])

    def straight_until(self, record: Any, now_ms: int) -> int:
        """Until when a fading score is a straight line."""
        decay, span_ms = self.pace
        if decay == "half_life" or record is None:
            return NEVER
        times, _ = listed(record)
        place = bisect_right(times, now_ms - span_ms)
        return times[place] + span_ms if place < len(times) else NEVER


class Joint:
    """The difference of two sides that are sums of scores and of parts that stand still."""

    def __init__(self, scores: list[Score], steady: list[tuple[Reading, float]]) -> None:
        self._scores = scores
        self._steady = steady

    def stays(self, profile: Profile, now_ms: int, until_ms: int) -> bool:
        """Whether the two sides stay as they are to each other: one above the other, or equal."""
        low = high = slack = largest = 0.0
        for reading, weight in self._steady:
            value = number_of(reading(profile, now_ms)[0])
            if value is None:
                return False
            low, high = low + weight * value, high + weight * value
            largest = max(largest, abs(weight * value))
        paces: dict[tuple[str, int], tuple[float, float]] = {}
        for score in self._apart(profile):
            if until_ms > score.straight_until(profile.tracks.get(score.track), now_ms):
                return False
            now, then = score.at(profile, now_ms), score.at(profile, until_ms)
            before, after = paces.get(score.pace, (0.0, 0.0))
            paces[score.pace] = before + now, after + then
            slack += score.slack
            largest = max(largest, abs(now), abs(then))
        for before, after in paces.values():
            low, high = low + min(before, after), high + max(before, after)
        if slack == 0.0:
            return True  # nothing that moves is left
        slack += NOISE * largest
        return low > slack or high < -slack

    def _apart(self, profile: Profile) -> list[Score]:
        """The scores without those two that are one and the same on either side."""
        if len(self._scores) == 2:
            a, b = self._scores
            one = profile.tracks.get(a.track) == profile.tracks.get(b.track)
            if one and a.pace == b.pace and a.weight == -b.weight:
                return []
        return self._scores


def joint_of(scope: Scope, node: tree.Compare) -> Joint | None:
    """The difference of a comparison's sides; None unless it has at least two scores."""
    scores: list[Score] = []
    steady: list[tuple[Reading, float]] = []
    for side, weight in ((node.left, 1.0), (node.right, -1.0)):
        if not _collect(scope, side, weight, (scores, steady)):
            return None
    return Joint(scores, steady) if len(scores) > 1 else None


def _collect(scope: Scope, node: tree.AnyNode, weight: float,
             into: tuple[list[Score], list[tuple[Reading, float]]]) -> bool:  # fmt: skip
    """Take a side apart; False when it is not such a sum."""
    from ebbline.engine.motion import moves  # noqa: PLC0415 - the two know each other

    if not moves(node):
        into[1].append((scope.reading(node), weight))
        return True
    if isinstance(node, tree.Score):
        into[0].append(Score(scope, node, weight))
        return node.floor is None and node.ceiling is None
    if not isinstance(node, tree.Arith):
        return False
    left, right = node.left, node.right
    if node.op in ("+", "-"):
        second = weight if node.op == "+" else -weight
        return _collect(scope, left, weight, into) and _collect(scope, right, second, into)
    if node.op == "*" and isinstance(left, tree.Literal):
        left, right = right, left
    factor = number_of(right.value) if isinstance(right, tree.Literal) else None
    if not factor or node.op == "%":
        return False
    return _collect(scope, left, weight * factor if node.op == "*" else weight / factor, into)
