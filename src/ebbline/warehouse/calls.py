"""The plain functions of texts, lists and numbers; null where an operand is of a wrong kind."""

from __future__ import annotations

from collections.abc import Callable

from ebbline.definitions.versions import parse_version
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.place import Place
from ebbline.warehouse.tokens import token_of
from ebbline.warehouse.values import NOTHING, Value, boolean

VERSION = "^v?[0-9]{1,9}([.][0-9]{1,9}){0,3}($|[-+])"
VERSION_WEIGHTS = (10**27, 10**18, 10**9, 1)  # a part has at most nine digits


def part_of(place: Place, whole: Value, part: Value) -> Value:
    """Whether a text has a part."""
    one, other = whole.of("text"), part.of("text")
    if one is None or other is None:
        return NOTHING
    return boolean(sql.compare(">", place.dialect.position(one, other), sql.number(0)))


def _starts(place: Place, text: Value, start: Value) -> Value:
    one, other = text.of("text"), start.of("text")
    if one is None or other is None:
        return NOTHING
    return boolean(place.dialect.starts(one, other))


def _ends(place: Place, text: Value, end: Value) -> Value:
    one, other = text.of("text"), end.of("text")
    if one is None or other is None:
        return NOTHING
    return boolean(place.dialect.ends(one, other))


def matches(place: Place, text: Value, pattern: str) -> Value:
    """Whether a part of the text fits a pattern."""
    item = text.of("text")
    return NOTHING if item is None else boolean(place.dialect.matches(item, pattern))


def _lower(place: Place, text: Value) -> Value:
    return _textual(text, place.dialect.lower)


def _upper(place: Place, text: Value) -> Value:
    return _textual(text, place.dialect.upper)


def _textual(text: Value, work: Callable[[Expr], Expr]) -> Value:
    item = text.of("text")
    return NOTHING if item is None else Value({"text": work(item)})


def _length(place: Place, value: Value) -> Value:
    text, items = value.of("text"), value.of("list")
    lengths = []
    if text is not None:
        lengths.append(place.dialect.length(text))
    if items is not None:
        lengths.append(place.dialect.list_length(items))
    return Value({"number": sql.cast(sql.coalesce(*lengths), "DOUBLE")}) if lengths else NOTHING


def _absolute(place: Place, value: Value) -> Value:
    item = value.of("number")
    return NOTHING if item is None else Value({"number": sql.call("ABS", item)})


def _rounded(place: Place, value: Value) -> Value:
    item = value.of("number")
    return NOTHING if item is None else Value({"number": place.dialect.rounded(place.named(item))})


def rounded(place: Place, value: Value, digits: int) -> Value:
    """To so many decimals."""
    item = value.of("number")
    return (
        NOTHING
        if item is None
        else Value({"number": place.dialect.rounded_to(place.named(item), digits)})
    )


def list_of(place: Place, items: list[Value]) -> Value:
    """A list written in the rule, as its token."""
    parts: list[Expr] = [sql.text("[")]
    for number, item in enumerate(items):
        if number:
            parts.append(sql.text(","))
        parts.append(sql.coalesce(token_of(place.dialect, item), sql.text("null")))
    return Value({"list": sql.joined(*parts, sql.text("]"))}, sql.true())


def version_at_least(place: Place, text: Value, least: str) -> Value:
    """Whether a text is a version and not below one; its four parts become one number."""
    item, wanted = text.of("text"), parse_version(least)
    if item is None or wanted is None:
        return NOTHING
    item = place.named(item)
    head = place.dialect.piece(place.dialect.piece(item, "-", 1), "+", 1)
    bare = sql.call("REPLACE", head, sql.text("v"), sql.text(""))
    parts = []
    for number, weight in enumerate(VERSION_WEIGHTS, 1):
        digits = sql.joined(sql.text("0"), sql.coalesce(
            place.dialect.piece(bare, ".", number), sql.text("")))  # fmt: skip
        part = place.dialect.whole(place.dialect.digits(digits))
        parts.append(
            sql.arith("*", part, sql.cast(sql.text(str(weight)), place.dialect.whole_type))
        )
    known = sum(part * weight for part, weight in zip(wanted, VERSION_WEIGHTS, strict=True))
    least_written = sql.cast(sql.text(str(known)), place.dialect.whole_type)
    reached = sql.compare(">=", sql.plus(*parts), least_written)
    return boolean(sql.case((place.dialect.matches(item, VERSION), reached)))


PLAIN: dict[str, Callable[..., Value]] = {
    "startswith": _starts,
    "endswith": _ends,
    "lower": _lower,
    "upper": _upper,
    "len": _length,
    "abs": _absolute,
    "round": _rounded,
}
