"""Which events a window takes in, as a condition and the level it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ebbline.definitions import tree
from ebbline.engine.calendar import period_of
from ebbline.warehouse import expressions as sql
from ebbline.warehouse.expressions import Expr
from ebbline.warehouse.frame import TIME

if TYPE_CHECKING:
    from ebbline.warehouse.rules import Rules


def inside(rules: Rules, window: tree.Window) -> tuple[Expr, int]:
    """The condition over an event's time, never null, and the level of events it is asked of."""
    now_ms = rules.now_ms
    conditions = []
    if window.within_ms is not None:
        conditions.append(sql.compare(">", TIME, sql.number(now_ms - window.within_ms)))
    if window.before_ms is not None:
        conditions.append(sql.compare("<=", TIME, sql.number(now_ms - window.before_ms)))
    if window.calendar:
        start_ms = period_of(window.zone, window.calendar).around(now_ms)[0]
        conditions.append(sql.compare(">=", TIME, sql.number(start_ms)))
    level = 0
    if window.since is not None:
        found, level = since(rules, window.since)
        conditions.append(found)
    return sql.both(*conditions), level


def since(rules: Rules, node: tree.AnyNode) -> tuple[Expr, int]:
    """Events from an instant on; none when it is null."""
    instant = rules.reading.moment(node)
    if instant is None:
        return sql.false(), 0
    start, level = rules.features.instant(instant)
    return sql.compare(">=", TIME, start), level
