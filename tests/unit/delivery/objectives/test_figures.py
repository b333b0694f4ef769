"""Percentiles, shares, budgets and the slow stage, out of what was counted."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from ebbline.definitions.plan import SloDef
from ebbline.delivery.objectives import (
    Tally,
    Times,
    levels_of,
    merged,
    percentile,
    slot_of,
    slowest,
    stage_ms,
)
from ebbline.delivery.objectives.latency import bounds_of

SLO = SloDef()
LATENCIES = st.lists(st.integers(0, 10**9), min_size=1, max_size=200)


def slots(latencies):
    found = {}
    for ms in latencies:
        found[slot_of(ms)] = found.get(slot_of(ms), 0) + 1
    return found


def tally_of(latencies, dead=0, retried=0, wait_ms=0):
    """Delivered changes with these latencies, all spent in the queue but for a retry."""
    made = Tally(dead=dead)
    for number, ms in enumerate(latencies):
        made.deliver(first_try=number >= retried)
        made.time(Times(0, 0, ms - wait_ms, ms, ms), SLO.latency_alert_ms, SLO.latency_objective_ms)
    return made


@given(st.integers(0, 8_640_000_000))
def test_a_slot_holds_its_latency_and_is_narrow(ms):
    low, high = bounds_of(slot_of(ms))
    assert low <= ms < high
    assert high - low <= max(1, low / 8)


@given(st.integers(0, 10**9))
def test_slots_rise_with_the_latency(ms):
    assert slot_of(ms) <= slot_of(ms + 1) <= slot_of(ms) + 1


@given(LATENCIES, st.sampled_from([0.5, 0.95, 0.99]))
def test_a_percentile_is_the_sorted_lists_one_within_a_sixteenth(latencies, share):
    exact = sorted(latencies)[math.ceil(share * len(latencies)) - 1]
    assert abs(percentile(slots(latencies), share) - exact) <= exact / 16


@given(LATENCIES, st.integers(0, 200))
def test_buckets_that_are_added_say_what_one_bucket_would(latencies, cut):
    parts = merged([tally_of(latencies[:cut]), tally_of(latencies[cut:])])
    assert parts == tally_of(latencies)


def test_a_thousand_changes_of_which_one_was_late_use_the_budget_up():
    found = levels_of(tally_of([1_000] * 999 + [130_000]), SLO)
    assert (found.within_objective, found.latency_burn, found.latency_left) == (0.999, 1.0, 0.0)


def test_what_takes_exactly_the_objective_is_in_time():
    found = levels_of(tally_of([120_000, 120_001]), SLO)
    assert (found.within_objective, found.within_alert) == (0.5, 0.0)


def test_success_counts_what_was_laid_aside_and_not_what_was_overtaken():
    tally = tally_of([50] * 98, dead=2, retried=10)
    tally.overtaken = 30
    found = levels_of(tally, SLO)
    assert (found.changes, found.final, found.first_try) == (100, 0.98, 0.88)
    assert found.success_left == -19.0


def test_history_counts_as_delivered_and_has_no_latency():
    tally = Tally()
    tally.deliver(first_try=True)
    tally.history += 1
    found = levels_of(tally, SLO)
    assert (found.changes, found.final, found.p95_ms, found.within_objective) == (
        1,
        1.0,
        None,
        None,
    )


def test_without_changes_nothing_is_claimed():
    found = levels_of(Tally(), SLO)
    assert (found.final, found.first_try, found.p50_ms, found.slowest) == (None, None, None, "")
    assert (found.latency_left, found.success_left) == (1.0, 1.0)


def test_the_slow_stage_is_that_of_the_slow_changes():
    """Most time is spent in the queue, but what was late was late because of retries."""
    tally = tally_of([80_000] * 100)
    tally.add(tally_of([400_000] * 2, wait_ms=390_000))
    assert slowest(tally.stages) == "queue"
    assert levels_of(tally, SLO).slowest == "retry"


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5))
def test_stages_add_up_to_the_whole_time(instants):
    first, *_, last = times = sorted(instants)
    assert sum(stage_ms(Times(*times))) == last - first
