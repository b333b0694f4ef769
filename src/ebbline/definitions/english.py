"""One condition as a short English sentence, for `explain` and the console.

Reads well for what people write; for the rest it falls back to the rule's own text. It cannot
be parsed back.
"""

from __future__ import annotations

from ebbline.definitions.durations import spoken_duration
from ebbline.definitions.moments import format_moment
from ebbline.definitions.printer import print_rule, quote
from ebbline.definitions.refresh import is_listed
from ebbline.definitions.tree import (
    Aggregate,
    And,
    AnyNode,
    AudienceRef,
    Call,
    Compare,
    CompareOp,
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

_IS: dict[CompareOp, str] = {
    "==": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above",
    ">=": "is at least", "in": "is one of", "not in": "is none of",
}  # fmt: skip
_LASTS: dict[CompareOp, str] = {
    "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
}  # fmt: skip
_HAPPENED: dict[CompareOp, str] = {
    "<": "is before", "<=": "is not after", ">": "is after", ">=": "is not before",
}  # fmt: skip
_LISTED: dict[CompareOp, str] = {"in": "is in", "not in": "is not in"}
_TURNED: dict[CompareOp, CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_VALUES = {
    "sum": "the sum of", "avg": "the average of", "min": "the least", "max": "the greatest",
    "first": "the first", "last": "the latest", "unique": "the number of different values of",
    "values": "the values of", "most_frequent": "the most frequent",
    "most_repeated": "the most repeats of one",
}  # fmt: skip
_CALENDAR = {"today": "today", "this_week": "this week", "this_month": "this month"}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_TIMES = {"first_time": "first", "last_time": "latest"}


def sentence(node: AnyNode) -> str:
    """The condition in words.

    >>> from ebbline.definitions.parse import parse_rule
    >>> sentence(parse_rule('count("Product Viewed", within="24h") >= 3').tree)
    'did "Product Viewed" in the last 24 hours at least 3 times'
    >>> sentence(parse_rule("lead_score > 80").tree)
    'lead_score is above 80'
    """
    match node:
        case And(items=items):
            return " and ".join(_grouped(item) for item in items)
        case Or(items=items):
            return " or ".join(_grouped(item) for item in items)
        case Not(item=IsNull(item=item)):
            return f"{value(item)} is set"
        case Not(item=item):
            return _negated(item)
        case IsNull(item=item):
            return f"{value(item)} is not set"
        case Compare():
            return _comparison(node)
        case Trait(name=name) if is_listed(name):
            return "its SQL names them"
        case Trait(name=name):
            return f"{name} is true"
        case Property(path=path):
            return f"{path} is true"
        case AudienceRef(name=name):
            return f"is in audience {name}"
        case Aggregate(name="performed"):
            return f"did {_events(node.events)}{_window(node.window)}"
        case Missed(event=event, after=after, within_ms=within_ms, on=on):
            which = f"of the same {on} within" if on else "within"
            begun = f"any {_events(after)}" if on else f"the latest {_events(after)}"
            late = f"{which} {spoken_duration(within_ms)} after {begun}"
            return f"did not do {_events(event)} {late}"
        case Sequence():
            return _sequence(node)
        case LastN(events=events, n=n, holds=holds, window=window):
            which = f"each of the latest {n} {_events(events)}{_window(window)}"
            return f"for {which}: {sentence(holds)}"
        case Call(name="contains" | "startswith" | "endswith" | "matches", args=(x, y)):
            verbs = {"contains": "contains", "startswith": "starts with", "endswith": "ends with"}
            return f"{value(x)} {verbs.get(node.name, 'matches')} {value(y)}"
        case Call(name="version_at_least", args=(x, Literal(value=least))):
            return f"{value(x)} is version {least} or later"
        case Call(name="consented", args=(Literal(value=purpose),)):
            return f"has consented to {purpose}"
        case _:
            return value(node)


def value(node: AnyNode) -> str:
    """A value in words: the subject of a sentence."""
    match node:
        case Trait(name=name):
            return name
        case Property(path=path):
            return path
        case Literal(value=literal):
            words = {None: "nothing", True: "true", False: "false"}
            plain = isinstance(literal, bool) or literal is None
            return words[literal] if plain else print_rule(node)  # type: ignore[index]
        case Duration(ms=ms):
            return spoken_duration(ms)
        case Moment(ms=ms):
            return format_moment(ms) or str(ms)
        case Items(items=items):
            return ", ".join(value(item) for item in items) or "nothing"
        case Aggregate(name=name, events=events, window=window):
            return _aggregate(node, name, _events(events), _window(window))
        case Matched(a=a, b=b, on=on, last=last, window=window):
            which = f"the latest {last} {_events(a)}" if last else _events(a)
            return f"the number of {which}{_window(window)} with {_events(b)} of the same {on}"
        case Score(points=points):
            return f"the score of {', '.join(_events(one.events) for one in points)}"
        case Call(name="elapsed", args=(x,)):
            return f"the time since {value(x)}"
        case Call(name="until", args=(x,)):
            return f"the time until {value(x)}"
        case Call(name="days_since", args=(x,)):
            return f"the days since {value(x)}"
        case Call(name="hour_of_day" | "day_of_week" as name, args=args):
            zone = "".join(_place(str(a.value)) for a in args if isinstance(a, Literal))
            return f"the {'hour of the day' if name == 'hour_of_day' else 'day of the week'}{zone}"
        case Call(name="default", args=(x, Literal())):
            return value(x)
        case Call(name="if_", args=(condition, x, y)):
            return f"({value(x)} if {sentence(condition)}, else {value(y)})"
        case Call(name="bucket", args=(salt, Literal(value=number))):
            return f"the bucket of {number} by {value(salt)}"
        case ListRef(name=name):
            return f"the list {name}"
        case _:
            return print_rule(node)


def _aggregate(node: Aggregate, name: str, events: str, window: str) -> str:
    if name == "count":
        return f"the number of {events}{window}"
    if name == "performed":
        return f"having done {events}{window}"
    if name in _TIMES:
        return f"the {_TIMES[name]} {events}{window}"
    if name == "nth_time":
        return f"the {_ordinal(node.n or 1)} {events}{window}"
    if name == "days_active":
        zone = "" if node.window.zone else _place(node.zone)
        return f"the number of days{zone} with {events}{window}"
    of = value(node.value) if node.value is not None else "it"
    return f"{_VALUES[name]} {of} of {events}{window}"


def _place(zone: str) -> str:
    return f" in {zone.replace('_', ' ')}" if zone else ""


def _sequence(node: Sequence) -> str:
    text = "did " + ", then ".join(_events(step) for step in node.steps)
    if node.gap_ms is not None:
        text += f", each at most {spoken_duration(node.gap_ms)} after the one before"
    if node.within_ms is not None:
        text += f", all within {spoken_duration(node.within_ms)}"
    return text if node.since is None else f"{text}, since {value(node.since)}"


def _ordinal(n: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}th" if n % 100 in (11, 12, 13) else f"{n}{ending}"


def _grouped(node: AnyNode) -> str:
    return f"({sentence(node)})" if isinstance(node, And | Or) else sentence(node)


def _negated(node: AnyNode) -> str:
    match node:
        case Trait(name=name) if is_listed(name):
            return "its SQL does not name them"
        case Trait(name=name):
            return f"{name} is not true"
        case Property(path=path):
            return f"{path} is not true"
        case AudienceRef(name=name):
            return f"is not in audience {name}"
        case Call(name="consented", args=(Literal(value=purpose),)):
            return f"has not consented to {purpose}"
        case Aggregate(name="performed"):
            return f"did not do {_events(node.events)}{_window(node.window)}"
        case _:
            return f"it is not so that {_grouped(node)}"


def _comparison(node: Compare) -> str:
    left, op, right = node.left, node.op, node.right
    written = isinstance(left, Literal | Duration | Moment) and op not in ("in", "not in")
    if written and not isinstance(right, Literal):
        left, op, right = right, _TURNED.get(op, op), left
    counted = isinstance(left, Aggregate) and left.name == "count"
    if counted and isinstance(left, Aggregate) and isinstance(right, Literal):
        return f"did {_events(left.events)}{_window(left.window)} {_times(op, value(right))}"
    words = _IS
    if isinstance(left, Call) and left.name == "day_of_week" and op in ("==", "!="):
        return f"{value(left)} {_IS[op]} {_weekday(right)}"
    if isinstance(right, Duration):
        words = _LASTS
    elif isinstance(right, Moment):
        words = _HAPPENED
    elif isinstance(right, ListRef):
        words = _LISTED
    return f"{value(left)} {words.get(op, _IS[op])} {value(right)}"


def _weekday(node: AnyNode) -> str:
    number = node.value if isinstance(node, Literal) else None
    known = type(number) is int and 1 <= number <= len(_DAYS)
    return _DAYS[int(str(number)) - 1] if known else value(node)


def _times(op: CompareOp, number: str) -> str:
    words: dict[CompareOp, str] = {
        "==": "exactly", "!=": "not exactly", "<": "fewer than", "<=": "at most",
        ">": "more than", ">=": "at least",
    }  # fmt: skip
    return f"{words.get(op, op)} {number} {'time' if number == '1' else 'times'}"


def _events(events: Events) -> str:
    names = ["anything" if name == "*" else quote(name) for name in events.names]
    text = " or ".join(names)
    return text if events.where is None else f"{text} where {sentence(events.where)}"


def _window(window: Window) -> str:
    if window.within_ms is not None and window.before_ms is not None:
        later, earlier = spoken_duration(window.before_ms), spoken_duration(window.within_ms)
        return f" between {earlier} and {later} ago"
    if window.within_ms is not None:
        spoken = spoken_duration(window.within_ms)
        one = spoken.startswith("1 ") and spoken.count(" ") == 1
        return f" in the last {spoken.removeprefix('1 ') if one else spoken}"
    if window.calendar:
        return f" {_CALENDAR[window.calendar]}{_place(window.zone)}"
    if window.before_ms is not None:
        return f" more than {spoken_duration(window.before_ms)} ago"
    return "" if window.since is None else f" since {value(window.since)}"
