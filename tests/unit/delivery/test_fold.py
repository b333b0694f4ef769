"""The map: newest desired values, and people who change address."""

from __future__ import annotations

import pytest

from ebbline.delivery import Address, plan
from ebbline.delivery.ledger import LINKED, MERGED, RESTORED, SUPPRESSED
from tests.unit.delivery.lanes import Ledger, answer, make_lane, sent, user


@pytest.fixture
def lane():
    return make_lane()


@pytest.fixture
def ledger(lane):
    return Ledger(lane)


def deliver(lane, now_ms=0):
    """Send all there is and have it accepted."""
    said = []
    while sends := plan(lane, now_ms):
        said += sent(sends)
        for send in sends:
            answer(lane, send, "done", now_ms=now_ms)
    return said


def test_in_out_in_says_it_once(lane, ledger):
    ledger.enter(1)
    ledger.leave(1)
    ledger.enter(1)
    assert deliver(lane) == [{"external_id:u1": {"vip": True}}]


def test_in_and_out_again_says_nothing(lane, ledger):
    ledger.enter(1)
    ledger.leave(1)
    assert deliver(lane) == []


def test_out_and_in_again_says_nothing_to_who_knows(lane, ledger):
    ledger.enter(1)
    deliver(lane)
    ledger.leave(1)
    ledger.enter(1)
    assert deliver(lane) == []


def test_one_object_for_all_fields_of_a_person(lane, ledger):
    ledger.score(1, 80)
    ledger.enter(1)
    ledger.enter(1, "churn")
    assert deliver(lane) == [{"external_id:u1": {"score": 80, "vip": True, "churn": True}}]


def test_an_entry_that_a_group_suppresses_is_no_membership(lane, ledger):
    ledger.row(1, 1, "vip", 0)
    assert deliver(lane) == []
    ledger.row(1, RESTORED, "vip", 1)
    assert deliver(lane) == [{"external_id:u1": {"vip": True}}]
    ledger.row(1, SUPPRESSED, "vip", 0)
    assert deliver(lane) == [{"external_id:u1": {"vip": False}}]


def test_small_changes_of_a_trait_add_up(lane, ledger):
    ledger.score(1, 80)
    assert deliver(lane) == [{"external_id:u1": {"score": 80}}]
    ledger.score(1, 84.9)
    assert deliver(lane) == []
    ledger.score(1, 85)
    assert deliver(lane) == [{"external_id:u1": {"score": 85}}]
    ledger.score(1, None)
    assert deliver(lane) == [{"external_id:u1": {"score": None}}]


def test_definitions_that_are_not_synced_go_nowhere(lane, ledger):
    ledger.enter(1, "loyal")
    assert not lane.people
    assert deliver(lane) == []


def test_folding_again_changes_nothing(lane, ledger):
    ledger.enter(1)
    deliver(lane)
    ledger.seq = 0
    ledger.enter(1)
    assert deliver(lane) == []


def test_who_has_no_name_there_waits_for_one(lane, ledger):
    ledger.names[1] = None
    ledger.enter(1)
    assert deliver(lane) == []
    ledger.names[1] = user("ana")
    ledger.row(1, LINKED, "user_id", "ana")
    assert deliver(lane) == [{"external_id:ana": {"vip": True}}]


def test_a_device_that_logs_in_is_closed_and_the_user_told_everything(lane, ledger):
    device = Address("user_alias", "a1")
    ledger.names[1] = device
    ledger.enter(1)
    ledger.score(1, 70)
    deliver(lane)
    ledger.names[1] = user("ana")
    ledger.row(1, LINKED, "user_id", "ana")
    assert deliver(lane) == [
        {"user_alias:a1": {"vip": False}, "external_id:ana": {"score": 70, "vip": True}}
    ]
    ledger.leave(1)
    assert deliver(lane) == [{"external_id:ana": {"vip": False}}]


def test_a_merge_closes_the_one_who_is_gone(lane, ledger):
    ledger.names |= {1: user("ana"), 2: Address("user_alias", "a2")}
    ledger.enter(1)
    ledger.enter(2, "churn")
    deliver(lane)
    ledger.names[2] = None
    ledger.row(2, MERGED, "", 1)
    ledger.enter(1, "churn")
    assert deliver(lane) == [
        {"user_alias:a2": {"churn": False}, "external_id:ana": {"churn": True}}
    ]


def test_a_merge_whose_winner_takes_over_the_address(lane, ledger):
    ledger.names |= {1: None, 2: Address("user_alias", "a2")}
    ledger.enter(1)
    ledger.enter(2, "churn")
    deliver(lane)
    ledger.names |= {1: Address("user_alias", "a2"), 2: None}
    ledger.row(2, MERGED, "", 1)
    assert deliver(lane) == [{"user_alias:a2": {"churn": False, "vip": True}}]


def test_an_answer_in_flight_does_not_hide_a_closing(lane, ledger):
    ledger.names[1] = Address("user_alias", "a1")
    ledger.enter(1)
    (send,) = plan(lane, 0)
    ledger.names[1] = user("ana")
    ledger.row(1, LINKED, "user_id", "ana")
    answer(lane, send, "done")
    said = {name: values for one in deliver(lane) for name, values in one.items()}
    assert said == {"user_alias:a1": {"vip": False}, "external_id:ana": {"vip": True}}
