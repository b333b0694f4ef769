"""The events as the other passes read them: known by the instant, each property taken out once.

`known` has the events of the instant with a column for the JSON token of every property that any
rule asks for. `marked`, after as many rounds as that takes, adds what those tokens say, every
filter that is more than names and every value that is more than a property.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from sqlglot import exp

from ebbline.definitions import tree
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.reading import Reading, outside
from ebbline.warehouse.stages import Ctes, Stages
from ebbline.warehouse.tokens import look_up, value_of
from ebbline.warehouse.values import Kind, Value

T = TypeVar("T")

EVERY_CALL = "*"
EVENTS = "events"  # the relation that everything is written against
KNOWN, MARKED = "known", "marked"
_CONTEXT = "context."

TIME = sql.column("time_ms")
MESSAGE = sql.column("message_id")
NAME = sql.column("name")
TYPE = sql.column("type")


class Frame:
    """Hands out conditions and values over one event, and says which CTEs they need."""

    of_person = False

    def __init__(self, dialect: Dialect, now_ms: int, lists: dict[str, tuple[Any, ...]]) -> None:
        self.dialect = dialect
        self.now_ms = now_ms
        self.reading = Reading(dialect, self, now_ms, lists)
        self._tokens: dict[str, tuple[Expr, set[str] | None]] = {}
        self._by_key: dict[object, str] = {}
        self._stages = Stages("v")
        self._sets: dict[bytes, Expr] = {}
        self._names: set[str] | None = None  # of the set being compiled; None for every call

    def events(self, events: tree.Events) -> Expr:
        """Whether an event is one of a set; never null."""
        named = names_of(events)
        if events.where is None:
            return named
        key = msgspec.json.encode(events)
        if key not in self._sets:
            where = events.where
            holds: Expr = self.within(events, lambda: self.reading.certainty(where))
            self._sets[key] = self.named(sql.both(named, holds))
        return self._sets[key]

    def value(self, node: tree.AnyNode, events: tree.Events) -> Value:
        """An expression over the properties of a set's events; null for other events."""
        return self.within(events, lambda: self.reading.value(node))

    def truth(self, node: tree.AnyNode, events: tree.Events) -> Expr:
        """A condition over the properties of a set's events."""
        return self.within(events, lambda: self.reading.truth(node))

    def within(self, events: tree.Events, work: Callable[[], T]) -> T:
        """Do something while properties are those of a set's events."""
        before = self._names
        self._names = None if EVERY_CALL in events.names else set(events.names)
        try:
            return work()
        finally:
            self._names = before

    def named(self, item: Expr) -> Expr:
        """An expression over one event as a column, so that it is worked out once."""
        return self._stages.column(item)

    def leaf(self, node: tree.AnyNode) -> Value:
        """A property of the event at hand."""
        if not isinstance(node, tree.Property):
            raise outside(node, "inside an event expression")
        if node.path.startswith(_CONTEXT):
            document, path = sql.column("context"), node.path.removeprefix(_CONTEXT)
        else:
            document, path = sql.column("properties"), node.path
        token = self.token(node.path, look_up(self.dialect, document, path), self._names)
        return self.typed(token)

    def typed(self, token: Expr) -> Value:
        """What a column of tokens says, by kinds that are columns as well."""
        value = value_of(self.dialect, token)

        def facet(kind: Kind) -> Expr:
            return self._stages.column(value.known(kind), f"{token.name}_{kind}")

        facets = {kind: functools.partial(facet, kind) for kind in value.kinds}
        return Value(facets, value.present)

    def token(self, key: object, token: Expr, names: set[str] | None) -> Expr:
        """A column of `known`, worked out for events of these names only (None: for all)."""
        name = self._by_key.setdefault(key, f"p{len(self._by_key)}")
        known = self._tokens.get(name, (token, set()))[1]
        self._tokens[name] = (token, None if known is None or names is None else known | names)
        return sql.column(name)

    def ctes(self) -> Ctes:
        """The CTEs in order."""
        now = sql.number(self.now_ms)
        known = exp.select("profile", "time_ms", "message_id", "name", "type")
        for name, (token, names) in self._tokens.items():
            known.select(sql.alias(_only_for(names, token), name), copy=False)
        before = [sql.compare("<=", sql.column(name), now) for name in ("known_ms", "time_ms")]
        known = known.from_(EVENTS).where(*before)
        return [(KNOWN, known), *self._stages.ctes(KNOWN, MARKED)]


def names_of(events: tree.Events) -> Expr:
    """Whether an event has one of the names of a set."""
    return _named(None if EVERY_CALL in events.names else set(events.names))


def _named(names: set[str] | None) -> Expr:
    if names is None:
        return sql.true()
    return sql.one_of(NAME, [sql.text(name) for name in sorted(names)])


def _only_for(names: set[str] | None, token: Expr) -> Expr:
    return token if names is None else sql.case((_named(names), token))
