"""Event functions over the different values of a property: which, how often, which most often."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlglot import exp

from ebbline.definitions import tree
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.features import Block, of_event
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.limits import VALUES_MAX
from ebbline.warehouse.ranked import PLACE, carried, in_time
from ebbline.warehouse.tokens import key_of, token_of
from ebbline.warehouse.values import SCALARS, Value
from ebbline.warehouse.windows import inside

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules

KEY, TIMES = sql.column("same"), sql.column("times")
PERSON = sql.column("profile")
_ROW_NUMBER = sql.call("ROW_NUMBER")


def frequency(rules: Rules, node: tree.Aggregate) -> Value:
    """`values`, `most_frequent` and `most_repeated`."""
    assert node.value is not None
    value = rules.frame.value(node.value, node.events)
    key = rules.frame.named(key_of(rules.dialect, value, SCALARS))
    window, level = inside(rules, node.window)
    condition = sql.both(rules.frame.events(node.events), window, sql.not_null(key))
    make = {"values": _listing, "most_frequent": _winner, "most_repeated": _winner}[node.name]

    def keyed(block: Block) -> None:
        block.inner.select(
            sql.alias(of_event(), "profile"), TIME, sql.column("message_id"),
            sql.alias(key, "same"), append=True, copy=False,
        ).where(condition, copy=False)  # fmt: skip
        make(rules, block)

    block = rules.features.block((msgspec.json.encode(node), level), level, keyed)
    if node.name == "values":
        return _values(rules, block, value)
    if node.name == "most_repeated":
        times = sql.coalesce(block.column("times", TIMES), sql.number(0))
        return Value({"number": sql.cast(times, "DOUBLE")}, sql.true())
    return carried(block, scalars_only(value))


def scalars_only(value: Value) -> Value:
    """A value without its list."""
    return Value({kind: value.known(kind) for kind in SCALARS if kind in value.kinds})


def _listing(rules: Rules, block: Block) -> None:
    """The event that brought each value first, numbered in order."""
    earliest = in_time(rules, latest=False)
    nth_of_value = sql.windowed(_ROW_NUMBER, [PERSON, KEY], earliest)
    seen = exp.select("*", sql.alias(nth_of_value, "seen")).from_(_inner(block))
    place = sql.windowed(_ROW_NUMBER, [PERSON], earliest)
    firsts = exp.select("*", sql.alias(place, "place")).from_(seen.subquery("seen", copy=False))
    firsts.where(sql.compare("==", sql.column("seen"), sql.number(1)), copy=False)
    block.select.from_(firsts.subquery("firsts", copy=False), copy=False)
    block.select.where(sql.compare("<=", PLACE, sql.number(VALUES_MAX)), copy=False)
    block.select.group_by("profile", copy=False)


def _winner(rules: Rules, block: Block) -> None:
    """The latest event of the value that came most often, or of the latest of several such."""
    times = sql.windowed(exp.Count(this=exp.Star()), [PERSON, KEY])
    counted = exp.select("*", sql.alias(times, "times")).from_(_inner(block))
    order = [sql.descending(TIMES), *in_time(rules, latest=True)]
    place = sql.windowed(_ROW_NUMBER, [PERSON], order)
    ranked = exp.select("*", sql.alias(place, "place")).from_(
        counted.subquery("counted", copy=False)
    )
    block.select.from_(ranked.subquery("ranked", copy=False), copy=False)
    block.select.where(sql.compare("==", PLACE, sql.number(1)), copy=False)


def _inner(block: Block) -> exp.Subquery:
    return block.inner.subquery("valued", copy=False)


def _values(rules: Rules, block: Block, value: Value) -> Value:
    """The list of the values, as its token; empty where there are none."""
    token: Expr = token_of(rules.dialect, scalars_only(value))
    if "token" not in block.columns:
        block.inner.select(sql.alias(token, "token"), copy=False)
    listed = block.column("token", rules.dialect.listed(sql.column("token"), PLACE))
    return Value({"list": sql.coalesce(listed, sql.text("[]"))}, sql.true())
