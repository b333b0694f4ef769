"""Service levels of delivery: how fast and how surely changes reach a destination. Pure.

A change is one version of one field of one person at one destination. It is counted once, when
its fate is known: delivered, laid aside, or overtaken by a newer value. Counts lie in buckets of
time; percentiles, shares, budgets, burn rates and the slow stage all follow from buckets.
"""

from ebbline.delivery.objectives.alarms import Alarm, Notice, step
from ebbline.delivery.objectives.burning import (
    INDICATORS,
    RULES,
    Burn,
    BurnRule,
    Counts,
    burn_rate,
    burns,
)
from ebbline.delivery.objectives.fates import Fate, acknowledged, fates
from ebbline.delivery.objectives.history import Came, Span, captured_ms, in_spans
from ebbline.delivery.objectives.latency import percentile, slot_of
from ebbline.delivery.objectives.levels import Levels, counts_of, levels_of
from ebbline.delivery.objectives.stages import STAGES, Times, slowest, stage_ms
from ebbline.delivery.objectives.tally import Tally, merged
from ebbline.delivery.objectives.waiting import Waiting, waiting

__all__ = [
    "INDICATORS",
    "RULES",
    "STAGES",
    "Alarm",
    "Burn",
    "BurnRule",
    "Came",
    "Counts",
    "Fate",
    "Levels",
    "Notice",
    "Span",
    "Tally",
    "Times",
    "Waiting",
    "acknowledged",
    "burn_rate",
    "burns",
    "captured_ms",
    "counts_of",
    "fates",
    "in_spans",
    "levels_of",
    "merged",
    "percentile",
    "slot_of",
    "slowest",
    "stage_ms",
    "step",
    "waiting",
]
