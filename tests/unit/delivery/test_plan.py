"""What leaves, and when."""

from __future__ import annotations

import msgspec

from ebbline.delivery import plan, wake_at_ms
from tests.unit.delivery.lanes import LIMITS, Ledger, answer, make_lane, sent


def lane_with(people, **limits):
    lane = make_lane(msgspec.structs.replace(LIMITS, **limits))
    ledger = Ledger(lane)
    for profile in range(1, people + 1):
        ledger.enter(profile)
    return lane, ledger


def test_batches_hold_as_many_people_as_the_vendor_takes():
    lane, _ = lane_with(5)
    assert [len(one) for one in sent(plan(lane, 0))] == [3, 2]


def test_no_more_requests_at_a_time_than_allowed():
    lane, _ = lane_with(9)
    first, second = plan(lane, 0)
    assert plan(lane, 0) == []
    assert wake_at_ms(lane, 0) is None
    answer(lane, first, "done")
    assert [len(one) for one in sent(plan(lane, 0))] == [3]
    answer(lane, second, "done")


def test_a_person_in_flight_waits_for_the_answer():
    lane, ledger = lane_with(1)
    (send,) = plan(lane, 0)
    ledger.leave(1)
    assert plan(lane, 0) == []
    answer(lane, send, "done")
    assert sent(plan(lane, 0)) == [{"external_id:u1": {"vip": False}}]


def test_bytes_bound_a_batch_but_never_stop_it():
    lane, _ = lane_with(3, bytes_max=500)
    assert [len(one) for one in sent(plan(lane, 0))] == [2, 1]
    lane, _ = lane_with(2, bytes_max=10)
    assert [len(one) for one in sent(plan(lane, 0))] == [1, 1]


def test_a_batch_that_is_not_full_waits_for_company():
    lane, ledger = lane_with(2, linger_ms=50)
    assert plan(lane, 49) == []
    assert wake_at_ms(lane, 49) == 50
    assert len(plan(lane, 50)) == 1
    for profile in (3, 4, 5):
        ledger.enter(profile, now_ms=60)
    assert len(plan(lane, 60)) == 1


def test_pace():
    lane, _ = lane_with(9, requests=2, window_ms=1_000, concurrency=10)
    assert len(plan(lane, 0)) == 2
    at_ms = wake_at_ms(lane, 0)
    assert 500 <= at_ms <= 502
    assert plan(lane, at_ms - 2) == []
    assert len(plan(lane, at_ms)) == 1


def test_fields_as_objects_are_cut_and_follow():
    lane, ledger = lane_with(1, objects_max=1, counts="fields")
    ledger.enter(1, "churn")
    (send,) = plan(lane, 0)
    assert sent([send]) == [{"external_id:u1": {"vip": True}}]
    assert plan(lane, 0) == []
    answer(lane, send, "done")
    assert sent(plan(lane, 0)) == [{"external_id:u1": {"churn": True}}]


def test_fields_as_objects_fill_an_array():
    lane, ledger = lane_with(2, objects_max=3, counts="fields")
    ledger.enter(1, "churn")
    ledger.enter(2, "churn")
    (send,) = plan(lane, 0)
    assert sent([send]) == [
        {"external_id:u1": {"vip": True, "churn": True}, "external_id:u2": {"vip": True}}
    ]


def test_nothing_to_do_means_no_alarm():
    lane = make_lane()
    assert plan(lane, 0) == []
    assert wake_at_ms(lane, 0) is None


def test_people_beyond_the_memory_limit_come_later(monkeypatch):
    monkeypatch.setattr("ebbline.delivery.lane.PEOPLE_RESIDENT_MAX", 4)
    lane, _ = lane_with(10, concurrency=1)
    assert len(lane.ready) == 4
    assert lane.spilled
    told = set()
    while len(told) < 10:
        memory = lane.memory
        memory.people |= {address: lane.people[address] for address in lane.touched}
        lane.written()
        assert len(lane.people) <= 4 + 3
        memory.people = {a: p for a, p in memory.people.items() if str(a) not in told}
        for send in plan(lane, 0):
            told |= {str(item.address) for item in send.items}
            answer(lane, send, "done")
    assert not lane.ready
