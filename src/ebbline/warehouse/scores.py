"""Scores: the points of events, faded to the instant, added up, rounded and clamped.

Fading over a span and counting within one are sums of whole numbers, exact in any order. Halving
is a sum of floats, rounded to nine decimals as the engine does; the two can differ only where a
score lies within a float's error of the middle between two such decimals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from ebbline.definitions import tree
from ebbline.engine.limits import NANO, NUMBER_MAX, SCORE_DECIMALS
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.limits import FADING_MAX, HALF_LIVES_MAX
from ebbline.warehouse.values import Value

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules


def score(rules: Rules, node: tree.Score) -> Value:
    """A score."""
    parts = [found for points in node.points if (found := _part(rules, points)) is not None]
    if not parts:
        return Value({"number": _clamped(node, sql.number(0))}, sql.true())
    total = _halving(rules, node, parts) if node.decay == "half_life" else _exact(
        rules, node, parts)  # fmt: skip
    rounded = rules.dialect.rounded_to(
        rules.named(sql.coalesce(total, sql.number(0))), SCORE_DECIMALS
    )
    return Value({"number": _clamped(node, rules.named(rounded))}, sql.true())


Part = tuple[Expr, Expr]  # whether an event brings points, and how many


def _part(rules: Rules, points: tree.Points) -> Part | None:
    worth = rules.frame.value(points.points, points.events).of("number")
    if worth is None:
        return None
    events = rules.frame.events(points.events)
    if isinstance(points.points, tree.Literal):
        value = points.points.value
        small = isinstance(value, int | float) and abs(value) <= NUMBER_MAX
        return (events, worth) if small else None
    worth = rules.frame.named(worth)
    small_enough = sql.compare("<=", sql.call("ABS", worth), sql.number(NUMBER_MAX))
    return sql.both(events, small_enough), worth


def _age(rules: Rules) -> Expr:
    return sql.arith("-", sql.number(rules.now_ms), TIME)


def _halving(rules: Rules, node: tree.Score, parts: list[Part]) -> Expr:
    """The sum of points times two to the power of minus the age in half-lives."""
    recent = sql.compare(">", TIME, sql.number(rules.now_ms - HALF_LIVES_MAX * node.decay_ms))
    past = sql.arith("-", TIME, sql.number(rules.now_ms))
    lives = sql.arith("/", sql.cast(past, "DOUBLE"), sql.number(float(node.decay_ms)))
    left = sql.call("POWER", sql.cast(sql.number(2), "DOUBLE"), lives)
    worth = [sql.case((brings, points), otherwise=sql.number(0)) for brings, points in parts]
    matters = sql.both(sql.either(*[brings for brings, _ in parts]), recent)
    faded = sql.case((matters, sql.arith("*", sql.plus(*worth), left)))
    return rules.features.aggregate(rules.dialect.exact_sum(faded), 0)


def _exact(rules: Rules, node: tree.Score, parts: list[Part]) -> Expr:
    """The sum of billionths, times the milliseconds left of the span where they fade."""
    dialect, fades = rules.dialect, node.decay == "fade"
    young = sql.compare(">", TIME, sql.number(rules.now_ms - node.decay_ms))
    left = sql.arith("-", sql.number(node.decay_ms), _age(rules))
    divisor = sql.number(float(NANO * node.decay_ms if fades else NANO))
    exact, rough = [], []
    for brings, points in parts:
        counts = sql.both(brings, young)
        worth = rules.frame.named(dialect.billionths(sql.cast(points, "DOUBLE")))
        if not fades:
            exact.append(_sum(rules, counts, worth))
            continue
        # Large points times milliseconds could be more than any whole number holds, in the end.
        large = sql.compare(">", sql.call("ABS", points), sql.number(FADING_MAX))
        exact.append(_sum(rules, sql.both(counts, sql.negate(large)), sql.arith("*", worth, left)))
        if not isinstance(points, exp.Literal):
            faded = sql.arith("*", points, sql.arith(
                "/", sql.cast(left, "DOUBLE"), sql.number(float(node.decay_ms))))  # fmt: skip
            total = dialect.exact_sum(sql.case((sql.both(counts, large), faded)))
            rough.append(sql.coalesce(rules.features.aggregate(total, 0), sql.number(0)))
    total = sql.arith("/", sql.cast(sql.plus(*exact), "DOUBLE"), divisor)
    return sql.plus(total, *rough)


def _sum(rules: Rules, counts: Expr, worth: Expr) -> Expr:
    total = rules.features.aggregate(exp.Sum(this=sql.case((counts, worth))), 0)
    return sql.coalesce(total, sql.cast(sql.number(0), rules.dialect.whole_type))


def _clamped(node: tree.Score, value: Expr) -> Expr:
    """Between floor and ceiling, the floor first."""
    branches = []
    if node.floor is not None:
        floor = sql.number(node.floor)
        branches.append((sql.compare("<", value, floor), sql.cast(floor, "DOUBLE")))
    if node.ceiling is not None:
        ceiling = sql.number(node.ceiling)
        branches.append((sql.compare(">", value, ceiling), sql.cast(ceiling, "DOUBLE")))
    return sql.case(*branches, otherwise=value) if branches else value
