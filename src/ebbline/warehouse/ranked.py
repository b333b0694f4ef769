"""Event functions that look at events in order: the first, the last, the n-th, the latest n.

The order is that of time and then of messageId, everywhere.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec

from ebbline.definitions import tree
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.features import Block, of_event
from ebbline.warehouse.frame import MESSAGE, TIME
from ebbline.warehouse.values import Kind, Value, boolean
from ebbline.warehouse.windows import inside

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules

PLACE = sql.column("place")


def in_time(rules: Rules, *, latest: bool) -> list[Expr]:
    """The order of events."""
    turn = sql.descending if latest else sql.ascending
    return [turn(TIME), turn(rules.dialect.ordered_text(MESSAGE))]


def placed(rules: Rules, block: Block, condition: Expr, *, latest: bool) -> None:
    """Let a block number the events that fulfil a condition, from one end."""
    place = sql.windowed(sql.call("ROW_NUMBER"), [of_event()], in_time(rules, latest=latest))
    block.inner.select(
        sql.alias(of_event(), "profile"), sql.alias(place, "place"), append=True, copy=False
    )
    block.inner.where(condition, copy=False)
    block.select.from_(block.inner.subquery("placed", copy=False), copy=False)


def end(rules: Rules, node: tree.Aggregate) -> Value:
    """`first` and `last`: the value of the event at one end that has one."""
    assert node.value is not None
    window, level = inside(rules, node.window)
    value = rules.frame.value(node.value, node.events)
    condition = sql.both(rules.frame.events(node.events), window, value.is_present())

    def make(block: Block) -> None:
        placed(rules, block, condition, latest=node.name == "last")
        block.select.where(sql.compare("==", PLACE, sql.number(1)), copy=False)

    block = rules.features.block((msgspec.json.encode(node), level), level, make)
    return carried(block, value)


def carried(block: Block, value: Value) -> Value:
    """A value of the event that a block picks for each person, as a value of the person."""

    def facet(kind: Kind) -> Expr:
        return block.carried(kind, value.known(kind))

    return Value({kind: functools.partial(facet, kind) for kind in value.kinds})


def nth_time(rules: Rules, node: tree.Aggregate) -> Value:
    """When the n-th event happened."""
    window, level = inside(rules, node.window)
    condition = sql.both(rules.frame.events(node.events), window)

    def make(block: Block) -> None:
        placed(rules, block, condition, latest=False)
        block.select.where(sql.compare("==", PLACE, sql.number(node.n or 1)), copy=False)

    block = rules.features.block((msgspec.json.encode(node), level), level, make)
    return Value({"timestamp": block.carried("time", TIME)})


def last_n(rules: Rules, node: tree.LastN) -> Value:
    """Whether a condition holds for each of the latest n events, and there are n."""
    window, level = inside(rules, node.window)
    condition = sql.both(rules.frame.events(node.events), window)
    holds = rules.frame.truth(node.holds, node.events)

    def make(block: Block) -> None:
        placed(rules, block, condition, latest=True)
        block.inner.select(sql.alias(holds, "holds"), copy=False)
        block.select.where(sql.compare("<=", PLACE, sql.number(node.n)), copy=False)
        block.select.group_by("profile", copy=False)

    block = rules.features.block((msgspec.json.encode(node), level), level, make)
    held = block.column("held", sql.count_if(sql.column("holds")))
    all_held = sql.compare("==", sql.coalesce(held, sql.number(0)), sql.number(node.n))
    return boolean(all_held, definite=True)
