"""Snowflake: JSON through VARIANT, lists through FILTER and TRANSFORM."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.patterns import without_groups
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind

_ITEM = sql.column("item")


class Snowflake(Dialect):
    """Snowflake."""

    name = "snowflake"

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        found = sql.call("PARSE_JSON", document)
        for key in keys:
            found = sql.call("GET", found, sql.text(key))
        return sql.call("TO_JSON", found)

    def token_text(self, token: Expr) -> Expr:
        return sql.call("TO_VARCHAR", sql.call("PARSE_JSON", token))

    def token_number(self, token: Expr) -> Expr:
        return sql.call("TRY_TO_DOUBLE", token)

    def text_token(self, text: Expr) -> Expr:
        return sql.call("TO_JSON", sql.call("TO_VARIANT", text))

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        hits = sql.call("FILTER", _items(token), _each(self.is_item(kind, wanted)))
        return sql.compare(">", sql.call("ARRAY_SIZE", hits), sql.number(0))

    def is_item(self, kind: Kind, wanted: Expr) -> Expr:
        """Whether an item has a kind and value."""
        token = sql.call("TO_JSON", _ITEM)
        if kind == "number":
            return sql.compare("==", self.token_number(token), wanted)
        if kind == "text":
            return sql.compare("==", token, self.text_token(wanted))
        written = sql.case((wanted, sql.text("true")), otherwise=sql.text("false"))
        return sql.compare("==", token, written)

    def list_length(self, token: Expr) -> Expr:
        return sql.call("ARRAY_SIZE", _items(token))

    def list_key(self, token: Expr) -> Expr:
        item = sql.call("TO_JSON", _ITEM)
        useless = sql.one_of(self.prefix(item), [sql.text("n"), sql.text("{")])
        bad = sql.call("ARRAY_SIZE", sql.call("FILTER", _items(token), _each(useless)))
        same = sql.coalesce(sql.cast(self.token_number(item), "TEXT"), item)
        keys = sql.call("TRANSFORM", _items(token), _each(same))
        joined = sql.call("ARRAY_TO_STRING", keys, sql.text(","))
        return sql.case((sql.compare("==", bad, sql.number(0)), joined))

    def listed(self, token: Expr, place: Expr) -> Expr:
        order = exp.Order(expressions=[sql.ascending(place)])
        items = exp.WithinGroup(this=sql.call("LISTAGG", token, sql.text(",")), expression=order)
        return sql.joined(sql.text("["), exp.Paren(this=items), sql.text("]"))

    def position(self, text: Expr, part: Expr) -> Expr:
        return sql.call("CHARINDEX", part, text)

    def matches(self, text: Expr, pattern: str) -> Expr:
        written = sql.text(without_groups(pattern, self.name))
        return sql.compare(">", sql.call("REGEXP_INSTR", text, written), sql.number(0))

    def digits(self, text: Expr) -> Expr:
        return sql.call("TRY_TO_DOUBLE", text)


def _items(token: Expr) -> Expr:
    return sql.call("AS_ARRAY", sql.call("PARSE_JSON", token))


def _each(result: Expr) -> Expr:
    return exp.Lambda(this=result, expressions=[exp.to_identifier("item")])
