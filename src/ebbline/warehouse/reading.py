"""Expressions of the rule language as values: what is the same about a person and about an event.

Where the two differ (properties, traits, event functions) a `Leaves` is asked.
"""

from __future__ import annotations

from typing import Any, Protocol

from ebbline.definitions import tree
from ebbline.engine.limits import DAY_MS
from ebbline.engine.readings import is_moment
from ebbline.errors import Invariant
from ebbline.warehouse import calls, moments, scalars
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.folding import constant_of, is_constant
from ebbline.warehouse.place import Place
from ebbline.warehouse.values import NOTHING, Value, boolean, certain, chosen, constant


class Leaves(Protocol):
    """The nodes that say where a rule stands."""

    of_person: bool  # and not about an event, where texts are no timestamps

    def leaf(self, node: tree.AnyNode) -> Value:
        """The value of a property, a trait, an event function or another audience."""

    def named(self, item: Expr) -> Expr:
        """An expression as a column, so that it is worked out once."""


class Reading:
    """Compiles nodes for one place, at one instant."""

    def __init__(self, dialect: Dialect, leaves: Leaves, now_ms: int,
                 lists: dict[str, tuple[Any, ...]]) -> None:  # fmt: skip
        self.place = Place(dialect, leaves.named)
        self.now_ms = now_ms
        self._leaves = leaves
        self._lists = lists

    def truth(self, node: tree.AnyNode) -> Expr:
        """A condition that is true exactly when the node is; elsewhere false or null."""
        match node:
            case tree.And():
                return sql.both(*[self.truth(item) for item in node.items])
            case tree.Or():
                return sql.either(*[self.truth(item) for item in node.items])
            case _:
                return self.value(node).truth()

    def certainty(self, node: tree.AnyNode) -> Expr:
        """The same, and never null."""
        if isinstance(node, tree.And | tree.Or):
            return certain(self.truth(node))
        value = self.value(node)
        return value.known("boolean") if value.definite else certain(value.truth())

    def value(self, node: tree.AnyNode) -> Value:
        """Any node."""
        match node:
            case tree.Literal():
                return constant(node.value)
            case tree.Duration():
                return Value({"duration": sql.number(node.ms)}, sql.true())
            case tree.Moment():
                return Value({"timestamp": sql.number(node.ms)}, sql.true())
            case tree.And() | tree.Or():
                return boolean(self.certainty(node), definite=True)
            case tree.Not():
                return boolean(sql.negate(self.certainty(node.item)), definite=True)
            case tree.IsNull():
                return boolean(self.value(node.item).is_null(), definite=True)
            case tree.Compare():
                return self._compare(node)
            case tree.Arith():
                sides = self.value(node.left), self.value(node.right)
                return scalars.calculated(self.place, node.op, *sides)
            case tree.Call():
                return self._call(node)
            case tree.Items() | tree.ListRef():
                return self._list(node)
            case _:
                return self._leaves.leaf(node)

    def moment(self, node: tree.AnyNode) -> Expr | None:
        """A node where a timestamp is expected, in milliseconds: text is read as ISO 8601."""
        if isinstance(node, tree.Call) and node.name == "default":
            found = [self.moment(arg) for arg in node.args]
            kept = [item for item in found if item is not None]
            return sql.coalesce(*kept) if kept else None
        if isinstance(node, tree.Call) and node.name == "if_":
            return self._chosen_moment(node)
        value = self.value(node)
        found = [value.of("timestamp")]
        text = value.of("text")
        if text is not None:
            found.append(moments.milliseconds(self.place, text))
        kept = [item for item in found if item is not None]
        return sql.coalesce(*kept) if kept else None

    def _chosen_moment(self, node: tree.Call) -> Expr | None:
        condition, *sides = node.args
        one, other = (self.moment(side) for side in sides)
        holds = self.truth(condition)
        if one is None:
            return None if other is None else sql.case((sql.negate(certain(holds)), other))
        return sql.case((holds, one), otherwise=other)

    def _compare(self, node: tree.Compare) -> Value:
        if node.op in ("in", "not in"):
            found = self._member(node.left, node.right)
            return found if node.op == "in" else scalars.negated(found)
        if self._leaves.of_person and (is_moment(node.left) or is_moment(node.right)):
            left, right = self.moment(node.left), self.moment(node.right)
            if left is None or right is None:
                return NOTHING
            return boolean(sql.compare(node.op, left, right))
        return scalars.compared(self.place, node.op, self.value(node.left), self.value(node.right))

    def _member(self, item: tree.AnyNode, items: tree.AnyNode) -> Value:
        """Whether one value is in a list."""
        value = self.value(item)
        if isinstance(items, tree.ListRef):
            return scalars.among_constants(value, list(self._lists[items.name]))
        if is_constant(items) and isinstance(items, tree.Items):
            return scalars.among_constants(value, constant_of(items))
        if isinstance(items, tree.Items):
            return scalars.among(self.place, value, [self.value(each) for each in items.items])
        return scalars.listed(self.place, value, self.value(items))

    def _list(self, node: tree.Items | tree.ListRef) -> Value:
        """A written list where a value stands: its token."""
        if isinstance(node, tree.ListRef):
            items = [constant(item) for item in self._lists[node.name]]
        else:
            items = [self.value(item) for item in node.items]
        return calls.list_of(self.place, items)

    def _call(self, node: tree.Call) -> Value:
        match node.name:
            case "elapsed" | "until" | "days_since":
                return self._clock(node)
            case "default":
                return scalars.default(*[self.value(arg) for arg in node.args])
            case "if_":
                condition, first, second = node.args
                return chosen(self.truth(condition), self.value(first), self.value(second))
            case "contains":
                return self._contains(node)
            case "matches":
                pattern = constant_of(node.args[1])
                return calls.matches(self.place, self.value(node.args[0]), str(pattern))
            case "version_at_least":
                least = constant_of(node.args[1])
                value = self.value(node.args[0])
                return calls.version_at_least(self.place, value, str(least))
            case "round" if len(node.args) > 1:
                digits = int(constant_of(node.args[1]))
                return calls.rounded(self.place, self.value(node.args[0]), digits)
            case name if name in calls.PLAIN:
                return calls.PLAIN[name](self.place, *[self.value(arg) for arg in node.args])
            case _:
                return self._leaves.leaf(node)

    def _clock(self, node: tree.Call) -> Value:
        at = self.moment(node.args[0])
        if at is None:
            return NOTHING
        now = sql.number(self.now_ms)
        if node.name == "until":
            return Value({"duration": sql.arith("-", at, now)})
        age = sql.arith("-", now, at)
        if node.name == "elapsed":
            return Value({"duration": age})
        days = sql.arith("/", sql.cast(age, "DOUBLE"), sql.number(DAY_MS))
        return Value({"number": sql.call("FLOOR", days)})

    def _contains(self, node: tree.Call) -> Value:
        """A part of a text, or an item of a list, whichever the first turns out to be."""
        whole, part = node.args
        if isinstance(whole, tree.Items | tree.ListRef):
            return self._member(part, whole)
        value, wanted = self.value(whole), self.value(part)
        found: list[Value] = []
        if "text" in value.kinds:
            found.append(calls.part_of(self.place, value, wanted))
        if "list" in value.kinds:
            found.append(scalars.listed(self.place, wanted, value))
        outcomes = [item.of("boolean") for item in found]
        kept = [item for item in outcomes if item is not None]
        return boolean(sql.coalesce(*kept)) if kept else NOTHING


def outside(node: tree.AnyNode, place: str) -> Invariant:
    """A node where the checker lets none stand."""
    return Invariant(f"{type(node).__name__} cannot stand {place}")
