"""Functions of the person rather than of events: buckets and consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ebbline.definitions import tree
from ebbline.engine.buckets import PRIME, salt_numbers
from ebbline.warehouse import expressions as sql
from ebbline.warehouse import traits
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.folding import constant_of
from ebbline.warehouse.values import Value, boolean, certain

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules

PERSON = sql.column("profile")


def bucket(rules: Rules, node: tree.Call) -> Value:
    """The person's bucket: whole numbers below 2**63 all the way."""
    salt, buckets = (constant_of(arg) for arg in node.args)
    a, b, c, d = salt_numbers(str(salt))

    def modulo(item: Expr) -> Expr:
        return rules.dialect.whole_remainder(item, PRIME)

    def times(one: Expr, other: Expr) -> Expr:
        return sql.arith("*", one, other)

    id_ = modulo(PERSON)
    x = modulo(sql.plus(times(sql.cast(sql.number(a), "BIGINT"), id_), sql.number(b)))
    for shift in (c, d):
        x = modulo(sql.plus(times(x, x), sql.number(shift)))
    found = rules.dialect.whole_remainder(x, int(buckets))
    return Value({"number": sql.cast(found, "DOUBLE")}, sql.true())


def consented(rules: Rules, node: tree.Call) -> Value:
    """Whether the latest preference is yes."""
    token = traits.flat(rules, f"{traits.CONSENT}{constant_of(node.args[0])}")
    return boolean(certain(sql.compare("==", token, sql.text("true"))), definite=True)
