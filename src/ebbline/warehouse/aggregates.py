"""Event functions that need no order of events: counts, sums, extremes and times.

All of them are conditional aggregates of one GROUP BY per level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from ebbline.definitions import tree
from ebbline.engine.limits import NANO, NUMBER_MAX
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.limits import EXACT_WHOLE_MAX
from ebbline.warehouse.tokens import key_of
from ebbline.warehouse.values import NOTHING, SCALARS, Kind, Value, boolean
from ebbline.warehouse.windows import inside
from ebbline.warehouse.zones import UTC, day_of_event

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules


def aggregate(rules: Rules, node: tree.Aggregate) -> Value:
    """Any of them."""
    window, level = inside(rules, node.window)
    condition = sql.both(rules.frame.events(node.events), window)
    match node.name:
        case "count":
            return _whole(_count(rules, condition, level))
        case "performed":
            count = _count(rules, condition, level)
            return boolean(sql.compare(">", count, sql.number(0)), definite=True)
        case "first_time" | "last_time":
            pick = exp.Min if node.name == "first_time" else exp.Max
            time = pick(this=sql.case((condition, TIME)))
            return Value({"timestamp": rules.features.aggregate(time, level)})
        case "sum" | "avg":
            return _total(rules, node, condition, level)
        case "min" | "max":
            return _extreme(rules, node, condition, level)
        case _:
            return _distinct(rules, node, condition, level)


def _count(rules: Rules, condition: Expr, level: int) -> Expr:
    return counted(rules, sql.count_if(condition), level)


def counted(rules: Rules, count: Expr, level: int) -> Expr:
    """A count as a column that is never null."""
    column = rules.features.aggregate(count, level)
    return sql.coalesce(column, sql.number(0)) if level else column


def _whole(count: Expr) -> Value:
    return Value({"number": sql.cast(count, "DOUBLE")}, sql.true())


def summable(rules: Rules, node: tree.Aggregate, condition: Expr) -> tuple[Expr, Expr] | None:
    """The number an event brings, and whether it brings one that can be summed."""
    assert node.value is not None
    number = rules.frame.value(node.value, node.events).of("number")
    if number is None:
        return None
    number = rules.frame.named(number)
    small = sql.compare("<=", sql.call("ABS", number), sql.number(NUMBER_MAX))
    return number, sql.both(condition, small)


def _total(rules: Rules, node: tree.Aggregate, condition: Expr, level: int) -> Value:
    """Sums are of whole billionths, so that their order cannot matter."""
    found = summable(rules, node, condition)
    if found is None:
        return Value({"number": sql.number(0)}, sql.true()) if node.name == "sum" else NOTHING
    number, counts = found
    dialect = rules.dialect
    parts = rules.frame.named(dialect.billionths(number))
    total = rules.features.aggregate(exp.Sum(this=sql.case((condition, parts))), level)
    if node.name == "sum":
        return Value({"number": sql.coalesce(dialect.from_billionths(total), sql.number(0))},
                     sql.true())  # fmt: skip
    count = sql.cast(counted(rules, sql.count_if(counts), level), "DOUBLE")
    return Value({"number": _mean(rules, total, count)})


def _mean(rules: Rules, total: Expr, count: Expr) -> Expr:
    """The nearest float to a total of billionths over a count: in one division where both are
    exact as floats, else as a whole and a rest."""
    divisor = sql.arith("*", sql.call("NULLIF", count, sql.number(0)), sql.number(NANO))
    small = sql.compare("<=", sql.call("ABS", total), sql.number(EXACT_WHOLE_MAX))
    plain = sql.arith("/", sql.cast(total, "DOUBLE"), divisor)
    rest = sql.arith("/", rules.dialect.from_billionths(total), sql.call(
        "NULLIF", count, sql.number(0)))  # fmt: skip
    return sql.case((small, plain), otherwise=rest)


def _extreme(rules: Rules, node: tree.Aggregate, condition: Expr, level: int) -> Value:
    """Over numbers when there is any, else over texts."""
    assert node.value is not None
    value = rules.frame.value(node.value, node.events)
    pick = exp.Min if node.name == "min" else exp.Max
    facets: dict[Kind, Expr] = {}
    number, text = value.of("number"), value.of("text")
    if number is not None:
        kept = sql.case((condition, rules.frame.named(number)))
        facets["number"] = rules.features.aggregate(pick(this=kept), level)
    if text is not None:
        kept = rules.dialect.ordered_text(sql.case((condition, rules.frame.named(text))))
        column = rules.features.aggregate(pick(this=kept), level)
        only = facets.get("number")
        facets["text"] = column if only is None else sql.case((sql.is_null(only), column))
    return Value(facets)


def _distinct(rules: Rules, node: tree.Aggregate, condition: Expr, level: int) -> Value:
    """How many different values, or days, the events have."""
    if node.name == "days_active":
        different = rules.frame.named(day_of_event(node.zone or UTC, node.window, rules.now_ms))
    else:
        assert node.value is not None
        value = rules.frame.value(node.value, node.events)
        different = rules.frame.named(key_of(rules.dialect, value, SCALARS))
    count = exp.Count(this=exp.Distinct(expressions=[sql.case((condition, different))]))
    return _whole(counted(rules, count, level))
