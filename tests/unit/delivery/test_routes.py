"""Kinds of requests, handles, urgent fields, consents, pauses, days, errands."""

from __future__ import annotations

import itertools

import msgspec

from ebbline.delivery import Address, Feed, Lane, Outcome, Reply, plan, settle, wake_at_ms
from ebbline.delivery.ledger import LINKED, TRAIT
from ebbline.delivery.limits import DAY_MS
from tests.unit.delivery.lanes import LIMITS, Blank, Ledger, answer, make_lane, sent, user

LISTS = (
    Feed("vip", "audience", "audience:vip", mode="list"),
    Feed("churn", "audience", "audience:churn"),
)


class Vendor:
    """Attributes go to one door, a list to another that wants the vendor's own id."""

    def route(self, address, handle, feed, value, /):
        if feed.kind == "errand":
            return "join"
        if feed.mode != "list":
            return "contacts"
        return f"list:{feed.field}" if handle else "handle"

    def follows(self, old, new, /):
        return old.kind == "alias" and new.kind == "external_id"


def lane_of(feeds=LISTS, limits=LIMITS):
    return Lane("d", limits, feeds, Blank(), itertools.count(1), lambda: 0.5, Vendor())


def test_a_request_holds_one_route_and_a_handle_is_learned_first():
    ledger = Ledger(lane_of())
    ledger.enter(1)
    ledger.enter(1, "churn")
    first, second = [], []
    (send,) = plan(ledger.lane, 0)
    first = send.route, sent([send])
    settle(ledger.lane, send.id, Reply((Outcome("again"),), handles=("51",)), 0)
    routes = []
    while sends := plan(ledger.lane, 0):
        for send in sends:
            routes.append((send.route, send.items[0].handle, sent([send])[0]["external_id:u1"]))
            answer(ledger.lane, send, "done")
    assert first == ("handle", [{"external_id:u1": {"vip": True}}])
    assert routes == [("list:vip", "51", {"vip": True}), ("contacts", "51", {"churn": True})]
    assert not second


def test_a_handle_that_is_gone_is_learned_anew_but_not_without_end():
    ledger = Ledger(lane_of())
    ledger.enter(1)
    requests = now_ms = 0
    while now_ms < 60_000:
        for send in plan(ledger.lane, now_ms):
            requests += 1
            learned = "51" if send.route == "handle" else ""
            settle(ledger.lane, send.id, Reply((Outcome("again"),), handles=(learned,)), now_ms)
        now_ms += 100
    assert 4 < requests < 40


def test_objects_of_a_route_have_a_limit_of_their_own():
    limits = msgspec.structs.replace(LIMITS, route_objects={"list": 2, "contacts": 3})
    ledger = Ledger(lane_of(limits=limits))
    for profile in range(1, 6):
        ledger.enter(profile)
        ledger.lane.people[user(f"u{profile}")].handle = str(profile)
    assert [len(send.items) for send in plan(ledger.lane, 0)] == [2, 2]


def test_urgent_fields_go_first():
    feeds = (
        Feed("vip", "audience", "audience:vip", urgent=True),
        Feed("churn", "audience", "audience:churn"),
    )
    ledger = Ledger(make_lane(feeds=feeds))
    for profile in range(1, 6):
        ledger.enter(profile, "churn")
    ledger.enter(9)
    (first, *_) = plan(ledger.lane, 0)
    assert str(first.items[0].address) == "external_id:u9"


def consented(feeds=None):
    feeds = feeds or (Feed("vip", "audience", "audience:vip", purposes=("ads",)),)
    return Ledger(make_lane(feeds=feeds))


def test_nothing_leaves_without_consent_and_a_withdrawal_takes_it_back():
    ledger = consented()
    ledger.enter(1)
    assert plan(ledger.lane, 0) == []
    ledger.row(1, TRAIT, "$consent.ads", True)
    (send,) = plan(ledger.lane, 0)
    assert sent([send]) == [{"external_id:u1": {"vip": True}}]
    answer(ledger.lane, send, "done")
    ledger.row(1, TRAIT, "$consent.ads", False)
    (send,) = plan(ledger.lane, 0)
    assert sent([send]) == [{"external_id:u1": {"vip": False}}]
    answer(ledger.lane, send, "done")
    ledger.row(1, TRAIT, "$consent.ads", True)
    assert sent(plan(ledger.lane, 0)) == [{"external_id:u1": {"vip": True}}]


def test_a_consent_moves_with_the_person_and_with_nobody_else():
    ledger = consented()
    ledger.names[1] = Address("alias", "a1")
    ledger.row(1, TRAIT, "$consent.ads", True)
    ledger.enter(1)
    ledger.names[1] = user("ana")
    ledger.row(1, LINKED, "user_id", "ana")
    assert sent(plan(ledger.lane, 0)) == [{"external_id:ana": {"vip": True}}]
    ledger.names[2] = Address("alias", "a1")
    ledger.enter(2)
    assert plan(ledger.lane, 0) == []


def test_a_pause_lets_nothing_leave_and_names_no_instant():
    ledger = Ledger(make_lane())
    ledger.enter(1)
    ledger.lane.paused = True
    assert plan(ledger.lane, 0) == []
    assert wake_at_ms(ledger.lane, 0) is None
    ledger.leave(1)
    ledger.enter(1, "churn")
    ledger.lane.paused = False
    assert sent(plan(ledger.lane, 0)) == [{"external_id:u1": {"churn": True}}]


def test_a_day_has_its_requests():
    limits = msgspec.structs.replace(LIMITS, objects_max=1, concurrency=9, requests_a_day=4,
                                     day_offset_ms=3_600_000)  # fmt: skip
    ledger = Ledger(make_lane(limits))
    for profile in range(1, 7):
        ledger.enter(profile)
    now_ms = 5 * DAY_MS
    assert len(plan(ledger.lane, now_ms)) == 4
    next_ms = wake_at_ms(ledger.lane, now_ms)
    assert next_ms == 5 * DAY_MS + 3_600_000
    assert len(plan(ledger.lane, next_ms)) == 2


def test_an_answer_that_ends_the_day_is_believed_for_longer_than_another():
    for over, most_ms in ((False, 3_600_000), (True, 20_000_000)):
        ledger = Ledger(make_lane())
        ledger.enter(1)
        (send,) = plan(ledger.lane, 0)
        reply = Reply((Outcome("throttled"),), retry_at_ms=20_000_000, day_over=over)
        settle(ledger.lane, send.id, reply, 0)
        assert ledger.lane.pace.blocked_until_ms == most_ms


def test_an_expired_session_is_no_failure():
    ledger = Ledger(make_lane())
    ledger.enter(1)
    for _ in range(9):
        (send,) = plan(ledger.lane, 0)
        answer(ledger.lane, send, "expired")
    assert ledger.lane.breaker.state == "closed"
    assert ledger.lane.people[user("u1")].tries == 0


def test_an_address_left_behind_is_closed_and_then_joined():
    ledger = Ledger(lane_of((LISTS[1],)))
    ledger.names[1] = Address("alias", "a1")
    ledger.enter(1, "churn")
    (send,) = plan(ledger.lane, 0)
    answer(ledger.lane, send, "done")
    ledger.names[1] = user("ana")
    ledger.row(1, LINKED, "user_id", "ana")
    said = []
    while sends := plan(ledger.lane, 0):
        for send in sends:
            said.append((send.route, sent([send])[0]))
            answer(ledger.lane, send, "done")
    assert said[0] == (
        "contacts",
        {"alias:a1": {"churn": False}, "external_id:ana": {"churn": True}},
    )
    assert said[1:] == [("join", {"alias:a1": {"$follow": "external_id:ana"}})]
