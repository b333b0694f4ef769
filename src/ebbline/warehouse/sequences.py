"""Sequences: events of each step, one after another.

Step by step, each event of a step learns the latest instant at which a sequence that ends in it
may have begun; the later it began, the easier the whole fits into `within`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlglot import exp

from ebbline.definitions import tree
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.features import Block, of_event
from ebbline.warehouse.frame import TIME
from ebbline.warehouse.refusals import refused
from ebbline.warehouse.values import Value, boolean
from ebbline.warehouse.windows import since

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules


def sequence(rules: Rules, node: tree.Sequence) -> Value:
    """Whether there is one."""
    if not rules.dialect.ranges:
        raise refused(rules.dialect.name, "sequence()")
    window, level = (sql.true(), 0) if node.since is None else since(rules, node.since)
    steps = [rules.frame.events(step) for step in node.steps]

    def make(block: Block) -> None:
        block.inner.select(sql.alias(of_event(), "profile"), TIME, append=True, copy=False)
        for number, step in enumerate(steps):
            block.inner.select(sql.alias(step, f"step_{number}"), copy=False)
        block.inner.where(sql.both(sql.either(*steps), window), copy=False)
        started = sql.case((sql.column("step_0"), TIME))
        rows = exp.select("*", sql.alias(started, "began_0")).from_(
            block.inner.subquery("stepped", copy=False)
        )
        for number in range(1, len(steps)):
            rows = _next(node, rows, number)
        block.select.from_(rows.subquery("sequences", copy=False), copy=False)
        block.select.group_by("profile", copy=False)

    block = rules.features.block((msgspec.json.encode(node), level), level, make)
    began = sql.column(f"began_{len(steps) - 1}")
    fits = sql.not_null(began)
    if node.within_ms is not None:
        fits = sql.compare("<", sql.arith("-", TIME, began), sql.number(node.within_ms))
    count = sql.coalesce(block.column("count", sql.count_if(fits)), sql.number(0))
    return boolean(sql.compare(">", count, sql.number(0)), definite=True)


def _next(node: tree.Sequence, rows: exp.Select, number: int) -> exp.Select:
    """One step more: the latest beginning among the events that this one may follow."""
    start = "UNBOUNDED" if node.gap_ms is None else sql.number(node.gap_ms)
    frame = exp.WindowSpec(
        kind="RANGE", start=start, start_side="PRECEDING", end=sql.number(1), end_side="PRECEDING"
    )
    latest = exp.Max(this=sql.column(f"began_{number - 1}"))
    before = sql.windowed(latest, [sql.column("profile")], [sql.ascending(TIME)], frame)
    began = sql.case((sql.column(f"step_{number}"), before))
    return exp.select("*", sql.alias(began, f"began_{number}")).from_(
        rows.subquery(f"step_{number}", copy=False)
    )
