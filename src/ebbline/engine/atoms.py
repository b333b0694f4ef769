"""Which leaves of a rule have a fast form, and the arithmetic that brings them into it.

`count(E, within=W) > 2` is "at least 3 within W"; `elapsed(last_time(E)) < "30d"` is "there is
one, and it is not 30 days old". What has no fast form is left to the reference evaluator, which
the fast forms must always agree with.
"""

from __future__ import annotations

import math
from typing import Any

from ebbline.definitions import tree
from ebbline.engine.conditions import AgeAtom, Atom, CountAtom, SumAtom
from ebbline.engine.limits import DAY_MS, NANO, NUMBER_MAX

FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}

# A leaf in fast form: the events, the summed value (None for counting) and the atom; or a tree
# of simpler leaves that says the same.
Fast = tuple[tree.Events, tree.AnyNode | None, Atom] | tree.AnyNode

TRUE, FALSE = tree.Literal(value=True), tree.Literal(value=False)


def atoms_of(node: tree.AnyNode) -> Fast | None:
    """The fast form of a leaf, or None."""
    if isinstance(node, tree.Aggregate):
        if node.name == "performed" and _plain(node.window):
            return node.events, None, CountAtom(1, node.window.within_ms)
        return None
    if not isinstance(node, tree.Compare) or node.op in ("in", "not in"):
        return None
    left, op, right = node.left, str(node.op), node.right
    if _constant(left):
        left, op, right = right, FLIPPED[op], left
    bar = _constant(right)
    if bar is None:
        return None
    if isinstance(left, tree.Aggregate) and _plain(left.window):
        if left.name == "count" and isinstance(right, tree.Literal):
            return _counting(left, op, bar)
        if left.name == "sum" and left.window.within_ms is not None:
            return _summing(left, op, bar)
    if isinstance(left, tree.Call) and left.name in ("elapsed", "days_since"):
        return _ageing(left, op, bar)
    return None


def _plain(window: tree.Window) -> bool:
    return window.before_ms is None and window.since is None and not window.calendar


def _constant(node: tree.AnyNode) -> int | float | None:
    value: Any = None
    if isinstance(node, tree.Literal):
        value = node.value
    elif isinstance(node, tree.Duration):
        value = node.ms
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if abs(value) < NUMBER_MAX else None


def _at_least(op: str, bar: float) -> tuple[int, bool] | None:
    """An order comparison of a whole number with a constant as (least, wanted)."""
    if op in (">=", "<"):
        return math.ceil(bar), op == ">="
    if op in (">", "<="):
        return math.floor(bar) + 1, op == ">"
    return None


def _counting(left: tree.Aggregate, op: str, bar: float) -> Fast | None:
    step = _at_least(op, bar)
    if step is None:
        return None
    least, wanted = step
    if least <= 0:
        return TRUE if wanted else FALSE
    if not wanted:
        return tree.Not(tree.Compare(">=", left, tree.Literal(least)))
    return left.events, None, CountAtom(least, left.window.within_ms)


def _summing(left: tree.Aggregate, op: str, bar: float) -> Fast | None:
    if op in ("<", "<="):
        return tree.Not(tree.Compare(">=" if op == "<" else ">", left, tree.Literal(bar)))
    nano = round(bar * NANO)
    if op not in (">", ">=") or nano / NANO != bar or left.window.within_ms is None:
        return None
    return left.events, left.value, SumAtom(nano, op == ">=", left.window.within_ms)


def _ageing(left: tree.Call, op: str, bar: float) -> Fast | None:
    time = left.args[0]
    if not isinstance(time, tree.Aggregate) or time.window != tree.Window():
        return None
    if time.name not in ("first_time", "last_time"):
        return None
    step = _at_least(op, bar)
    if step is None:
        return None
    least, wanted = step
    if left.name == "days_since":
        least *= DAY_MS
    if not wanted:
        there = tree.Aggregate("performed", time.events)
        older = tree.Compare(">=", left, _same_unit(left, least))
        return tree.And((there, tree.Not(older)))
    return time.events, None, AgeAtom(least, "first" if time.name == "first_time" else "last")


def _same_unit(left: tree.Call, least_ms: int) -> tree.AnyNode:
    if left.name == "days_since":
        return tree.Literal(least_ms // DAY_MS)
    return tree.Duration(least_ms)


def score_bar(node: tree.AnyNode) -> tuple[tree.Score, str, float] | None:
    """A comparison of a halving score with a constant, in terms of the unclamped score; None
    when the clamps decide it or it has another form."""
    if not isinstance(node, tree.Compare) or node.op not in (">", ">=", "<", "<="):
        return None
    left, op, right = node.left, str(node.op), node.right
    if isinstance(right, tree.Score):
        left, op, right = right, FLIPPED[op], left
    bar = _constant(right) if isinstance(right, tree.Literal) else None
    if bar is None or not isinstance(left, tree.Score) or left.decay != "half_life":
        return None
    floor = -math.inf if left.floor is None else left.floor
    ceiling = math.inf if left.ceiling is None else left.ceiling
    if not floor < bar < ceiling:
        return None
    return left, op, float(bar)
