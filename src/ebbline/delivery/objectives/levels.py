"""The figures of a window: what people read in a table and compare with their objective."""

from __future__ import annotations

import msgspec

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives.burning import Counts, Indicator, burn_rate
from ebbline.delivery.objectives.latency import percentile
from ebbline.delivery.objectives.stages import slowest
from ebbline.delivery.objectives.tally import Tally


class Levels(msgspec.Struct, frozen=True):
    """Service levels of a window; shares lie between 0 and 1, None where nothing is counted.

    `latency_left` and `success_left` are what is left of the window's error budgets: 1 untouched,
    0 used up, below it overdrawn. The burns are the rates of the whole window.
    """

    changes: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    within_alert: float | None
    within_objective: float | None
    first_try: float | None
    final: float | None
    dead: int
    revived: int
    overtaken: int
    history: int
    latency_left: float
    success_left: float
    latency_burn: float
    success_burn: float
    slowest: str


def levels_of(tally: Tally, slo: SloDef, overdue: int = 0) -> Levels:
    """The figures of what was counted. Changes that are `overdue` at this moment are late
    already; their latency is not known yet, so percentiles do not show them."""
    ended = tally.delivered + tally.dead
    latency_burn = burn_rate(counts_of(tally, "latency", overdue), slo.success)
    success_burn = burn_rate(counts_of(tally, "success"), slo.success)
    return Levels(
        ended,
        percentile(tally.latency, 0.50),
        percentile(tally.latency, 0.95),
        percentile(tally.latency, 0.99),
        _share(tally.in_alert, tally.timed + overdue),
        _share(tally.in_objective, tally.timed + overdue),
        _share(tally.first_try, ended),
        _share(tally.delivered, ended),
        tally.dead,
        tally.revived,
        tally.overtaken,
        tally.history,
        round(1 - latency_burn, 6),
        round(1 - success_burn, 6),
        latency_burn,
        success_burn,
        slow_stage(tally),
    )


def counts_of(tally: Tally, indicator: Indicator, overdue: int = 0) -> Counts:
    """Good and bad by one indicator. Changes that are `overdue` at this moment are late already
    and have not been counted yet."""
    if indicator == "latency":
        return Counts(tally.timed + overdue, tally.timed - tally.in_objective + overdue)
    return Counts(tally.delivered + tally.dead, tally.dead)


def slow_stage(tally: Tally) -> str:
    """Where the slow changes spent their time; of all changes where none was slow."""
    return slowest(tally.slow) or slowest(tally.stages)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
