"""The reference evaluator: every node as a closure giving its value and when that may change.

`reading(node)` compiles to `(profile, now_ms) -> (value, until_ms)`: nothing but an event can
make the value differ before `until_ms` (which is never later than the true instant). Nodes
that move all the time (a decaying score, an elapsed time) give `now_ms + 1`; comparisons over
them are handed to `motion`, which finds the instant of the flip.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ebbline.definitions import tree
from ebbline.engine import aggregates, calendar, distinct, motion, personal, sequences
from ebbline.engine.book import Book
from ebbline.engine.decay import DecayTrack
from ebbline.engine.event_scope import matcher
from ebbline.engine.limits import DAY_MS, NANO, NEVER, SCORE_DECIMALS
from ebbline.engine.profile import Profile
from ebbline.engine.scalars import ARITH, COMPARE, FUNCTIONS, days_between, look_up, moment_of
from ebbline.engine.tracks import listed, span
from ebbline.errors import Invariant

Result = tuple[Any, int]
Reading = Callable[[Profile, int], Result]

TIME_AGGREGATES = ("first_time", "last_time", "nth_time")


class Scope:
    """One expression being compiled: the shared book, and what the expression depends on."""

    def __init__(self, book: Book, audience_bits: dict[str, int]) -> None:
        self.book = book
        self.audience_bits = audience_bits
        self.tracks: set[int] = set()
        self.traits: set[str] = set()
        self.audiences: set[int] = set()
        self.timed = False  # true when time alone may change the value
        self.clock = False  # true when a person without events may change by time alone

    def reading(self, node: tree.AnyNode) -> Reading:
        """Compile one node."""
        match node:
            case tree.Literal():
                return _constant(node.value)
            case tree.Duration() | tree.Moment():
                return _constant(node.ms)
            case tree.Items():
                return self._all([self.reading(item) for item in node.items], lambda *xs: list(xs))
            case tree.ListRef():
                return _constant(self.book.lists(node.name).values)
            case tree.Trait():
                return self._trait(node.name)
            case tree.Not():
                return self._all([self.reading(node.item)], lambda x: x is not True)
            case tree.And():
                return _junction([self.reading(item) for item in node.items], deciding=False)
            case tree.Or():
                return _junction([self.reading(item) for item in node.items], deciding=True)
            case tree.IsNull():
                return self._is_null(node)
            case tree.Compare():
                return self._compare(node)
            case tree.Arith():
                return self._all(
                    [self.reading(node.left), self.reading(node.right)], ARITH[node.op]
                )
            case tree.Call():
                return self._call(node)
            case tree.Aggregate():
                if node.name in distinct.NAMES:
                    return distinct.distinct(self, node)
                return aggregates.aggregate(self, node)
            case tree.LastN():
                return aggregates.last_n(self, node)
            case tree.Matched():
                return aggregates.matched(self, node)
            case tree.Missed():
                return (sequences.missed_on if node.on else aggregates.missed)(self, node)
            case tree.Sequence():
                return sequences.sequence(self, node)
            case tree.Score():
                return self._score(node)
            case tree.AudienceRef():
                return self._audience(node.name)
            case tree.Property():
                message = f"property {node.path!r} stands outside an event expression"
                raise Invariant(message)

    def moment(self, node: tree.AnyNode) -> Reading:
        """Compile a node that stands where a timestamp is expected: text is read as ISO-8601,
        a number that is not the result of a time function is null."""
        inner = self.reading(node)
        if is_moment(node):
            return inner
        if isinstance(node, tree.Call) and node.name == "default":
            first, second = (self.moment(arg) for arg in node.args)
            return self._all([first, second], FUNCTIONS["default"])
        if isinstance(node, tree.Call) and node.name == "if_":
            condition, one, other = node.args
            return _choice(self.reading(condition), self.moment(one), self.moment(other))
        return self._all([inner], moment_of)

    def _all(self, parts: list[Reading], work: Callable[..., Any]) -> Reading:
        if len(parts) == 1:
            only = parts[0]

            def one(profile: Profile, now_ms: int) -> Result:
                value, until = only(profile, now_ms)
                return work(value), until

            return one

        def read(profile: Profile, now_ms: int) -> Result:
            results = [part(profile, now_ms) for part in parts]
            return work(*[r[0] for r in results]), min([r[1] for r in results], default=NEVER)

        return read

    def _trait(self, name: str) -> Reading:
        self.traits.add(name)
        self.traits.add(name.split(".", 1)[0])

        def read(profile: Profile, now_ms: int) -> Result:
            del now_ms
            return sent_trait(profile, name), NEVER

        return read

    def _audience(self, name: str) -> Reading:
        bit = self.audience_bits[name]
        self.audiences.add(bit)
        return lambda profile, now_ms: (bool(profile.raw >> bit & 1), NEVER)

    def _is_null(self, node: tree.IsNull) -> Reading:
        if not motion.moves(node.item):
            return self._all([self.reading(node.item)], lambda x: x is None)
        bounded = motion.Motion(self, node.item)
        return lambda profile, now_ms: (
            bounded.at(profile, now_ms) is None, bounded.steady_until(profile, now_ms)
        )  # fmt: skip

    def _compare(self, node: tree.Compare) -> Reading:
        if motion.moves(node.left) or motion.moves(node.right):
            return motion.comparison(self, node)
        if isinstance(node.right, tree.ListRef) and node.op in ("in", "not in"):
            listed = self.book.lists(node.right.name).test(node.op)
            return self._all([self.reading(node.left)], listed)
        aggregates.compared(self, node)
        if is_moment(node.left) or is_moment(node.right):
            parts = [self.moment(node.left), self.moment(node.right)]
        else:
            parts = [self.reading(node.left), self.reading(node.right)]
        return self._all(parts, COMPARE[node.op])

    def _call(self, node: tree.Call) -> Reading:
        if node.name in ("elapsed", "until", "days_since"):
            return self._clock_call(node)
        if node.name in ("hour_of_day", "day_of_week"):
            return self._wall_clock(node)
        if node.name in ("bucket", "consented"):
            return (personal.bucket if node.name == "bucket" else personal.consented)(self, node)
        if node.name == "if_":
            return _choice(*[self.reading(arg) for arg in node.args])
        if node.name == "contains" and isinstance(node.args[0], tree.ListRef):
            return self._all([self.reading(node.args[1])], self.book.lists(node.args[0].name).holds)
        if node.name == "matches" and isinstance(node.args[1], tree.Literal):
            return self._all([self.reading(node.args[0])], matcher(str(node.args[1].value)))
        return self._all([self.reading(arg) for arg in node.args], FUNCTIONS[node.name])

    def _clock_call(self, node: tree.Call) -> Reading:
        moment = self.moment(node.args[0])
        self.timed = True
        if not isinstance(node.args[0], tree.Aggregate | tree.Trait):
            self.clock = True  # a timestamp may stand in the rule itself
        name = node.name

        def read(profile: Profile, now_ms: int) -> Result:
            at, until = moment(profile, now_ms)
            if at is None:
                return None, until
            if name == "days_since":
                days = days_between(at, now_ms)
                return days, min(until, at + (days + 1) * DAY_MS)
            return (now_ms - at if name == "elapsed" else at - now_ms), now_ms + 1

        return read

    def _wall_clock(self, node: tree.Call) -> Reading:
        """What clocks show; `inline` has filled in the zone where the rule names none."""
        self.timed = self.clock = True
        zone = node.args[0]
        assert isinstance(zone, tree.Literal)
        read = calendar.clock_of(str(zone.value), node.name).read
        return lambda profile, now_ms: read(now_ms)

    def _score(self, node: tree.Score) -> Reading:
        track = self.book.score(node)
        self.tracks.add(track.id)
        self.timed = True
        read = score_reader(track, node)

        def clamped(profile: Profile, now_ms: int) -> Result:
            record = profile.tracks.get(track.id)
            if record is None:
                return clamp(node, 0.0), NEVER
            value, until = read(record, now_ms)
            return clamp(node, value), until

        return clamped


def _constant(value: Any) -> Reading:
    result = (value, NEVER)
    return lambda profile, now_ms: result


def _choice(condition: Reading, one: Reading, other: Reading) -> Reading:
    """`if_`: only the side that is taken matters, until the condition may change."""

    def read(profile: Profile, now_ms: int) -> Result:
        chosen, until = condition(profile, now_ms)
        value, steady = (one if chosen is True else other)(profile, now_ms)
        return value, min(until, steady)

    return read


def _junction(parts: list[Reading], *, deciding: bool) -> Reading:
    """AND (an item that is false decides) and OR (one that is true decides). A decided result
    stands until the last deciding item may change, an undecided one until the first item may.
    """

    def read(profile: Profile, now_ms: int) -> Result:
        latest, earliest = -1, NEVER
        for part in parts:
            value, until = part(profile, now_ms)
            if (value is True) == deciding:
                latest = max(latest, until)
            else:
                earliest = min(earliest, until)
        return (deciding, latest) if latest >= 0 else (not deciding, earliest)

    return read


def is_moment(node: tree.AnyNode) -> bool:
    """Whether a node's own value is a timestamp in milliseconds."""
    if isinstance(node, tree.Aggregate):
        return node.name in TIME_AGGREGATES
    return isinstance(node, tree.Moment)


def sent_trait(profile: Profile, name: str) -> Any:
    """A sent trait by its flat name, else by its dotted path; null when never set."""
    entry = profile.traits.get(name)
    if entry is not None:
        return None if isinstance(entry[0], dict) else entry[0]
    if "." not in name:
        return None
    root, rest = name.split(".", 1)
    entry = profile.traits.get(root)
    return look_up(entry[0], rest) if entry is not None and isinstance(entry[0], dict) else None


def clamp(node: tree.Score, value: float) -> float:
    """A score held between its floor and its ceiling."""
    if node.floor is not None and value < node.floor:
        return node.floor
    if node.ceiling is not None and value > node.ceiling:
        return node.ceiling
    return value


def score_reader(track: Any, node: tree.Score) -> Callable[[Any, int], Result]:
    """The unclamped value of a score's record at an instant, and when it may change."""
    if isinstance(track, DecayTrack):
        return lambda record, now_ms: (track.read(record, now_ms), now_ms + 1)
    span_ms = node.decay_ms

    def fade(record: Any, now_ms: int) -> Result:
        total, live = 0, False
        for at, nano in zip(*listed(record), strict=True):
            left = span_ms - (now_ms - at)
            if left > 0:
                total, live = total + nano * left, True
        value = round(total / (span_ms * NANO), SCORE_DECIMALS)
        return value, now_ms + 1 if live else NEVER

    def window(record: Any, now_ms: int) -> Result:
        times, values = listed(record)
        start, end, until = span(times, now_ms, span_ms, None, None)
        return round(sum(values[start:end]) / NANO, SCORE_DECIMALS), until

    return fade if node.decay == "fade" else window
