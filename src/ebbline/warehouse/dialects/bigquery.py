"""BigQuery: JSON and arrays through subqueries over UNNEST, all other text as written."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind


class BigQuery(Dialect):
    """BigQuery."""

    name = "bigquery"
    whole_type = "BIGDECIMAL"

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        # Written out as text, an absent value would be the same as null.
        path = sql.text("$" + "".join(f'."{key}"' for key in keys))
        found = sql.call("JSON_QUERY", sql.template(_PARSED, self.name, document=document), path)
        return sql.case((sql.not_null(found), sql.call("TO_JSON_STRING", found)))

    def token_text(self, token: Expr) -> Expr:
        return sql.call("JSON_VALUE", token, sql.text("$"))

    def token_number(self, token: Expr) -> Expr:
        return sql.try_cast(token, "DOUBLE")

    def text_token(self, text: Expr) -> Expr:
        return sql.call("TO_JSON_STRING", text)

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        item = sql.column("item")
        if kind == "number":
            hit = sql.compare("==", self.token_number(item), wanted)
        elif kind == "text":
            hit = sql.compare("==", item, self.text_token(wanted))
        else:
            written = sql.case((wanted, sql.text("true")), otherwise=sql.text("false"))
            hit = sql.compare("==", item, written)
        return sql.template(_ANY_ITEM, self.name, token=token, hit=hit)

    def list_length(self, token: Expr) -> Expr:
        return sql.call("ARRAY_LENGTH", sql.call("JSON_QUERY_ARRAY", token))

    def list_key(self, token: Expr) -> Expr:
        return sql.template(_LIST_KEY, self.name, token=token)

    def listed(self, token: Expr, place: Expr) -> Expr:
        order = exp.Order(this=sql.text(","), expressions=[sql.ascending(place)])
        items = sql.call("STRING_AGG", token, order)
        return sql.joined(sql.text("["), items, sql.text("]"))

    def matches(self, text: Expr, pattern: str) -> Expr:
        return sql.call("REGEXP_CONTAINS", text, sql.text(pattern))

    def piece(self, text: Expr, separator: str, place: int) -> Expr:
        return sql.template(_PIECE, self.name, text=text, separator=sql.text(separator),
                            place=sql.number(place))  # fmt: skip

    def digits(self, text: Expr) -> Expr:
        return sql.try_cast(text, "DOUBLE")


_PARSED = "PARSE_JSON(:document, wide_number_mode => 'round')"
_PIECE = "SPLIT(:text, :separator)[SAFE_ORDINAL(:place)]"
_ANY_ITEM = "EXISTS(SELECT 1 FROM UNNEST(JSON_QUERY_ARRAY(:token)) AS item WHERE :hit)"
_LIST_KEY = """
(SELECT CASE WHEN COUNTIF(SUBSTR(item, 1, 1) IN ('n', '{')) = 0
    THEN COALESCE(STRING_AGG(
        COALESCE(CAST(SAFE_CAST(item AS FLOAT64) AS STRING), item), ',' ORDER BY place), '') END
 FROM UNNEST(JSON_QUERY_ARRAY(:token)) AS item WITH OFFSET AS place
 HAVING NOT :token IS NULL)
"""
