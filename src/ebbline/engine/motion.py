"""When comparisons over moving numbers flip: interval arithmetic and bisection.

A moving number (a decaying score, a time since) has bounds over any stretch of time that
begins now. A comparison that is decided for the bounds cannot flip inside the stretch, so the
longest decided stretch ends at the flip, or (where several things move against each other) a
little before it, never after. Steady parts end the stretch at their own next change.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ebbline.definitions import tree
from ebbline.engine.corners import Corners
from ebbline.engine.decay import DecayTrack
from ebbline.engine.joint import joint_of
from ebbline.engine.limits import NEVER
from ebbline.engine.linear import Lines, flip_of, line_of
from ebbline.engine.scalars import ARITH, COMPARE, FUNCTIONS, number_of

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Reading, Result, Scope

Range = tuple[float, float]
Bounds = Callable[["Profile", int, int], Range | None]  # None: null, or not to be said
ANYTHING: Range = (-math.inf, math.inf)


def moves(node: tree.AnyNode) -> bool:
    """Whether a node's value may change at every instant (a comparison only flips)."""
    match node:
        case tree.Score():
            return node.decay != "within"
        case tree.Call():
            return node.name in ("elapsed", "until") or any(moves(arg) for arg in node.args)
        case tree.Arith():
            return moves(node.left) or moves(node.right)
        case tree.Items():
            return any(moves(item) for item in node.items)
        case _:
            return False


class Motion:
    """One node's value now, its bounds over a stretch from now, and how long its steady parts
    stay as they are."""

    def __init__(self, scope: Scope, node: tree.AnyNode) -> None:
        self._scope = scope
        self._steady: list[Reading] = []
        self._value = scope.reading(node)
        self.bounds = self._compile(node)

    def at(self, profile: Profile, now_ms: int) -> Any:
        """The value at an instant."""
        return self._value(profile, now_ms)[0]

    def steady_until(self, profile: Profile, now_ms: int) -> int:
        """Until when only the moving parts move."""
        return min((part(profile, now_ms)[1] for part in self._steady), default=NEVER)

    def _steady_part(self, reading: Reading) -> Bounds:
        self._steady.append(reading)

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            del high_ms
            value = number_of(reading(profile, low_ms)[0])
            return None if value is None else (value, value)

        return bounds

    def _compile(self, node: tree.AnyNode) -> Bounds:
        if not moves(node):
            return self._steady_part(self._scope.reading(node))
        match node:
            case tree.Score():
                return self._score(node)
            case tree.Arith():
                return self._arith(node)
            case tree.Call() if node.name in ("elapsed", "until"):
                return self._clock(node)
            case tree.Call() if node.name in ("abs", "round"):
                return self._function(node)
            case tree.Call() if node.name == "default":
                return self._default(node)
            case tree.Call() if node.name == "if_":
                return self._choice(node)
            case _:
                return self._ends_only(node)

    def _score(self, node: tree.Score) -> Bounds:
        from ebbline.engine.readings import clamp  # noqa: PLC0415 - the two know each other

        track = self._scope.book.score(node)
        self._scope.tracks.add(track.id)
        if isinstance(track, DecayTrack):
            edges = _decay_edges(track)
        else:
            edges = Corners(node.decay_ms).edges

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range:
            record = profile.tracks.get(track.id)
            low, high = (0.0, 0.0) if record is None else edges(record, low_ms, high_ms)
            return clamp(node, low), clamp(node, high)

        return bounds

    def _clock(self, node: tree.Call) -> Bounds:
        moment = self._scope.moment(node.args[0])
        self._steady.append(moment)
        rising = node.name == "elapsed"

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            at = moment(profile, low_ms)[0]
            if at is None:
                return None
            return (low_ms - at, high_ms - at) if rising else (at - high_ms, at - low_ms)

        return bounds

    def _arith(self, node: tree.Arith) -> Bounds:
        left, right = self._compile(node.left), self._compile(node.right)
        work, op = ARITH[node.op], node.op

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            a, b = left(profile, low_ms, high_ms), right(profile, low_ms, high_ms)
            if a is None or b is None:
                return None
            if a[0] == a[1] and b[0] == b[1]:
                value = work(a[0], b[0])
                return None if value is None else (value, value)
            if op == "%":
                return _remainder(a, b)
            if op == "/" and b[0] <= 0 <= b[1]:
                return ANYTHING
            corners = [work(x, y) for x in a for y in b]
            return ANYTHING if None in corners else (min(corners), max(corners))

        return bounds

    def _function(self, node: tree.Call) -> Bounds:
        inner, work = self._compile(node.args[0]), FUNCTIONS[node.name]
        extra = [self._scope.reading(arg) for arg in node.args[1:]]
        self._steady.extend(extra)
        folds = node.name == "abs"

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            span = inner(profile, low_ms, high_ms)
            if span is None or math.inf in (-span[0], span[1]):
                return span
            rest = [part(profile, low_ms)[0] for part in extra]
            low, high = work(span[0], *rest), work(span[1], *rest)
            if low is None or high is None:
                return None
            if folds:
                return (0.0 if span[0] <= 0 <= span[1] else min(low, high)), max(low, high)
            return low, high

        return bounds

    def _default(self, node: tree.Call) -> Bounds:
        first, second = (self._compile(arg) for arg in node.args)

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            span = first(profile, low_ms, high_ms)
            return second(profile, low_ms, high_ms) if span is None else span

        return bounds

    def _choice(self, node: tree.Call) -> Bounds:
        condition = self._scope.reading(node.args[0])
        self._steady.append(condition)
        one, other = self._compile(node.args[1]), self._compile(node.args[2])

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            chosen = one if condition(profile, low_ms)[0] is True else other
            return chosen(profile, low_ms, high_ms)

        return bounds

    def _ends_only(self, node: tree.AnyNode) -> Bounds:
        """A node that cannot be bounded: known at one instant, anything over a stretch."""
        value = self._value

        def bounds(profile: Profile, low_ms: int, high_ms: int) -> Range | None:
            now = number_of(value(profile, low_ms)[0])
            if now is None or low_ms == high_ms:
                return None if now is None else (now, now)
            return ANYTHING

        for arg in node.args if isinstance(node, tree.Call) else ():
            self._compile(arg)  # what is steady in it still ends the stretch
        return bounds


def _remainder(a: Range, b: Range) -> Range:
    """Bounds of a % b: exact while a stays between two multiples of a constant b."""
    if b[0] != b[1] or b[0] == 0 or math.inf in (-a[0], a[1]):
        return ANYTHING
    if a[0] // b[0] == a[1] // b[0]:
        return a[0] % b[0], a[1] % b[0]
    return min(0.0, b[0]), max(0.0, b[0])


def _decay_edges(track: DecayTrack) -> Callable[[Any, int, int], Range]:
    def edges(record: Any, low_ms: int, high_ms: int) -> Range:
        a, b = track.read(record, low_ms), track.read(record, high_ms)
        return (a, b) if a <= b else (b, a)

    return edges


def decided(op: str, a: Range, b: Range) -> bool | None:
    """The outcome of a comparison if it is the same for every pair of values in the ranges."""
    if a[0] == a[1] and b[0] == b[1]:
        return COMPARE[op](a[0], b[0])
    if op in ("==", "!="):
        apart = a[1] < b[0] or b[1] < a[0]
        return (op == "!=") if apart else None
    test = COMPARE[op]
    # The extreme pairs: left at its low against right at its high, and the other way round.
    one, other = test(a[0], b[1]), test(a[1], b[0])
    return one if one == other else None


def _sorted_numbers(listed: list[Any]) -> list[float]:
    return sorted(n for item in listed if (n := number_of(item)) is not None)


def _decided_in(op: str, a: Range, numbers: list[float]) -> bool | None:
    """`in` and `not in` a list that stays as it is, given its numbers in order."""
    at = bisect_left(numbers, a[0])
    if at == len(numbers) or numbers[at] > a[1]:
        return op == "not in"
    return op == "in" if a[0] == a[1] else None


def longest(check: Callable[[int], bool], now_ms: int, horizon_ms: int) -> int:
    """The first instant in (now, horizon] for which `check(instant)` fails, given that a check
    that fails keeps failing further out."""
    if horizon_ms - now_ms <= 1 or check(horizon_ms - 1):
        return horizon_ms
    good, step = now_ms, 1
    while True:
        probe = min(now_ms + step, horizon_ms - 1)
        if probe <= good:
            return horizon_ms
        if not check(probe):
            break
        good, step = probe, step * 4
    bad = probe
    while bad - good > 1:
        middle = (good + bad) // 2
        if check(middle):
            good = middle
        else:
            bad = middle
    return bad


def _lines(scope: Scope, node: tree.Compare) -> tuple[Lines, Lines] | None:
    """Both sides as lines, where both have that form."""
    left, right = line_of(scope, node.left, moves), line_of(scope, node.right, moves)
    return None if left is None or right is None else (left, right)


def comparison(scope: Scope, node: tree.Compare) -> Reading:
    """A comparison with a moving side: its truth now, and the instant of its flip."""
    left, right = Motion(scope, node.left), Motion(scope, node.right)
    op, test = node.op, COMPARE[node.op]
    many = op in ("in", "not in")
    lines = None if many else _lines(scope, node)
    joint = None if many else joint_of(scope, node)
    fixed: list[float] | None = None
    if many and isinstance(node.right, tree.ListRef):
        named = scope.book.lists(node.right.name)
        fixed, among = _sorted_numbers(named.values), named.test(op)
        test = lambda a, b: among(a)  # noqa: E731 - the list is known, and may be long

    def reading(profile: Profile, now_ms: int) -> Result:
        value = test(left.at(profile, now_ms), right.at(profile, now_ms))
        horizon = min(left.steady_until(profile, now_ms), right.steady_until(profile, now_ms))
        if value is None:
            return None, horizon
        if lines is not None:
            a_line, b_line = lines[0](profile, now_ms), lines[1](profile, now_ms)
            if a_line is not None and b_line is not None:
                return value, min(flip_of(op, a_line, b_line, now_ms), horizon)
        listed = fixed
        if many and listed is None:
            listed = _sorted_numbers(right.at(profile, now_ms))

        def check(until_ms: int) -> bool:
            a = left.bounds(profile, now_ms, until_ms)
            if listed is not None:
                return a is not None and _decided_in(op, a, listed) is value
            b = right.bounds(profile, now_ms, until_ms)
            if a is not None and b is not None and decided(op, a, b) is value:
                return True
            return joint is not None and joint.stays(profile, now_ms, until_ms)

        return value, longest(check, now_ms, horizon)

    return reading
