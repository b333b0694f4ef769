"""Burn rates: how fast the error budget of an objective is being used up.

Several windows and several rates, as in the Google SRE Workbook, chapter 5 ("Alerting on SLOs",
6: multiwindow, multi-burn-rate alerts): a rule fires while both its long and its short window
burn faster than its factor. The long one says that it matters, the short one that it goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from ebbline.delivery.objectives.limits import (
    ALERT_CHANGES_MIN,
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    SLOW_SHARE,
)

Indicator = Literal["latency", "success"]
INDICATORS: tuple[Indicator, ...] = ("latency", "success")
"""latency: changes that were late. success: changes that were laid aside."""


class Counts(msgspec.Struct, frozen=True):
    """Changes of a window, and the bad ones among them."""

    total: int
    bad: int


class BurnRule(msgspec.Struct, frozen=True):
    """Two windows and the rate both must pass. At rate 1 the budget lasts exactly as long as the
    objective's own window."""

    name: str
    long_ms: int
    short_ms: int
    factor: float


RULES = (
    BurnRule("fast", HOUR_MS, 5 * MINUTE_MS, 14.4),
    BurnRule("steady", 6 * HOUR_MS, 30 * MINUTE_MS, 6.0),
    BurnRule("slow", 3 * DAY_MS, 6 * HOUR_MS, 1.0),
)
"""The workbook's: 2 % of a month's budget in an hour, 5 % in six hours, 10 % in three days."""

SLOW_NOW = "p95"
"""Beside the burn rates: the 95th percentile of the last five minutes passed the alert bar."""

SLOW_NOW_MS = 5 * MINUTE_MS

URGENCY = ("fast", SLOW_NOW, "steady", "slow")
"""The rules from the most urgent on: one incident makes several of them fire."""


class Burn(msgspec.Struct, frozen=True):
    """How a rule stands: the rates of its long and short window, and whether it fires."""

    rule: str
    long: float
    short: float
    firing: bool


def burn_rate(counts: Counts, objective: float) -> float:
    """How many times as fast as allowed the budget is used; 0 without changes.

    >>> burn_rate(Counts(1_000, 5), 0.999)
    5.0
    """
    if not counts.total:
        return 0.0
    return round(counts.bad / counts.total / (1 - objective), 6)


def burns(counts: Callable[[int], Counts], objective: float) -> tuple[Burn, ...]:
    """How every rule stands, given the counts of any window by its milliseconds."""
    return tuple(_burn(rule, counts, objective) for rule in RULES)


def slow_now(total: int, slow: int) -> bool:
    """Whether too many of the last minutes' changes took longer than the alert allows.

    >>> slow_now(100, 5), slow_now(100, 6), slow_now(2, 2)
    (False, True, False)
    """
    return slow >= ALERT_CHANGES_MIN and slow > total * SLOW_SHARE


def _burn(rule: BurnRule, counts: Callable[[int], Counts], objective: float) -> Burn:
    long, short = counts(rule.long_ms), counts(rule.short_ms)
    rates = burn_rate(long, objective), burn_rate(short, objective)
    firing = min(rates) >= rule.factor and long.bad >= ALERT_CHANGES_MIN
    return Burn(rule.name, *rates, firing)
