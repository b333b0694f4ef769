"""The typed tree of the rule language: what text, JSON, English and SQL are renderings of.

Nodes are frozen, tagged and serialisable; they hold no behaviour. Positions of the source
text are kept beside the tree (see `parse`), never inside it, so equal rules are equal trees.
"""

from __future__ import annotations

from typing import Literal as OneOf

import msgspec

CompareOp = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
ArithOp = OneOf["+", "-", "*", "/", "%"]
AggregateName = OneOf[
    "count", "performed", "sum", "avg", "min", "max", "first", "last",
    "first_time", "last_time", "nth_time", "unique", "values", "most_frequent", "most_repeated",
    "days_active",
]  # fmt: skip


class Node(msgspec.Struct, frozen=True, tag_field="kind"):
    """Any expression."""


class Literal(Node, frozen=True, tag="literal"):
    """A null, boolean, number or text written in the rule."""

    value: None | bool | int | float | str


class Duration(Node, frozen=True, tag="duration"):
    """A length of time written as text, in milliseconds."""

    ms: int


class Moment(Node, frozen=True, tag="moment"):
    """A timestamp written as text, in UTC milliseconds."""

    ms: int


class Items(Node, frozen=True, tag="items"):
    """A list written in the rule."""

    items: tuple[AnyNode, ...]


class ListRef(Node, frozen=True, tag="list"):
    """A list of the project, by name; it stands on the right of `in` and in `contains`."""

    name: str


class Trait(Node, frozen=True, tag="trait"):
    """A trait of the profile, sent or computed; `name` may be a dotted path."""

    name: str


class Property(Node, frozen=True, tag="property"):
    """A property of the event at hand; a path starting with `context.` reads its context."""

    path: str


class Not(Node, frozen=True, tag="not"):
    """True when the operand is false or null."""

    item: AnyNode


class And(Node, frozen=True, tag="and"):
    """True when every item is true; at least two items."""

    items: tuple[AnyNode, ...]


class Or(Node, frozen=True, tag="or"):
    """True when any item is true; at least two items."""

    items: tuple[AnyNode, ...]


class IsNull(Node, frozen=True, tag="is_null"):
    """`x is None`; `x is not None` is a `Not` around it."""

    item: AnyNode


class Compare(Node, frozen=True, tag="compare"):
    """One comparison; a chain is an `And` of comparisons."""

    op: CompareOp
    left: AnyNode
    right: AnyNode


class Arith(Node, frozen=True, tag="arith"):
    """Arithmetic on two numbers; null when an operand is null or the divisor zero."""

    op: ArithOp
    left: AnyNode
    right: AnyNode


class Call(Node, frozen=True, tag="call"):
    """A plain function of its arguments.

    Names: contains startswith endswith matches lower upper len abs round default if_
    version_at_least, of the clock: elapsed until days_since hour_of_day day_of_week, and of the
    profile: bucket consented.
    """

    name: str
    args: tuple[AnyNode, ...]


class Window(msgspec.Struct, frozen=True):
    """Which events count: (now - within, now - before], and not before `since`.

    `calendar` in place of `within_ms` begins at the start of the current day, week (Monday) or
    month in `zone`, an IANA name; the empty zone is the project's.
    """

    within_ms: int | None = None
    before_ms: int | None = None
    since: AnyNode | None = None
    calendar: OneOf["", "today", "this_week", "this_month"] = ""
    zone: str = ""


class Events(msgspec.Struct, frozen=True):
    """Event names (any of them; "*" is every call) and the filter over their properties."""

    names: tuple[str, ...]
    where: AnyNode | None = None


class Aggregate(Node, frozen=True, tag="aggregate"):
    """An event function over one set of events. `value` for sum avg min max first last unique
    values most_frequent most_repeated; `n` for nth_time; `zone` for days_active (empty: UTC).
    """

    name: AggregateName
    events: Events
    value: AnyNode | None = None
    n: int | None = None
    window: Window = Window()
    zone: str = ""


class LastN(Node, frozen=True, tag="last_n"):
    """True when there are at least `n` events and `holds` is true for each of the latest n."""

    events: Events
    n: int
    holds: AnyNode
    window: Window = Window()


class Matched(Node, frozen=True, tag="matched"):
    """How many of the latest `last` events `a` (or all in the window) have a `b` with an
    equal, non-null property `on`."""

    a: Events
    b: Events
    on: str
    last: int | None = None
    window: Window = Window()


class Missed(Node, frozen=True, tag="missed"):
    """The latest `after` is at least `within_ms` old and no `event` came in the
    `[t, t + within_ms)` that began with it. With `on`: there is any such `after` with a
    non-null property `on` and no `event` with an equal one came."""

    event: Events
    after: Events
    within_ms: int
    on: str = ""


class Sequence(Node, frozen=True, tag="sequence"):
    """Events of each step in strict time order; the last less than `within_ms` after the first
    and each at most `gap_ms` after the one before. At least two steps; events before `since`
    do not count."""

    steps: tuple[Events, ...]
    within_ms: int | None = None
    gap_ms: int | None = None
    since: AnyNode | None = None


class Points(msgspec.Struct, frozen=True):
    """What one event adds to a score."""

    events: Events
    points: AnyNode


class Score(Node, frozen=True, tag="score"):
    """A sum of points that halve every `decay_ms` (half_life), fade linearly to nothing over
    it (fade), or count only inside it (within); rounded to 1e-9, then clamped on reading."""

    points: tuple[Points, ...]
    decay: OneOf["half_life", "fade", "within"]
    decay_ms: int
    floor: float | None = None
    ceiling: float | None = None


class AudienceRef(Node, frozen=True, tag="audience"):
    """Membership in another audience (its own rule's truth, before priority groups)."""

    name: str


AnyNode = (
    Literal | Duration | Moment | Items | ListRef | Trait | Property | Not | And | Or | IsNull
    | Compare | Arith | Call | Aggregate | LastN | Matched | Missed | Sequence | Score
    | AudienceRef
)  # fmt: skip
