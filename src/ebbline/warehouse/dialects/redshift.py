"""Amazon Redshift: PostgreSQL's grammar with a JSON type of its own, and less of the rest."""

# ruff: noqa: D102 - what each method is for is said once, in Dialect

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from ebbline.warehouse import expressions as sql
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.patterns import posix
from ebbline.warehouse.expressions import Expr


class Redshift(Dialect):
    """Redshift. Keys of events keep their case with `SET enable_case_sensitive_identifier TO
    true`."""

    name = "redshift"
    text_type = "VARCHAR(MAX)"
    ranges = False

    def token(self, document: Expr, keys: Sequence[str]) -> Expr:
        found: Expr = exp.Paren(this=sql.call("JSON_PARSE", document))
        for key in keys:
            found = exp.Dot(this=found, expression=exp.to_identifier(key, quoted=True))
        return sql.call("JSON_SERIALIZE", found)

    def token_text(self, token: Expr) -> Expr:
        return sql.cast(sql.call("JSON_PARSE", token), self.text_type)

    def text_token(self, text: Expr) -> Expr:
        return sql.call("JSON_SERIALIZE", sql.cast(text, "SUPER"))

    def list_length(self, token: Expr) -> Expr:
        return sql.call("GET_ARRAY_LENGTH", sql.call("JSON_PARSE", token))

    def list_key(self, token: Expr) -> Expr:
        return token

    def listed(self, token: Expr, place: Expr) -> Expr:
        order = exp.Order(expressions=[sql.ascending(place)])
        items = exp.WithinGroup(this=sql.call("LISTAGG", token, sql.text(",")), expression=order)
        return sql.joined(sql.text("["), exp.Paren(this=items), sql.text("]"))

    def matches(self, text: Expr, pattern: str) -> Expr:
        return exp.RegexpLike(this=sql.tight(text), expression=sql.text(posix(pattern, self.name)))
