"""Tree to rule text with as few brackets as its meaning needs: `parse(print(tree)) == tree`.

Says nothing about whether the tree is right; it prints what is there.
"""

from __future__ import annotations

import json
import keyword
import unicodedata

from ebbline.definitions.durations import format_duration
from ebbline.definitions.limits import RULE_DEPTH_MAX
from ebbline.definitions.moments import format_moment
from ebbline.definitions.parse import RESERVED
from ebbline.definitions.reading import ALTERNATIVES, reading_beside
from ebbline.definitions.tree import (
    Aggregate,
    And,
    AnyNode,
    Arith,
    AudienceRef,
    Call,
    Compare,
    Duration,
    Events,
    IsNull,
    Items,
    LastN,
    ListRef,
    Literal,
    Matched,
    Missed,
    Moment,
    Not,
    Or,
    Property,
    Score,
    Sequence,
    Trait,
    Window,
)

OR, AND, NOT, COMPARE, ADD, MULTIPLY, ATOM = range(1, 8)


def print_rule(tree: AnyNode, timestamps: frozenset[str] = frozenset()) -> str:
    """The rule text of a tree; `timestamps` as for `parse_rule`.

    >>> print_rule(Not(Compare(">", Trait("age"), Literal(18))))
    'not age > 18'
    """
    return Printer(timestamps).text(tree, OR)


class Printer:
    """Prints nodes; `least` is the binding strength below which brackets are needed."""

    def __init__(self, timestamps: frozenset[str]) -> None:
        self.timestamps = timestamps

    def text(self, node: AnyNode, least: int) -> str:
        """The text of a node, in brackets when it binds weaker than `least`."""
        strength, text = self._print(node)
        return f"({text})" if strength < least else text

    def _print(self, node: AnyNode) -> tuple[int, str]:
        match node:
            case Or(items=items):
                return OR, " or ".join(self.text(item, AND) for item in items)
            case And(items=items):
                return AND, " and ".join(self.text(item, NOT) for item in items)
            case Not(item=IsNull(item=item)):
                return COMPARE, f"{self.text(item, ADD)} is not None"
            case Not(item=item):
                return NOT, f"not {self.text(item, NOT)}"
            case IsNull(item=item):
                return COMPARE, f"{self.text(item, ADD)} is None"
            case Compare(op=op, left=left, right=right):
                first, second = self._beside(left, right), self._beside(right, left)
                if op in ("in", "not in") and isinstance(right, ListRef):
                    second = _list_name(right)
                return COMPARE, f"{first} {op} {second}"
            case Arith(op=op, left=left, right=right):
                strength = ADD if op in "+-" else MULTIPLY
                first, second = self.text(left, strength), self.text(right, strength + 1)
                return strength, f"{first} {op} {second}"
            case _:
                return ATOM, self._atom(node)

    def _beside(self, side: AnyNode, other: AnyNode) -> str:
        """One side of a comparison; durations and timestamps plain where they are read so."""
        reading = reading_beside(other, self.timestamps)
        return self._plain(side, reading) or self.text(side, ADD)

    def _plain(self, node: AnyNode, reading: str | None) -> str | None:
        if isinstance(node, Duration) and reading == "duration":
            return quote(format_duration(node.ms))
        if isinstance(node, Moment) and reading == "timestamp":
            text = format_moment(node.ms)
            return None if text is None else quote(text)
        return None

    def _atom(self, node: AnyNode) -> str:
        match node:
            case Literal(value=value):
                return quote(value) if isinstance(value, str) else repr(value)
            case Duration(ms=ms):
                return f"duration({quote(format_duration(ms))})"
            case Moment(ms=ms):
                text = format_moment(ms)
                return f"timestamp({ms if text is None else quote(text)})"
            case Items(items=items):
                return f"[{', '.join(self.text(item, OR) for item in items)}]"
            case Trait(name=name):
                return name if _is_plain(name) else f"trait({quote(name)})"
            case Property(path=path):
                return path if _is_plain(path) else f"property({quote(path)})"
            case AudienceRef(name=name):
                return f"audience({quote(name)})"
            case ListRef(name=name):
                return f"list({quote(name)})"
            case Call(name=name, args=args):
                return f"{name}({', '.join(self._args(name, args))})"
            case Aggregate() | LastN() | Matched() | Missed() | Sequence() | Score():
                return self._events_call(node)
            case _:
                raise AssertionError(node)  # an operator: `_print` has dealt with it

    def _args(self, name: str, args: tuple[AnyNode, ...]) -> list[str]:
        if name in ("hour_of_day", "day_of_week"):
            return [f"zone={self.text(arg, OR)}" for arg in args]
        reading: str | None = None
        if name in ("elapsed", "until", "days_since"):
            reading = "timestamp"
        texts = [self._plain(arg, reading) or self.text(arg, OR) for arg in args]
        for one, other in ALTERNATIVES.get(name, ()):
            if max(one, other) < len(args):
                beside = reading_beside(args[other], self.timestamps)
                texts[one] = self._plain(args[one], beside) or texts[one]
        if name == "contains" and args and isinstance(args[0], ListRef):
            texts[0] = _list_name(args[0])
        return texts

    def _events_call(self, node: Aggregate | LastN | Matched | Missed | Sequence | Score) -> str:
        match node:
            case Aggregate(name=name, events=events, value=value, n=n, window=window):
                if _is_seen(node):
                    return "first_seen()" if name == "first_time" else "last_seen()"
                by = "by=" if name == "most_repeated" else ""
                own = [] if value is None else [by + self.text(value, OR)]
                own += [] if n is None else [str(n)]
                parts = [_names(events), *own, *self._where(events), *self._window(window)]
                if node.zone and not window.zone:
                    parts.append(f"zone={quote(node.zone)}")
                return f"{name}({', '.join(parts)})"
            case LastN(events=events, n=n, holds=holds, window=window):
                parts = [_names(events), str(n), self.text(holds, OR)]
                parts += [*self._where(events), *self._window(window)]
                return f"last_n({', '.join(parts)})"
            case Matched(a=a, b=b, on=on, last=last, window=window):
                parts = [_names(a), self._step(b), f"on={self._atom(Property(on))}"]
                parts += [] if last is None else [f"last={last}"]
                parts += [*self._where(a), *self._window(window)]
                return f"matched({', '.join(parts)})"
            case Missed(event=event, after=after, within_ms=within_ms):
                parts = [_names(event), f"after={self._step(after)}"]
                parts += [f"within={quote(format_duration(within_ms))}"]
                parts += [f"on={self._atom(Property(node.on))}"] if node.on else []
                parts += self._where(event)
                return f"missed({', '.join(parts)})"
            case Sequence(steps=steps, within_ms=within, gap_ms=gap):
                parts = [self._step(step) for step in steps]
                parts += [] if within is None else [f"within={quote(format_duration(within))}"]
                parts += [] if gap is None else [f"gap={quote(format_duration(gap))}"]
                return f"sequence({', '.join([*parts, *self._since(node.since)])})"
            case Score():
                return self._score(node)

    def _score(self, node: Score) -> str:
        parts = []
        for points in node.points:
            own = [_names(points.events), self.text(points.points, OR)]
            parts.append(f"points({', '.join([*own, *self._where(points.events)])})")
        parts.append(f"{node.decay}={quote(format_duration(node.decay_ms))}")
        parts += [] if node.floor is None else [f"floor={_number(node.floor)}"]
        parts += [] if node.ceiling is None else [f"ceiling={_number(node.ceiling)}"]
        return f"score({', '.join(parts)})"

    def _where(self, events: Events) -> list[str]:
        return [] if events.where is None else [f"where={self.text(events.where, OR)}"]

    def _window(self, window: Window) -> list[str]:
        parts = []
        if window.within_ms is not None:
            parts.append(f"within={quote(format_duration(window.within_ms))}")
        if window.before_ms is not None:
            parts.append(f"before={quote(format_duration(window.before_ms))}")
        if window.calendar:
            parts.append(f"within={quote(window.calendar)}")
        parts += [f"zone={quote(window.zone)}"] if window.zone else []
        return parts + self._since(window.since)

    def _since(self, since: AnyNode | None) -> list[str]:
        if since is None:
            return []
        return [f"since={self._plain(since, 'timestamp') or self.text(since, OR)}"]

    def _step(self, events: Events) -> str:
        if events.where is None:
            return _names(events)
        return f"step({_names(events)}, {self._where(events)[0]})"


def _list_name(node: ListRef) -> str:
    """A list where its bare name means it."""
    return node.name if _is_plain(node.name) else f"list({quote(node.name)})"


def quote(text: str) -> str:
    """A text literal in double quotes, readable wherever it can be."""
    return json.dumps(text, ensure_ascii=False)


def _number(value: float) -> str:
    whole = value.is_integer() and abs(value) < 1e15 and repr(value) != "-0.0"
    return str(int(value)) if whole else repr(value)


def _names(events: Events) -> str:
    quoted = [quote(name) for name in events.names]
    return quoted[0] if len(quoted) == 1 else f"[{', '.join(quoted)}]"


def _is_seen(node: Aggregate) -> bool:
    return (
        node.name in ("first_time", "last_time")
        and node.events == Events(("*",))
        and node.window == Window()
    )


def _is_plain(path: str) -> bool:
    """Whether a dotted name can stand bare, meaning exactly itself."""
    if path in RESERVED or unicodedata.normalize("NFKC", path) != path:
        return False
    parts = path.split(".")
    if len(parts) > RULE_DEPTH_MAX:
        return False
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
