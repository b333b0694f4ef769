"""ClickHouse, and chDB, which is ClickHouse inside a process."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind

FRACTION_BITS = 62  # of a float, that a remainder looks at
_ITEM = sql.column("item")
_UNIT = sql.number(float(2**FRACTION_BITS))


class ClickHouse(Dialect):
    """ClickHouse. Lists are never null there, so an absent one is read as an empty one where the
    result is null by other means."""

    name = "clickhouse"
    whole_type = "INT256"

    def finished(self, query: exp.Select) -> exp.Select:
        joins = exp.EQ(this=exp.to_identifier("join_use_nulls"), expression=sql.number(1))
        query.set("settings", [joins])
        return super().finished(query)

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        found = sql.call("JSONExtractRaw", document, *map(sql.text, keys))
        return sql.call("nullIf", found, sql.text(""))

    def token_text(self, token: Expr) -> Expr:
        return sql.call("JSONExtractString", token)

    def token_number(self, token: Expr) -> Expr:
        return sql.call("toFloat64OrNull", token)

    def text_token(self, text: Expr) -> Expr:
        return sql.call("toJSONString", text)

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        if kind == "text":
            quoted = sql.call("startsWith", _ITEM, sql.text('"'))
            hit = sql.both(quoted, sql.compare("==", sql.call("JSONExtractString", _ITEM), wanted))
        elif kind == "boolean":
            written = sql.case((wanted, sql.text("true")), otherwise=sql.text("false"))
            hit = sql.compare("==", _ITEM, written)
        else:
            hit = sql.compare("==", self.token_number(_ITEM), wanted)
        return sql.call("arrayExists", _each(sql.coalesce(hit, sql.false())), _items(token))

    def list_length(self, token: Expr) -> Expr:
        return sql.case((sql.not_null(token), sql.call("length", _items(token))))

    def list_key(self, token: Expr) -> Expr:
        useless = sql.either(
            sql.compare("==", _ITEM, sql.text("null")), sql.call("startsWith", _ITEM, sql.text("{"))
        )
        bad = sql.call("arrayExists", _each(useless), _items(token))
        same = sql.coalesce(sql.call("toString", self.token_number(_ITEM)), _ITEM)
        keys = sql.call("arrayMap", _each(same), _items(token))
        joined = sql.call("arrayStringConcat", keys, sql.text(","))
        return sql.case((sql.both(sql.not_null(token), sql.negate(bad)), joined))

    def listed(self, token: Expr, place: Expr) -> Expr:
        pairs = sql.call("arraySort", sql.call("groupArray", sql.call("tuple", place, token)))
        second = sql.call("tupleElement", _ITEM, sql.number(2))
        tokens = sql.call("arrayMap", _each(second), pairs)
        written = sql.call("arrayStringConcat", tokens, sql.text(","))
        return sql.call("concat", sql.text("["), written, sql.text("]"))

    def prefix(self, text: Expr) -> Expr:
        return self.part(text, 1, 1)

    def part(self, text: Expr, start: int, length: int | None = None) -> Expr:
        rest = () if length is None else (sql.number(length),)
        return sql.call("substringUTF8", text, sql.number(start), *rest)

    def starts(self, text: Expr, start: Expr) -> Expr:
        return sql.call("startsWith", text, start)

    def ends(self, text: Expr, end: Expr) -> Expr:
        return sql.call("endsWith", text, end)

    def length(self, text: Expr) -> Expr:
        return sql.call("lengthUTF8", text)

    def position(self, text: Expr, part: Expr) -> Expr:
        return sql.call("positionUTF8", text, part)

    def lower(self, text: Expr) -> Expr:
        return sql.call("lowerUTF8", text)

    def upper(self, text: Expr) -> Expr:
        return sql.call("upperUTF8", text)

    def matches(self, text: Expr, pattern: str) -> Expr:
        return sql.call("match", text, sql.text(f"(?-s){pattern}"))

    def piece(self, text: Expr, separator: str, place: int) -> Expr:
        parts = sql.call("splitByChar", sql.text(separator), sql.coalesce(text, sql.text("")))
        return sql.call("arrayElement", parts, sql.number(place))

    def digits(self, text: Expr) -> Expr:
        return sql.call("toFloat64OrNull", text)

    def finite(self, number: Expr) -> Expr:
        return sql.case((sql.call("isFinite", number), number))

    def remainder(self, number: Expr, divisor: Expr) -> Expr:
        # Of floats it would be worked out by a division; as whole parts of 2**-62 it is exact.
        whole, parts = self._parts(number), self._parts(divisor)
        rest = sql.call("modulo", whole, sql.call("nullIf", parts, sql.number(0)))
        return sql.arith("/", sql.cast(rest, "DOUBLE"), _UNIT)

    def _parts(self, number: Expr) -> Expr:
        floor = sql.call("trunc", number)
        unit = sql.cast(sql.text(str(2**FRACTION_BITS)), self.whole_type)
        rest = sql.call("trunc", sql.arith("*", sql.arith("-", number, floor), _UNIT))
        return sql.plus(sql.arith("*", self.whole(floor), unit), self.whole(rest))

    def whole(self, number: Expr) -> Expr:
        # A plain cast looks at what stands behind a null as well, and may fail on it.
        exact = sql.call("accurateCastOrNull", number, sql.text("Int64"))
        return sql.cast(exact, self.whole_type)

    def rounded(self, number: Expr) -> Expr:
        return sql.call("roundBankers", number)

    def rounded_to(self, number: Expr, digits: int) -> Expr:
        written = sql.call("printf", sql.text(f"%.{digits}f"), number)
        return sql.call("toFloat64OrNull", written)

    def exact_sum(self, numbers: Expr) -> Expr:
        return sql.call("sumKahan", numbers)


def _items(token: Expr) -> Expr:
    return sql.call("JSONExtractArrayRaw", sql.coalesce(token, sql.text("[]")))


def _each(result: Expr) -> Expr:
    return exp.Lambda(this=result, expressions=[exp.to_identifier("item")])
