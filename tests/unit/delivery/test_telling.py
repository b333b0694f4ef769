"""Changes told as events: each or what they came to, entries only, and never twice."""

from __future__ import annotations

from ebbline.delivery import Feed, fold, plan
from ebbline.delivery.limits import CHANGES_WAITING_MAX
from tests.unit.delivery.lanes import Ledger, answer, make_lane

NET = Feed("vip", "audience", "audience:vip", mode="event")
EVERY = Feed("vip", "audience", "audience:vip", mode="event", every=True)
ENTRIES = Feed("vip", "audience", "audience:vip", mode="trigger", only="entries")
EXITS = Feed("vip", "audience", "audience:vip", mode="event", every=True, only="exits")


def told(lane, now_ms=0):
    return [
        (value.key, value.value) for send in plan(lane, now_ms) for item in send.items
        for value in item.values
    ]  # fmt: skip


def deliver(lane, now_ms=0):
    """Send everything; what it said."""
    found = []
    for _ in range(10):
        sends = plan(lane, now_ms)
        for send in sends:
            found += [value.value for item in send.items for value in item.values]
            answer(lane, send, "done", now_ms=now_ms)
        if not sends:
            return found
    raise AssertionError("it goes on and on")


def test_net_changes_are_told_as_what_they_came_to():
    ledger = Ledger(make_lane(feeds=(NET,)))
    ledger.enter(1)
    ledger.leave(1)
    ledger.enter(1)
    assert deliver(ledger.lane) == [True]
    ledger.leave(1)
    ledger.enter(1)
    assert deliver(ledger.lane) == []


def test_every_change_is_told_in_order_and_then_forgotten():
    ledger = Ledger(make_lane(feeds=(EVERY,)))
    for _ in range(2):
        ledger.enter(1)
        ledger.leave(1)
    assert deliver(ledger.lane) == [True, False, True, False]
    (person,) = ledger.lane.people.values()
    assert set(person.cells) == {"vip"}
    ledger.enter(1)
    assert deliver(ledger.lane) == [True]


def test_rows_folded_anew_are_not_told_anew():
    ledger = Ledger(make_lane(feeds=(EVERY,)))
    rows = [ledger.enter(1), ledger.leave(1)]
    assert deliver(ledger.lane) == [True, False]
    for row in rows:
        fold(ledger.lane, row, ledger.where, 0)
    assert deliver(ledger.lane) == []


def test_only_entries():
    ledger = Ledger(make_lane(feeds=(ENTRIES,)))
    ledger.enter(1)
    assert deliver(ledger.lane) == [True]
    ledger.leave(1)
    assert deliver(ledger.lane) == []
    ledger.enter(1)
    assert deliver(ledger.lane) == [True]


def test_only_exits_and_each_of_them():
    ledger = Ledger(make_lane(feeds=(EXITS,)))
    for _ in range(3):
        ledger.enter(1)
        ledger.leave(1)
    assert deliver(ledger.lane) == [False, False, False]


def test_what_was_before_the_sync_is_history():
    for feed in (NET, EVERY):
        ledger = Ledger(make_lane(feeds=(feed,)))
        ledger.lane.tells_from = {"vip": 2}
        ledger.enter(1)
        ledger.enter(2)
        ledger.leave(1)
        assert deliver(ledger.lane) == [False]
        assert all(not cell.dead for p in ledger.lane.people.values() for cell in p.cells.values())


def test_a_move_tells_nothing_twice_and_loses_nothing():
    ledger = Ledger(make_lane(feeds=(EVERY,)))
    ledger.enter(1)
    assert deliver(ledger.lane) == [True]
    ledger.leave(1)
    ledger.names[1] = Ledger(ledger.lane).where(9)
    ledger.row(1, 4, "user_id", "u9")
    assert deliver(ledger.lane) == [False]


def test_who_flips_without_end_waits_within_bounds():
    ledger = Ledger(make_lane(feeds=(EVERY,)))
    for _ in range(CHANGES_WAITING_MAX):
        ledger.enter(1)
        ledger.leave(1)
    (person,) = ledger.lane.people.values()
    assert len(person.cells) == CHANGES_WAITING_MAX + 1
    assert f"vip#{ledger.seq}" in person.cells
