"""Spark 4 and Databricks: JSON through their VARIANT type."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.patterns import java
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind

_ITEM = sql.column("item")


class Spark(Dialect):
    """Apache Spark."""

    name = "spark"

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        path = "$" + "".join(f'["{key}"]' for key in keys)
        parsed = sql.call("TRY_PARSE_JSON", document)
        found = sql.call("TRY_VARIANT_GET", parsed, sql.text(path), sql.text("variant"))
        return sql.call("TO_JSON", found)

    def token_text(self, token: Expr) -> Expr:
        parsed = sql.call("TRY_PARSE_JSON", token)
        return sql.call("TRY_VARIANT_GET", parsed, sql.text("$"), sql.text("string"))

    def token_number(self, token: Expr) -> Expr:
        return sql.try_cast(token, "DOUBLE")

    def text_token(self, text: Expr) -> Expr:
        listed = sql.call("TO_JSON", sql.call("ARRAY", text))  # texts alone are not taken
        inner = sql.arith("-", sql.call("LENGTH", listed), sql.number(2))
        return sql.call("SUBSTR", listed, sql.number(2), inner)

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        item = sql.call("TO_JSON", _ITEM)
        if kind == "number":
            hit = sql.compare("==", self.token_number(item), wanted)
        elif kind == "text":
            hit = sql.compare("==", item, self.text_token(wanted))
        else:
            written = sql.case((wanted, sql.text("true")), otherwise=sql.text("false"))
            hit = sql.compare("==", item, written)
        hits = sql.call("FILTER", _items(token), _each(hit))
        return sql.compare(">", sql.call("SIZE", hits), sql.number(0))

    def list_length(self, token: Expr) -> Expr:
        return sql.case((sql.not_null(token), sql.call("SIZE", _items(token))))

    def list_key(self, token: Expr) -> Expr:
        item = sql.call("TO_JSON", _ITEM)
        useless = sql.one_of(self.prefix(item), [sql.text("n"), sql.text("{")])
        bad = sql.call("SIZE", sql.call("FILTER", _items(token), _each(useless)))
        same = sql.coalesce(sql.cast(self.token_number(item), "TEXT"), item)
        keys = sql.call("TRANSFORM", _items(token), _each(same))
        joined = sql.call("ARRAY_JOIN", keys, sql.text(","))
        good = sql.both(sql.not_null(token), sql.compare("==", bad, sql.number(0)))
        return sql.case((good, joined))

    def listed(self, token: Expr, place: Expr) -> Expr:
        pairs = sql.call("COLLECT_LIST", sql.call(
            "NAMED_STRUCT", sql.text("place"), place, sql.text("token"), token))  # fmt: skip
        tokens = sql.call("TRANSFORM", sql.call("ARRAY_SORT", pairs), _each(
            exp.Dot(this=_ITEM, expression=exp.to_identifier("token"))))  # fmt: skip
        written = sql.call("ARRAY_JOIN", tokens, sql.text(","))
        return sql.joined(sql.text("["), written, sql.text("]"))

    def position(self, text: Expr, part: Expr) -> Expr:
        return sql.call("INSTR", text, part)

    def matches(self, text: Expr, pattern: str) -> Expr:
        return exp.RegexpLike(this=sql.tight(text), expression=sql.text(java(pattern, self.name)))

    def digits(self, text: Expr) -> Expr:
        return sql.try_cast(text, "DOUBLE")

    def remainder(self, number: Expr, divisor: Expr) -> Expr:
        return sql.call("MOD", number, divisor)

    def rounded(self, number: Expr) -> Expr:
        return sql.call("RINT", number)

    def rounded_to(self, number: Expr, digits: int) -> Expr:
        return sql.call("BROUND", number, sql.number(digits))


class Databricks(Spark):
    """Databricks SQL."""

    name = "databricks"


def _items(token: Expr) -> Expr:
    return sql.call("FROM_JSON", token, sql.text("array<variant>"))


def _each(result: Expr) -> Expr:
    return exp.Lambda(this=result, expressions=[exp.to_identifier("item")])
