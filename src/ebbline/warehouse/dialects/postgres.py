"""PostgreSQL, and Redshift, which came from it."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.patterns import posix
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.values import Kind

FRACTION_BITS = 62  # of a float, that fit into a whole number of 64 bits
WHOLE_MAX = 4_503_599_627_370_496  # 2**52: floats from here on have no fraction


class Postgres(Dialect):
    """PostgreSQL."""

    name = "postgres"

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        path = sql.call("JSON_EXTRACT_PATH", sql.cast(document, "JSON"), *map(sql.text, keys))
        return sql.cast(path, "TEXT")

    def token_text(self, token: Expr) -> Expr:
        # No text of this database can hold the character 0.
        possible = sql.compare("==", self.position(token, sql.text("\\u0000")), sql.number(0))
        read = exp.JSONBExtractScalar(this=sql.cast(token, "JSON"), expression=sql.text("{}"))
        return sql.case((possible, exp.Paren(this=read)))

    def text_token(self, text: Expr) -> Expr:
        return sql.cast(sql.call("TO_JSON", sql.cast(text, "TEXT")), "TEXT")

    def any_item(self, token: Expr, kind: Kind, wanted: Expr) -> Expr:
        type_ = {"number": "DOUBLE", "text": "TEXT", "boolean": "BOOLEAN"}[kind]
        item = sql.call("TO_JSONB", sql.cast(wanted, type_))
        return exp.Paren(this=exp.ArrayContainsAll(this=sql.cast(token, "JSONB"), expression=item))

    def list_length(self, token: Expr) -> Expr:
        return sql.call("JSON_ARRAY_LENGTH", sql.cast(token, "JSON"))

    def list_key(self, token: Expr) -> Expr:
        return sql.template(_LIST_KEY, "postgres", token=token)

    def listed(self, token: Expr, place: Expr) -> Expr:
        order = exp.Order(this=sql.text(","), expressions=[sql.ascending(place)])
        items = sql.call("STRING_AGG", token, order)
        return sql.joined(sql.text("["), items, sql.text("]"))

    def matches(self, text: Expr, pattern: str) -> Expr:
        return exp.RegexpLike(this=sql.tight(text), expression=sql.text(posix(pattern, self.name)))

    def ordered_text(self, text: Expr) -> Expr:
        return exp.Collate(this=sql.tight(text), expression=exp.to_identifier("C", quoted=True))

    def remainder(self, number: Expr, divisor: Expr) -> Expr:
        rest = sql.call("MOD", _exact(number), sql.call("NULLIF", _exact(divisor), sql.number(0)))
        return sql.cast(rest, "DOUBLE")

    def rounded(self, number: Expr) -> Expr:
        return sql.call("ROUND", number)  # of floats it goes to the even neighbour

    def rounded_to(self, number: Expr, digits: int) -> Expr:
        exact, places = _exact(number), sql.number(digits)
        units = sql.arith("*", exact, sql.cast(sql.text(f"1{'0' * digits}"), "DECIMAL"))
        rest = sql.call("ABS", sql.arith("-", units, sql.call("TRUNC", units)))
        half = sql.compare("==", rest, sql.number(0.5))
        even = sql.arith("*", sql.number(2), sql.call(
            "ROUND", sql.arith("*", exact, sql.number(0.5)), places))  # fmt: skip
        nearest = sql.case((half, even), otherwise=sql.call("ROUND", exact, places))
        fractional = sql.compare("<", sql.call("ABS", number), sql.number(WHOLE_MAX))
        return sql.case((fractional, sql.cast(nearest, "DOUBLE")), otherwise=number)


def _exact(number: Expr) -> Expr:
    """A float as a decimal with all of its digits; from 2**63 on with fifteen of them."""
    whole = sql.call("TRUNC", number)
    shifted = sql.arith("*", sql.arith("-", number, whole), sql.number(2**52))
    parts = sql.arith("*", shifted, sql.number(2 ** (FRACTION_BITS - 52)))
    unit = sql.cast(sql.text(f"0.{5**FRACTION_BITS:0{FRACTION_BITS}d}"), "DECIMAL")
    fraction = sql.arith("*", sql.cast(sql.cast(parts, "BIGINT"), "DECIMAL"), unit)
    exact = sql.plus(sql.cast(sql.cast(whole, "BIGINT"), "DECIMAL"), fraction)
    small = sql.compare("<", sql.call("ABS", number), sql.number(2.0**63))
    return sql.case((small, exact), otherwise=sql.cast(number, "DECIMAL"))


_LIST_KEY = """
(SELECT CASE WHEN COUNT(CASE WHEN JSONB_TYPEOF(item) IN ('null', 'object') THEN 1 END) = 0
    THEN COALESCE(STRING_AGG(CASE WHEN JSONB_TYPEOF(item) = 'number'
        THEN CAST(CAST(CAST(item AS TEXT) AS DOUBLE PRECISION) AS TEXT)
        ELSE CAST(item AS TEXT) END, ',' ORDER BY place), '') END
 FROM JSONB_ARRAY_ELEMENTS(CAST(:token AS JSONB)) WITH ORDINALITY AS listed(item, place)
 WHERE NOT :token IS NULL HAVING NOT :token IS NULL)
"""
