"""Event functions over two sets of events: what was answered, what was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlglot import exp

from ebbline.definitions import tree
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.features import Block, of_event
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.ranked import in_time
from ebbline.warehouse.tokens import key_of
from ebbline.warehouse.values import SCALARS, Value, boolean, certain
from ebbline.warehouse.windows import inside

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules

IS_A, IS_B, KEY = sql.column("is_a"), sql.column("is_b"), sql.column("same")
_EQUAL = (*SCALARS, "list")


def _two_sets(rules: Rules, block: Block, a: tree.Events, b: tree.Events, on: str,
              window: Expr) -> exp.Select:  # fmt: skip
    """The events of either set with the property they may share, as a subquery."""
    both = tree.Events(tuple(dict.fromkeys((*a.names, *b.names))))
    key = rules.frame.named(
        key_of(rules.dialect, rules.frame.value(tree.Property(on), both), _EQUAL)
    )
    sets = rules.frame.events(a), rules.frame.events(b)
    block.inner.select(
        sql.alias(of_event(), "profile"),
        TIME,
        sql.column("message_id"),
        sql.alias(sets[0], "is_a"),
        sql.alias(sets[1], "is_b"),
        sql.alias(key, "same"),
        copy=False,
    ).where(sql.both(sql.either(*sets), window), copy=False)
    return block.inner


def matched(rules: Rules, node: tree.Matched) -> Value:
    """How many of the latest `a` share a property with a `b`."""
    window, level = inside(rules, node.window)

    def make(block: Block) -> None:
        pairs = _two_sets(rules, block, node.a, node.b, node.on, window)
        person = sql.column("profile")
        place = sql.windowed(sql.call("ROW_NUMBER"), [person, IS_A], in_time(rules, latest=True))
        hits = exp.Max(this=sql.case((IS_B, sql.number(1))))
        answered = sql.windowed(hits, [person, KEY])
        numbered = exp.select(
            "profile", "is_a", "same", sql.alias(place, "place"), sql.alias(answered, "answered")
        ).from_(pairs.subquery("pairs", copy=False))
        block.select.from_(numbered.subquery("placed", copy=False), copy=False)
        block.select.group_by("profile", copy=False)

    block = rules.features.block((msgspec.json.encode(node), level), level, make)
    hit = [IS_A, sql.not_null(KEY), sql.compare("==", sql.column("answered"), sql.number(1))]
    if node.last is not None:
        hit.append(sql.compare("<=", sql.column("place"), sql.number(node.last)))
    count = sql.coalesce(block.column("count", sql.count_if(sql.both(*hit))), sql.number(0))
    return Value({"number": sql.cast(count, "DOUBLE")}, sql.true())


def missed(rules: Rules, node: tree.Missed) -> Value:
    """Whether the time after the latest `after` ran out without the event."""
    if node.on:
        return _missed_on(rules, node)
    features = rules.features
    last = exp.Max(this=sql.case((rules.frame.events(node.after), TIME)))
    began, level = features.instant(features.aggregate(last, 0))
    ends = sql.plus(began, sql.number(node.within_ms))
    in_time = sql.both(
        rules.frame.events(node.event),
        sql.compare(">=", TIME, began),
        sql.compare("<", TIME, ends),
    )
    came = sql.coalesce(features.aggregate(sql.count_if(in_time), level), sql.number(0))
    over = sql.compare("<=", ends, sql.number(rules.now_ms))
    unanswered = sql.both(over, sql.compare("==", came, sql.number(0)))
    return boolean(certain(unanswered), definite=True, weak=unanswered)


def _missed_on(rules: Rules, node: tree.Missed) -> Value:
    """The same for any `after`, with events that share a property."""

    def make(block: Block) -> None:
        pairs = _two_sets(rules, block, node.after, node.event, node.on, sql.true())
        frame = exp.WindowSpec(kind="RANGE", start="CURRENT ROW", end="UNBOUNDED",
                               end_side="FOLLOWING")  # fmt: skip
        first = exp.Min(this=sql.case((IS_B, TIME)))
        order = [sql.ascending(TIME)]
        answer = sql.windowed(first, [sql.column("profile"), KEY], order, frame)
        answered = exp.select("profile", "is_a", "same", "time_ms", sql.alias(answer, "answer_ms"))
        answered = answered.from_(pairs.subquery("pairs", copy=False))
        block.select.from_(answered.subquery("answered", copy=False), copy=False)
        block.select.group_by("profile", copy=False)

    block = rules.features.block((msgspec.json.encode(node), 0), 0, make)
    ends = sql.plus(TIME, sql.number(node.within_ms))
    answer = sql.column("answer_ms")
    late = sql.either(sql.is_null(answer), sql.compare(">=", answer, ends))
    over = sql.compare("<=", ends, sql.number(rules.now_ms))
    unanswered = sql.count_if(sql.both(IS_A, sql.not_null(KEY), over, late))
    count = sql.coalesce(block.column("count", unanswered), sql.number(0))
    return boolean(sql.compare(">", count, sql.number(0)), definite=True)
