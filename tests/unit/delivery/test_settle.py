"""What follows from answers."""

from __future__ import annotations

import pytest

from ebbline.delivery import Quota, plan, revive, wake_at_ms
from ebbline.delivery.limits import GIVE_UP_MS
from tests.unit.delivery.lanes import LIMITS, Ledger, answer, make_lane, sent, user


@pytest.fixture
def lane():
    return make_lane()


@pytest.fixture
def ledger(lane):
    return Ledger(lane)


def cell(lane, name="u1", field="vip"):
    return lane.people[user(name)].cells[field]


def test_done(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    assert not cell(lane).sure
    answer(lane, send, "done")
    assert cell(lane).sure
    assert cell(lane).acked is True
    assert cell(lane).acked_version == 1
    assert plan(lane, 0) == []


def test_a_failure_waits_longer_each_time(lane, ledger):
    ledger.enter(1)
    waits, now_ms = [], 0
    for _ in range(4):
        (send,) = plan(lane, now_ms)
        answer(lane, send, "retry", now_ms=now_ms)
        waits.append(wake_at_ms(lane, now_ms) - now_ms)
        now_ms += waits[-1]
    assert waits == [500, 1_000, 2_000, 4_000]


def test_after_a_failure_the_newest_value_goes(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    ledger.leave(1)
    answer(lane, send, "retry")
    assert plan(lane, 0) == []
    # Braze may hold True by now, so False is not "nothing new".
    assert sent(plan(lane, 500)) == [{"external_id:u1": {"vip": False}}]


def test_what_never_left_may_net_to_nothing(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    ledger.leave(1)
    answer(lane, send, "unsent")
    assert plan(lane, 10_000) == []


def test_an_ambiguous_end_fences_the_person(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    answer(lane, send, "unknown", now_ms=30_000)
    ledger.leave(1, now_ms=31_000)
    ends_ms = 30_000 + LIMITS.request_ms_max
    assert plan(lane, ends_ms - 1) == []
    assert wake_at_ms(lane, ends_ms - 1) == ends_ms
    assert sent(plan(lane, ends_ms)) == [{"external_id:u1": {"vip": False}}]


def test_one_bad_object_does_not_keep_the_others(lane, ledger):
    for profile in (1, 2, 3):
        ledger.enter(profile)
    (send,) = plan(lane, 0)
    answer(lane, send, "done", "refused", "done")
    assert cell(lane, "u2").dead == "it was refused"
    assert cell(lane, "u2").dead_attempt == send.id
    assert plan(lane, 0) == []
    ledger.leave(2)
    ledger.enter(2)
    assert sent(plan(lane, 0)) == [{"external_id:u2": {"vip": True}}]


def test_a_bad_field_does_not_keep_the_others_of_a_person(lane, ledger):
    ledger.enter(1)
    ledger.enter(1, "churn")
    ledger.score(1, 80)
    said = []
    while sends := plan(lane, 0):
        said += sent(sends)
        bad = any("churn" in values for values in sent(sends)[0].values())
        answer(lane, sends[0], "refused" if bad else "done")
    assert said[-1] == {"external_id:u1": {"score": 80}}
    assert [cell(lane, "u1", field).dead for field in ("vip", "churn", "score")] == [
        "",
        "it was refused",
        "",
    ]


def test_an_unexplained_refusal_is_bisected(lane, ledger):
    for profile in (1, 2, 3):
        ledger.enter(profile)
    requests = 0
    while sends := plan(lane, 0):
        requests += len(sends)
        for send in sends:
            bad = any(item.address == user("u2") for item in send.items)
            answer(lane, send, "split" if bad else "done")
    assert cell(lane, "u2").dead
    assert cell(lane, "u1").acked is cell(lane, "u3").acked is True
    assert requests <= 5


def test_who_keeps_failing_is_sent_alone(lane, ledger):
    for profile in (1, 2, 3):
        ledger.enter(profile)
    now_ms = sizes = 0
    sizes = []
    for _ in range(5):
        sends = plan(lane, now_ms)
        sizes.append([len(send.items) for send in sends])
        for send in sends:
            answer(lane, send, "retry", now_ms=now_ms)
        lane.breaker.succeeded()
        now_ms += 300_000
    assert sizes[:3] == [[3], [3], [3]]
    assert sizes[3] == [1, 1]


def test_a_429_pauses_the_destination_until_it_said(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    answer(lane, send, "throttled", now_ms=100, retry_at_ms=2_000)
    ledger.enter(2, now_ms=100)
    assert plan(lane, 1_999) == []
    assert wake_at_ms(lane, 100) == 2_000
    assert sent(plan(lane, 2_000)) == [
        {"external_id:u1": {"vip": True}, "external_id:u2": {"vip": True}}
    ]
    assert lane.people[user("u1")].tries == 0


def test_a_used_up_quota_pauses_before_a_429(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    answer(lane, send, "done", quota=Quota(0, 3_000))
    ledger.enter(2)
    assert plan(lane, 2_999) == []
    assert len(plan(lane, 3_000)) == 1


def test_a_wrong_key_pauses_and_loses_nothing(lane, ledger):
    ledger.enter(1)
    ledger.enter(2)
    (send,) = plan(lane, 0)
    answer(lane, send, "misconfigured")
    assert lane.breaker.state == "open"
    assert lane.breaker.reason == "it was misconfigured"
    assert plan(lane, 59_999) == []
    assert wake_at_ms(lane, 0) == 60_000
    (probe,) = plan(lane, 60_000)
    assert probe.probe
    assert len(probe.items) == 1
    answer(lane, probe, "done", now_ms=60_000)
    assert lane.breaker.state == "closed"
    assert sent(plan(lane, 60_000)) == [{"external_id:u2": {"vip": True}}]


def test_gone_means_nothing_more(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    answer(lane, send, "gone")
    ledger.enter(2)
    assert plan(lane, 10**9) == []
    assert wake_at_ms(lane, 0) is None
    assert lane.breaker.state == "disabled"


def test_a_destination_that_is_down_is_probed_with_one_person(lane, ledger):
    for profile in range(1, 20):
        ledger.enter(profile)
    for _ in range(5):
        answer(lane, plan(lane, 0)[0], "unsent")
    assert lane.breaker.state == "open"
    assert plan(lane, 0) == []
    flying = list(lane.flights.values())
    for send in flying:
        answer(lane, send, "unsent")
    at_ms = lane.breaker.open_until_ms
    (probe,) = plan(lane, at_ms)
    assert len(probe.items) == 1
    assert plan(lane, at_ms) == []
    answer(lane, probe, "unsent", now_ms=at_ms)
    assert lane.breaker.open_until_ms > at_ms
    (probe,) = plan(lane, lane.breaker.open_until_ms)
    answer(lane, probe, "done", now_ms=lane.breaker.open_until_ms)
    assert lane.breaker.state == "closed"


def test_a_throttled_probe_is_followed_by_another(lane, ledger):
    ledger.enter(1)
    (send,) = plan(lane, 0)
    answer(lane, send, "misconfigured")
    (probe,) = plan(lane, 60_000)
    answer(lane, probe, "throttled", now_ms=60_000, retry_at_ms=70_000)
    assert wake_at_ms(lane, 60_000) == 70_000
    assert plan(lane, 70_000)[0].probe


def test_after_a_day_of_failures_a_value_is_laid_aside(lane, ledger):
    ledger.enter(1)
    now_ms = 0
    while not cell(lane).dead:
        (send,) = plan(lane, now_ms)
        lane.breaker.succeeded()  # others get through
        answer(lane, send, "retry", now_ms=now_ms)
        now_ms = max(now_ms + 1, wake_at_ms(lane, now_ms) or 0)
        assert now_ms < 2 * GIVE_UP_MS
    assert now_ms >= GIVE_UP_MS
    assert cell(lane).dead == "no success in 24 hours; last: it was retry"
    assert plan(lane, now_ms + GIVE_UP_MS) == []
    revive(lane, user("u1"), "vip", now_ms)
    assert sent(plan(lane, now_ms + 300_000)) == [{"external_id:u1": {"vip": True}}]


def test_an_outage_of_days_lays_nothing_aside(lane, ledger):
    ledger.enter(1)
    now_ms = 0
    while now_ms < 3 * GIVE_UP_MS:
        for send in plan(lane, now_ms):
            answer(lane, send, "unsent", now_ms=now_ms)
        now_ms = max(now_ms + 1, wake_at_ms(lane, now_ms))
    assert not cell(lane).dead
