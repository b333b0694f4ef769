"""DuckDB: the reference dialect, the one that runs beside the engine."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.engine.limits import NANO, NUMBER_MAX
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind

_WILD = ('"', "*", "\\")  # in a JSON path they would mean something even within quotes


class DuckDb(Dialect):
    """DuckDB."""

    name = "duckdb"
    whole_type = "INT128"
    inline_ctes = True

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        found = sql.call("JSON_EXTRACT", document, sql.text(_path(keys)))
        return sql.cast(found, "TEXT")

    def token_text(self, token: Expr) -> Expr:
        return sql.call("JSON_EXTRACT_STRING", token, sql.text("$"))

    def text_token(self, text: Expr) -> Expr:
        return sql.cast(sql.call("TO_JSON", text), "TEXT")

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        items = self._items(token)
        if kind == "boolean":
            wanted = sql.cast(wanted, "TEXT")
        elif kind == "text":
            wanted = self.text_token(wanted)
        else:
            items = self._numbers(items)
        return sql.call("LIST_CONTAINS", items, wanted)

    def token_number(self, token: Expr) -> Expr:
        return sql.try_cast(token, "DOUBLE")

    def list_length(self, token: Expr) -> Expr:
        return sql.call("JSON_ARRAY_LENGTH", token)

    def list_key(self, token: Expr) -> Expr:
        item = sql.column("item")
        items = self._items(token)
        useless = sql.either(sql.is_null(item), sql.compare("==", self.prefix(item), sql.text("{")))
        bad = sql.call("LIST_FILTER", items, _each(useless))
        same = sql.coalesce(sql.cast(sql.try_cast(item, "DOUBLE"), "TEXT"), item)
        keys = sql.call("LIST_TRANSFORM", items, _each(same))
        joined = sql.call("ARRAY_TO_STRING", keys, sql.text(","))
        empty = sql.compare("==", sql.call("LEN", bad), sql.number(0))
        return sql.case((empty, joined))

    def listed(self, token: Expr, place: Expr) -> Expr:
        order = exp.Order(this=sql.text(","), expressions=[sql.ascending(place)])
        items = sql.call("STRING_AGG", token, order)
        return sql.joined(sql.text("["), items, sql.text("]"))

    def matches(self, text: Expr, pattern: str) -> Expr:
        return sql.call("REGEXP_MATCHES", text, sql.text(pattern))

    def digits(self, text: Expr) -> Expr:
        return sql.try_cast(text, "DOUBLE")

    def finite(self, number: Expr) -> Expr:
        return sql.case((sql.call("ISFINITE", number), number))

    def remainder(self, number: Expr, divisor: Expr) -> Expr:
        return sql.call("FMOD", number, divisor)

    def rounded(self, number: Expr) -> Expr:
        return sql.call("ROUND_EVEN", number, sql.number(0))

    def rounded_to(self, number: Expr, digits: int) -> Expr:
        written = sql.call("PRINTF", sql.text(f"%.{digits}f"), number)
        return sql.cast(written, "DOUBLE")

    def whole(self, number: Expr) -> Expr:
        return sql.cast(number, self.whole_type)

    def billionths(self, number: Expr) -> Expr:
        # Floats become whole numbers of 128 bits without a loss: fewer steps than elsewhere.
        unit = sql.number(NANO)
        wholes = sql.arith("*", self.whole(number), sql.cast(unit, self.whole_type))
        parts = self.whole(self.rounded(sql.arith("*", number, unit)))
        is_whole = sql.compare("==", number, sql.call("FLOOR", number))
        exact = sql.case((is_whole, wholes), otherwise=parts)
        possible = sql.compare("<=", sql.call("ABS", number), sql.number(NUMBER_MAX))
        return sql.case((possible, exact))

    def exact_sum(self, numbers: Expr) -> Expr:
        return sql.call("FSUM", numbers)

    def _items(self, token: Expr) -> Expr:
        return sql.cast(sql.cast(sql.cast(token, "JSON"), "JSON[]"), "TEXT[]")

    def _numbers(self, items: Expr) -> Expr:
        """Items as floats, null for those that are no numbers."""
        return sql.try_cast(items, "DOUBLE[]")


def _each(result: Expr) -> Expr:
    return exp.Lambda(this=result, expressions=[exp.to_identifier("item")])


def _path(keys: Sequence[str]) -> str:
    """A JSON path of quoted keys; a JSON pointer where a key holds what a path would read."""
    if any(mark in key for key in keys for mark in _WILD):
        return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in keys)
    return "$" + "".join(f'."{key}"' for key in keys)
