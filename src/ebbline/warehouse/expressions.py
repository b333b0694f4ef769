"""The SQL vocabulary all passes build with: sqlglot nodes, with parentheses where they belong.

Nothing in here knows the rule language or a dialect.
"""

from __future__ import annotations

from functools import lru_cache

import sqlglot
from sqlglot import exp

from ebbline.warehouse.limits import EXACT_WHOLE_MAX

Expr = exp.Expr

_TIGHT = (
    exp.Column, exp.Literal, exp.Func, exp.Cast, exp.Case, exp.Paren, exp.Window, exp.Boolean,
    exp.Null, exp.Star, exp.Bracket, exp.Subquery, exp.Tuple, exp.Identifier, exp.DataType,
)  # fmt: skip


def tight(item: Expr) -> Expr:
    """The expression in parentheses, unless it binds tighter than any operator."""
    if isinstance(item, exp.Connector) or not isinstance(item, _TIGHT):
        return exp.Paren(this=item)
    return item


def column(name: str, table: str = "") -> Expr:
    """A column; names of this room need no quotes."""
    return exp.column(name, table=table or None)


def true() -> Expr:
    """TRUE."""
    return exp.Boolean(this=True)


def false() -> Expr:
    """FALSE."""
    return exp.Boolean(this=False)


def null() -> Expr:
    """NULL."""
    return exp.Null()


def text(value: str) -> Expr:
    """A text literal."""
    return exp.Literal.string(value)


def number(value: float) -> Expr:
    """A number literal: whole where the value is, otherwise digits that give the same float."""
    if value < 0:
        return exp.Paren(this=exp.Neg(this=number(-value)))
    if isinstance(value, int) or value == value // 1:
        whole = int(value)
        return exp.Literal.number(str(whole) if whole <= EXACT_WHOLE_MAX else repr(float(value)))
    digits = repr(value)
    return exp.Literal.number(digits if len(digits) <= 15 or "e" in digits else f"{digits}e0")


def both(*items: Expr) -> Expr:
    """All of the conditions; TRUE of none."""
    return _chain(exp.And, True, items)


def either(*items: Expr) -> Expr:
    """Any of the conditions; FALSE of none."""
    return _chain(exp.Or, False, items)


def _chain(kind: type[exp.Connector], neutral: bool, items: tuple[Expr, ...]) -> Expr:
    kept = [item for item in items if not is_constant(item, value=neutral)]
    if any(is_constant(item, value=not neutral) for item in kept):
        return exp.Boolean(this=not neutral)
    if not kept:
        return exp.Boolean(this=neutral)
    result = kept[0]
    for place, item in enumerate(kept[1:]):
        left = result if place else _inside(kind, result)
        result = kind(this=left, expression=_inside(kind, item))
    return result


def _inside(kind: type[exp.Connector], item: Expr) -> Expr:
    """An item of a chain: comparisons stand free in it, other connectors do not."""
    if isinstance(item, exp.Connector) and not isinstance(item, kind):
        return exp.Paren(this=item)
    return item


def is_constant(item: Expr, *, value: bool) -> bool:
    """Whether it is TRUE, or FALSE, as written."""
    return isinstance(item, exp.Boolean) and item.this is value


def negate(item: Expr) -> Expr:
    """NOT."""
    if isinstance(item, exp.Boolean):
        return exp.Boolean(this=not item.this)
    return exp.Not(this=tight(item))


def compare(op: str, left: Expr, right: Expr) -> Expr:
    """One of = <> < <= > >=, as the rule language spells them."""
    kinds: dict[str, type[exp.Binary]] = {
        "==": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE,
    }  # fmt: skip
    return kinds[op](this=tight(left), expression=tight(right))


def arith(op: str, left: Expr, right: Expr) -> Expr:
    """One of + - * /; the last on floats only."""
    if op == "/":
        return exp.Div(this=tight(left), expression=tight(right), typed=True, safe=False)
    kinds: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul}
    return kinds[op](this=tight(left), expression=tight(right))


def plus(*items: Expr) -> Expr:
    """The sum of the items, at least one."""
    result = items[0]
    for item in items[1:]:
        result = exp.Add(this=result, expression=tight(item))
    return result


def joined(*items: Expr) -> Expr:
    """Texts after each other."""
    result = items[0]
    for item in items[1:]:
        result = exp.DPipe(this=result, expression=tight(item), safe=True)
    return result


def is_null(item: Expr) -> Expr:
    """IS NULL."""
    return exp.Is(this=tight(item), expression=exp.Null())


def not_null(item: Expr) -> Expr:
    """IS NOT NULL."""
    return exp.Not(this=is_null(item))


def coalesce(*items: Expr) -> Expr:
    """The first that is not null; a single item is itself."""
    if len(items) == 1:
        return items[0]
    return exp.Coalesce(this=items[0], expressions=list(items[1:]))


def case(*branches: tuple[Expr, Expr], otherwise: Expr | None = None) -> Expr:
    """CASE WHEN; without `otherwise` it is null where nothing holds."""
    kept = tuple(branch for branch in branches if not is_constant(branch[0], value=False))
    if kept and is_constant(kept[0][0], value=True):
        return kept[0][1]
    if not kept and otherwise is not None:
        return otherwise
    branches = kept or branches  # a null keeps the type it would have had
    ifs = [exp.If(this=condition, true=value) for condition, value in branches]
    return exp.Case(ifs=ifs, default=otherwise)


def call(name: str, *args: Expr) -> Expr:
    """A function by its own name, the same in whatever dialect it is written."""
    return exp.Anonymous(this=name, expressions=list(args))


def cast(item: Expr, type_: str) -> Expr:
    """CAST to a type as sqlglot names types."""
    return exp.Cast(this=item, to=_type(type_).copy())


def try_cast(item: Expr, type_: str) -> Expr:
    """CAST that gives null where it cannot."""
    return exp.TryCast(this=item, to=_type(type_).copy(), safe=True)


@lru_cache(maxsize=64)
def _type(name: str) -> exp.DataType:
    return exp.DataType.build(name, dialect="redshift" if name == "SUPER" else None)


def one_of(item: Expr, values: list[Expr]) -> Expr:
    """IN, or = for a single value."""
    if len(values) == 1:
        return compare("==", item, values[0])
    return exp.In(this=tight(item), expressions=values)


def alias(item: Expr, name: str) -> Expr:
    """AS."""
    return exp.Alias(this=item, alias=exp.to_identifier(name))


def template(written: str, dialect: str, /, **parts: Expr) -> Expr:
    """An expression written out in a dialect, its `:names` replaced."""
    return exp.replace_placeholders(_parsed(written, dialect).copy(), **parts)


@lru_cache(maxsize=64)
def _parsed(written: str, dialect: str) -> Expr:
    return sqlglot.parse_one(written, dialect=dialect)


def count_if(condition: Expr) -> Expr:
    """How many rows fulfil it."""
    return exp.Count(this=case((condition, number(1))))


def windowed(
    function: Expr,
    partition: list[Expr],
    order: list[Expr] | None = None,
    frame: Expr | None = None,
) -> Expr:
    """A window function."""
    ordering = exp.Order(expressions=order) if order else None
    return exp.Window(this=function, partition_by=partition, order=ordering, spec=frame)


def ascending(item: Expr) -> Expr:
    """A key of an order, never null."""
    return exp.Ordered(this=item, desc=False, nulls_first=False)


def descending(item: Expr) -> Expr:
    """A key of an order from the greatest down, never null."""
    return exp.Ordered(this=item, desc=True, nulls_first=False)
