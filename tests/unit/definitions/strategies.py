"""Random rule trees such as the parser can make: every node, every option."""

from __future__ import annotations

from hypothesis import strategies as st

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
    Points,
    Property,
    Score,
    Sequence,
    Trait,
    Window,
)

Nodes = st.SearchStrategy[AnyNode]

WORDS = st.sampled_from(
    ["plan", "age", "address.city", "count", "true", "class", "a b", "a..b", "x"]
)
TEXTS = st.one_of(
    st.sampled_from(["", "gold", 'say "hi"', "a\\b", "line\nbreak", "None", "24h", "ü😀"]),
    st.text(max_size=8),
)
NAMES = st.one_of(WORDS, st.text(min_size=1, max_size=6))
EVENT_NAMES = st.sampled_from(["Page Viewed", "Order Completed", 'Odd "Name"', "*", "ü"])
NUMBERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-5, 100),
    st.floats(allow_nan=False, allow_infinity=False),
)
LITERALS: Nodes = st.builds(Literal, st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS))
NON_TEXTS: Nodes = st.builds(Literal, st.one_of(st.none(), st.booleans(), NUMBERS))
LENGTHS = st.one_of(st.sampled_from([1, 1_000, 3_600_000, 86_400_000]), st.integers(1, 10**12))
DURATIONS: Nodes = st.builds(Duration, st.one_of(LENGTHS, st.integers(-(10**9), 10**9)))
MOMENTS: Nodes = st.builds(
    Moment, st.one_of(st.integers(-(10**12), 10**13), st.integers(-(2**62), 2**62))
)
PHRASES = st.one_of(st.sampled_from(["2.10", 'a "b"', "ü"]), st.text(min_size=1, max_size=6))
LIST_NAMES = ("gold", "gold ids", "list")
LISTS: Nodes = st.builds(ListRef, st.sampled_from(LIST_NAMES))
ITEMS: Nodes = st.builds(Items, st.lists(LITERALS, max_size=3).map(tuple))
ORDERS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def plain(leaf: Nodes, inner: Nodes) -> Nodes:
    """Operators and plain functions over `inner`."""
    pairs = st.lists(inner, min_size=2, max_size=3).map(tuple)
    scalars = st.one_of(inner.filter(_reads_nothing), NON_TEXTS)
    return st.one_of(
        st.builds(Not, inner),
        st.builds(And, pairs),
        st.builds(Or, pairs),
        st.builds(IsNull, inner),
        st.builds(Compare, ORDERS, scalars, inner.filter(_reads_nothing)),
        st.builds(Compare, st.sampled_from(["in", "not in"]), inner, st.one_of(ITEMS, leaf, LISTS)),
        st.builds(Arith, st.sampled_from("+-*/%"), inner, inner),
        st.builds(
            lambda name, x: Call(name, (x,)), st.sampled_from(["lower", "len", "abs"]), inner
        ),
        st.builds(lambda x, y: Call("contains", (x, y)), inner, inner),
        st.builds(lambda x, y: Call("contains", (x, y)), LISTS, inner),
        st.builds(lambda x, y: Call("default", (x, y)), inner.filter(_reads_nothing), inner),
        st.builds(
            lambda c, x, y: Call("if_", (c, x, y)),
            inner,
            inner.filter(_reads_nothing),
            inner.filter(_reads_nothing),
        ),
        st.builds(lambda x, v: Call("version_at_least", (x, Literal(v))), inner, PHRASES),
        st.builds(lambda x, y: Call("matches", (x, Literal(y))), inner, TEXTS),
        st.builds(lambda x, n: Call("round", (x, Literal(n))), inner, st.integers(0, 9)),
    )


def _reads_nothing(node: AnyNode) -> bool:
    """Keeps texts away from expressions beside which a text is a duration or a moment."""
    match node:
        case Call(name="elapsed" | "until") | Aggregate(name="first_time" | "last_time"):
            return False
        case Aggregate(name="nth_time"):
            return False
        case Call(name="default", args=(first, *_)):
            return _reads_nothing(first)
        case Call(name="if_", args=(_, first, second)):
            return _reads_nothing(first) and _reads_nothing(second)
        case _:
            return True


PROPERTIES: Nodes = st.builds(Property, NAMES)
EVENT_TREES: Nodes = st.recursive(
    st.one_of(LITERALS, PROPERTIES, DURATIONS, MOMENTS),
    lambda inner: plain(PROPERTIES, inner),
    max_leaves=4,
)
EVENTS = st.builds(
    Events,
    st.lists(EVENT_NAMES, min_size=1, max_size=2, unique=True).map(tuple),
    st.one_of(st.none(), EVENT_TREES),
)
TRAITS: Nodes = st.builds(Trait, NAMES)
SINCE: Nodes = st.one_of(TRAITS, MOMENTS)
ZONES = st.sampled_from(["", "Europe/Berlin", "America/New_York", "UTC"])
CALENDARS = st.sampled_from(["today", "this_week", "this_month"])
WINDOWS = st.one_of(
    st.builds(Window, st.none() | LENGTHS, st.none() | LENGTHS, st.one_of(st.none(), SINCE)),
    st.builds(lambda calendar, zone: Window(calendar=calendar, zone=zone), CALENDARS, ZONES),
)
COUNTS = st.integers(1, 1_000)
BARE = st.sampled_from(["count", "performed", "first_time", "last_time"])
VALUED = st.sampled_from(
    ["sum", "avg", "min", "max", "first", "last", "unique", "values", "most_frequent",
     "most_repeated"]
)  # fmt: skip


def _days_active(events: Events, window: Window, zone: str) -> AnyNode:
    """With a calendar window, both go by the one zone that is written."""
    return Aggregate("days_active", events, None, None, window,
                     window.zone if window.calendar else zone)  # fmt: skip


TIMES: Nodes = st.builds(
    lambda name, events, window: Aggregate(name, events, window=window),
    st.sampled_from(["first_time", "last_time"]), EVENTS, WINDOWS,
)  # fmt: skip
AGGREGATES: Nodes = st.one_of(
    st.builds(lambda name, e, w: Aggregate(name, e, window=w), BARE, EVENTS, WINDOWS),
    st.builds(lambda name, e, x, w: Aggregate(name, e, x, None, w), VALUED, EVENTS,
              EVENT_TREES, WINDOWS),
    st.builds(lambda e, n, w: Aggregate("nth_time", e, None, n, w), EVENTS, COUNTS, WINDOWS),
    st.builds(LastN, EVENTS, COUNTS, EVENT_TREES, WINDOWS),
    st.builds(Matched, EVENTS, EVENTS, NAMES, st.none() | COUNTS, WINDOWS),
    st.builds(Missed, EVENTS, EVENTS, LENGTHS, st.just("") | NAMES),
    st.builds(_days_active, EVENTS, WINDOWS, ZONES),
    st.builds(
        Sequence, st.lists(EVENTS, min_size=1, max_size=3).map(tuple), st.none() | LENGTHS,
        st.none() | LENGTHS, st.one_of(st.none(), SINCE),
    ),
)  # fmt: skip
CLAMPS = st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(-100, 100).map(float))
SCORES: Nodes = st.builds(
    Score,
    st.lists(st.builds(Points, EVENTS, EVENT_TREES), min_size=1, max_size=2).map(tuple),
    st.sampled_from(["half_life", "fade", "within"]), LENGTHS, CLAMPS, CLAMPS,
).filter(lambda s: s.floor is None or s.ceiling is None or s.floor <= s.ceiling)  # fmt: skip
CLOCKS: Nodes = st.one_of(
    st.builds(
        lambda name, x, op, d: Compare(op, Call(name, (x,)), d),
        st.sampled_from(["elapsed", "until"]), st.one_of(TIMES, TRAITS, MOMENTS), ORDERS, DURATIONS,
    ),
    st.builds(lambda x, op, m: Compare(op, m, x), TIMES, ORDERS, st.one_of(MOMENTS, TIMES)),
    st.builds(lambda x, m: Call("default", (x, m)), TIMES, MOMENTS),
    st.builds(lambda x: Call("days_since", (x,)), st.one_of(TIMES, TRAITS, MOMENTS)),
    st.builds(lambda c, x, m: Call("if_", (c, x, m)), TRAITS, TIMES, MOMENTS),
    st.builds(lambda c, x, m: Call("if_", (c, m, x)), TRAITS, TIMES, MOMENTS),
    st.builds(lambda s, n: Call("bucket", (Literal(s), Literal(n))), PHRASES, COUNTS),
    st.builds(lambda p: Call("consented", (Literal(p),)), PHRASES),
    st.builds(
        lambda name, zone: Call(name, (Literal(zone),) if zone else ()),
        st.sampled_from(["hour_of_day", "day_of_week"]), ZONES,
    ),
)  # fmt: skip
TREES: Nodes = st.recursive(
    st.one_of(LITERALS, TRAITS, AGGREGATES, SCORES, CLOCKS, DURATIONS, MOMENTS,
              st.builds(AudienceRef, NAMES)),
    lambda inner: plain(TRAITS, inner),
    max_leaves=8,
)  # fmt: skip
