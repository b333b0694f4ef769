"""The first pass: computed traits in their place, and what is constant worked out.

Constants are worked out by the engine's own functions, so that SQL only ever sees operations on
something that differs from person to person.
"""

from __future__ import annotations

from typing import Any

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.definitions.walk import rewrite
from ebbline.engine.calendar import clock_of
from ebbline.engine.inline import Inliner
from ebbline.engine.scalars import ARITH, COMPARE, FUNCTIONS

_UNKNOWN = object()


class Folder:
    """Rewrites the rules of one plan."""

    def __init__(self, plan: Plan, now_ms: int) -> None:
        self._inline = Inliner(plan)
        self._now_ms = now_ms

    def __call__(self, node: tree.AnyNode) -> tree.AnyNode:
        """The node without computed traits and without constant parts."""
        result: tree.AnyNode = rewrite(self._inline(node), self._folded)
        return result

    def _folded(self, node: Any) -> Any:
        if isinstance(node, tree.Call) and node.name in ("hour_of_day", "day_of_week"):
            zone = str(constant_of(node.args[0]))
            return tree.Literal(clock_of(zone, node.name).read(self._now_ms)[0])
        value = _worked_out(node)
        if value is _UNKNOWN or isinstance(value, list | tuple):
            return node
        return tree.Literal(value)


def constant_of(node: Any) -> Any:
    """The value of a node that is constant, or `_UNKNOWN`."""
    if isinstance(node, tree.Literal):
        return node.value
    if isinstance(node, tree.Items):
        items = [constant_of(item) for item in node.items]
        return _UNKNOWN if _UNKNOWN in items else items
    return _UNKNOWN


def is_constant(node: Any) -> bool:
    """Whether a node is a literal, or a list of literals."""
    return constant_of(node) is not _UNKNOWN


def _worked_out(node: Any) -> Any:
    match node:
        case tree.Compare() if is_constant(node.left) and is_constant(node.right):
            return COMPARE[node.op](constant_of(node.left), constant_of(node.right))
        case tree.Arith() if is_constant(node.left) and is_constant(node.right):
            return ARITH[node.op](constant_of(node.left), constant_of(node.right))
        case tree.Call() if node.name in FUNCTIONS and all(map(is_constant, node.args)):
            return FUNCTIONS[node.name](*[constant_of(arg) for arg in node.args])
        case tree.Not() if is_constant(node.item):
            return constant_of(node.item) is not True
        case tree.IsNull() if is_constant(node.item):
            return constant_of(node.item) is None
        case _:
            return _UNKNOWN
