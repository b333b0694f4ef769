"""Burn rates and alarms: the workbook's table, and every notice once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ebbline.delivery.objectives import RULES, Alarm, Counts, burn_rate, burns, step
from ebbline.delivery.objectives.burning import slow_now
from ebbline.delivery.objectives.limits import QUIET_MS

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ALARM = Alarm("braze", "latency", "fast", "firing", 0)


def firing(rates, total=100_000):
    """The rules that fire when windows burn at these rates, by their length."""
    return [
        burn.rule
        for burn in burns(lambda ms: Counts(total, round(rates[ms] * total / 1_000)), 0.999)
        if burn.firing
    ]


def at_rate(rate):
    return {ms: rate for rule in RULES for ms in (rule.long_ms, rule.short_ms)}


def test_the_windows_and_rates_are_the_workbooks():
    assert [(rule.long_ms, rule.short_ms, rule.factor) for rule in RULES] == [
        (HOUR, 5 * MINUTE, 14.4),
        (6 * HOUR, 30 * MINUTE, 6.0),
        (3 * DAY, 6 * HOUR, 1.0),
    ]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0.99, []),
        (1.0, ["slow"]),
        (5.99, ["slow"]),
        (6.0, ["steady", "slow"]),
        (14.39, ["steady", "slow"]),
        (14.4, ["fast", "steady", "slow"]),
        (1_000, ["fast", "steady", "slow"]),
    ],
)
def test_a_steady_rate_fires_the_rules_it_passes(rate, expected):
    assert firing(at_rate(rate)) == expected


def test_a_short_window_that_has_recovered_ends_the_alert():
    assert firing(at_rate(20) | {5 * MINUTE: 0}) == ["steady", "slow"]


def test_a_peak_that_has_not_lasted_fires_nothing():
    rates = at_rate(0.5) | {5 * MINUTE: 500, 30 * MINUTE: 100}
    assert firing(rates) == []


@pytest.mark.parametrize(("bad", "fires"), [(2, False), (3, True)])
def test_two_failures_are_no_trend(bad, fires):
    found = burns(lambda _: Counts(10, bad), 0.999)
    assert [burn.firing for burn in found] == [fires] * 3


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.sampled_from([0.9, 0.99, 0.999]))
def test_a_rate_of_one_uses_exactly_the_budget(total, bad, objective):
    rate = burn_rate(Counts(total, min(bad, total)), objective)
    assert rate == pytest.approx(min(bad, total) / (total * (1 - objective)), abs=1e-5)


def test_the_alert_bar_is_about_the_95th_percentile():
    assert not slow_now(1_000, 50)
    assert slow_now(1_000, 51)
    assert not slow_now(0, 0)


class Watch:
    """An alarm looked at again and again."""

    def __init__(self):
        self.alarm, self.told = None, []

    def look(self, minute, holds, silenced=False):
        self.alarm, notice = step(self.alarm, ALARM, holds, minute * MINUTE, silenced=silenced)
        if notice is not None:
            self.told.append((minute, notice.what))
        return self.alarm.state if self.alarm else None


def test_a_fire_and_its_end_are_told_once():
    watch = Watch()
    states = [watch.look(minute, 3 <= minute < 7) for minute in range(20)]
    assert watch.told == [(3, "firing"), (12, "resolved")]
    assert states[2:4] == [None, "firing"]
    assert states[11:13] == ["firing", "resolved"]
    assert watch.alarm.since_ms == 3 * MINUTE


def test_a_condition_that_hovers_is_one_fire():
    watch = Watch()
    for minute in range(60):
        watch.look(minute, minute % 3 == 0 and minute < 40)
    assert watch.told == [(0, "firing"), (45, "resolved")]


def test_a_silenced_fire_is_told_when_the_silence_ends_and_it_still_burns():
    watch = Watch()
    assert watch.look(0, True, silenced=True) == "silenced"
    assert watch.look(1, True, silenced=True) == "silenced"
    assert watch.look(2, True) == "firing"
    assert watch.told == [(2, "firing")]
    assert watch.alarm.since_ms == 0


def test_a_fire_that_began_and_ended_in_silence_is_never_told():
    watch = Watch()
    for minute in range(20):
        watch.look(minute, minute < 3, silenced=minute < 12)
    assert (watch.told, watch.alarm.state) == ([], "resolved")


def test_the_end_of_a_fire_that_was_told_is_told_in_silence_too():
    watch = Watch()
    watch.look(0, True)
    for minute in range(1, 12):
        watch.look(minute, False, silenced=True)
    assert [what for _, what in watch.told] == ["firing", "resolved"]


def test_what_begins_under_a_more_urgent_alarm_is_never_told():
    covered, notice = step(None, ALARM, True, 0, covered=True)
    assert (covered.state, notice) == ("covered", None)
    standing, notice = step(covered, ALARM, True, MINUTE)
    assert (standing.state, notice) == ("covered", None)
    waning, _ = step(standing, ALARM, False, 2 * MINUTE)
    over, notice = step(waning, ALARM, False, 2 * MINUTE + QUIET_MS)
    assert (over.state, notice) == ("resolved", None)
    assert step(over, ALARM, True, HOUR)[1].what == "firing"


def test_a_fire_that_was_told_stays_told_when_a_more_urgent_one_joins():
    fire, _ = step(None, ALARM, True, 0)
    assert step(fire, ALARM, True, MINUTE, covered=True) == (fire, None)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=80))
def test_notices_take_turns_and_a_resolved_alarm_was_quiet(looks):
    watch = Watch()
    for minute, (holds, silenced) in enumerate(looks):
        watch.look(minute, holds, silenced)
    words = [what for _, what in watch.told]
    assert words == ["firing", "resolved"] * (len(words) // 2) + ["firing"] * (len(words) % 2)
    for minute, what in watch.told:
        if what == "resolved":
            quiet = looks[minute - QUIET_MS // MINUTE : minute + 1]
            assert not any(holds for holds, _ in quiet)
