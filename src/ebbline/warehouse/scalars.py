"""Comparisons, arithmetic, lists and logic on values: the language's null rules in SQL."""

from __future__ import annotations

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.place import Place
from ebbline.warehouse.values import NOTHING, SCALARS, Kind, Value, boolean, certain

_ORDERED: tuple[Kind, ...] = ("number", "text", "timestamp", "duration")
_ALIKE: tuple[Kind, ...] = (*_ORDERED, "boolean", "list")


def compared(place: Place, op: str, left: Value, right: Value) -> Value:
    """One of == != < <= > >=; null where the kinds differ or have no order."""
    kinds = _ALIKE if op in ("==", "!=") else _ORDERED
    outcomes = []
    for kind in kinds:
        one, other = left.of(kind), right.of(kind)
        if one is None or other is None:
            continue
        if kind == "list":
            outcomes.append(_lists(place, op, one, other))
        elif kind == "text" and op not in ("==", "!="):
            ordered = place.dialect.ordered_text(one), place.dialect.ordered_text(other)
            outcomes.append(sql.compare(op, *ordered))
        else:
            outcomes.append(sql.compare(op, one, other))
    return boolean(sql.coalesce(*outcomes)) if outcomes else NOTHING


def _lists(place: Place, op: str, left: Expr, right: Expr) -> Expr:
    """Two lists are equal or not, never null: one that holds nulls equals nothing."""
    left, right = place.named(left), place.named(right)
    keys = place.dialect.list_key(left), place.dialect.list_key(right)
    equal = certain(sql.compare("==", *keys))
    both = sql.both(sql.not_null(left), sql.not_null(right))
    return sql.case((both, equal if op == "==" else sql.negate(equal)))


def scalar_present(value: Value) -> Expr:
    """Whether there is a value that may be an item: a number, a text or a boolean."""
    if "list" not in value.kinds:
        return value.is_present()
    found = [value.known(kind) for kind in SCALARS if kind in value.kinds]
    return sql.either(*[sql.not_null(item) for item in found])


def among(place: Place, value: Value, items: list[Value]) -> Value:
    """Whether a scalar equals any of some values; null for null and for a list."""
    hits = [compared(place, "==", value, item).of("boolean") for item in items]
    found = sql.either(*[hit for hit in hits if hit is not None])
    return boolean(sql.case((scalar_present(value), certain(found))), weak=found)


def among_constants(value: Value, items: list[object]) -> Value:
    """The same for values written in the rule or in a list of the project."""
    wanted: dict[Kind, list[Expr]] = {"number": [], "text": [], "boolean": []}
    for item in dict.fromkeys((type(item) is bool, item) for item in items):
        match item[1]:
            case None:
                continue
            case bool():
                wanted["boolean"].append(sql.true() if item[1] else sql.false())
            case int() | float():
                wanted["number"].append(sql.number(item[1]))
            case _:
                wanted["text"].append(sql.text(str(item[1])))
    hits = [
        sql.one_of(value.known(kind), found)
        for kind, found in wanted.items()
        if found and kind in value.kinds
    ]
    present = scalar_present(value)
    if len(value.kinds) == 1 and len(hits) == 1:
        return boolean(hits[0])
    if not hits:
        return boolean(sql.case((present, sql.false())))
    found = sql.either(*hits)
    return boolean(sql.case((present, certain(found))), weak=found)


def listed(place: Place, value: Value, items: Value) -> Value:
    """Whether a scalar is in a list that is known only row by row."""
    token = items.of("list")
    if token is None:
        return NOTHING
    token = place.named(token)
    hits = [
        place.dialect.any_item(token, kind, value.known(kind))
        for kind in SCALARS
        if kind in value.kinds
    ]
    both = sql.both(sql.not_null(token), scalar_present(value))
    found = sql.either(*hits)
    return boolean(sql.case((both, certain(found))), weak=found)


def negated(value: Value) -> Value:
    """`not in`: null stays null."""
    item = value.of("boolean")
    return NOTHING if item is None else boolean(sql.negate(item))


def calculated(place: Place, op: str, left: Value, right: Value) -> Value:
    """Arithmetic; null for anything but two numbers, for a division by zero and an overflow."""
    one, other = left.of("number"), right.of("number")
    if one is None or other is None:
        return NOTHING
    if op == "%":
        result = _modulo(place, one, other)
    elif op == "/":
        result = place.dialect.finite(sql.arith(op, one, sql.call("NULLIF", other, sql.number(0))))
    else:
        result = place.dialect.finite(sql.arith(op, one, other))
    return Value({"number": result})


def _modulo(place: Place, number: Expr, divisor: Expr) -> Expr:
    """A remainder has the sign of the divisor; databases give it the sign of the number."""
    zero = sql.number(0)
    number, divisor = place.named(number), place.named(divisor)
    rest = place.named(place.dialect.remainder(number, sql.call("NULLIF", divisor, zero)))
    apart = sql.compare("!=", sql.compare("<", rest, zero), sql.compare("<", divisor, zero))
    turned = sql.both(sql.compare("!=", rest, zero), apart)
    return sql.case((turned, sql.plus(rest, divisor)), otherwise=rest)


def default(first: Value, second: Value) -> Value:
    """The first, unless it is null."""
    if not first.kinds:
        return second
    if first.kinds == second.kinds and len(first.kinds) == 1:
        (kind,) = first.kinds
        both = first.known(kind), second.known(kind)
        return Value({kind: sql.coalesce(*both)}, definite=second.definite)
    there = first.is_present()
    facets: dict[Kind, Expr] = {}
    for kind in dict.fromkeys((*first.kinds, *second.kinds)):
        one, other = first.of(kind), second.of(kind)
        if other is None and one is not None:
            facets[kind] = one
        elif other is not None:
            branch = sql.case((sql.negate(there), other))
            facets[kind] = branch if one is None else sql.coalesce(one, branch)
    return Value(facets)
