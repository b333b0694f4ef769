"""What became of changes, over real lanes: tried, delivered, overtaken, laid aside, asserted
again; and which of them have a latency."""

from __future__ import annotations

from ebbline.delivery import plan, settle
from ebbline.delivery.ledger import ENTERED, LINKED
from ebbline.delivery.objectives import (
    Came,
    Span,
    acknowledged,
    captured_ms,
    fates,
    in_spans,
    waiting,
)
from ebbline.delivery.send import Outcome, Reply
from tests.unit.delivery.lanes import Ledger, make_lane, user


def ended(lane, send, verdict, now_ms, between=lambda: None):
    """What an answer makes of every change of a request, by person."""
    between()
    again = acknowledged(lane, send)
    reply = Reply((Outcome(verdict, verdict),) * len(send.items))
    settle(lane, send.id, reply, now_ms)
    return {fate.address.value: fate.end for fate in fates(lane, send, reply, again)}


def test_a_change_is_delivered_when_the_destination_says_so():
    lane = make_lane()
    Ledger(lane).enter(1)
    (send,) = plan(lane, 0)
    assert ended(lane, send, "done", 5) == {"u1": "delivered"}


def test_a_failure_leaves_it_open_and_the_retry_delivers_it():
    lane = make_lane()
    Ledger(lane).enter(1)
    (send,) = plan(lane, 0)
    assert ended(lane, send, "retry", 5) == {"u1": "open"}
    (send,) = plan(lane, 400_000)
    assert ended(lane, send, "done", 400_005) == {"u1": "delivered"}


def test_a_newer_value_overtakes_what_failed():
    lane = make_lane()
    ledger = Ledger(lane)
    ledger.score(1, 10)
    (send,) = plan(lane, 0)
    assert ended(lane, send, "retry", 5, lambda: ledger.score(1, 90)) == {"u1": "overtaken"}


def test_a_newer_value_does_not_overtake_what_arrived():
    lane = make_lane()
    ledger = Ledger(lane)
    ledger.score(1, 10)
    (send,) = plan(lane, 0)
    assert ended(lane, send, "done", 5, lambda: ledger.score(1, 90)) == {"u1": "delivered"}


def test_what_is_refused_is_dead():
    lane = make_lane()
    Ledger(lane).enter(1)
    (send,) = plan(lane, 0)
    assert ended(lane, send, "refused", 5) == {"u1": "dead"}


def test_a_version_that_was_acknowledged_before_is_no_change():
    lane = make_lane()
    Ledger(lane).enter(1)
    (send,) = plan(lane, 0)
    ended(lane, send, "done", 5)
    person = lane.find(user("u1"))
    person.cells["vip"].sure = False  # as a comparison with the destination does
    lane.enqueue(person, 10)
    (send,) = plan(lane, 10)
    assert ended(lane, send, "done", 15) == {}


def test_waiting_changes_are_seen_from_their_place_in_the_queue():
    lane = make_lane()
    ledger = Ledger(lane)
    ledger.enter(1, now_ms=1_000)
    ledger.enter(2, now_ms=5_000)
    assert [(w.address.value, w.source, w.version) for w in waiting(lane, 5_000)] == [
        ("u1", "audience:vip", 1)
    ]
    lane.paused = True
    assert list(waiting(lane, 5_000)) == []


def test_rows_from_before_a_sync_are_history():
    spans = [Span(0, 100, "vip"), Span(200, 210)]
    known = [("vip", 100), ("vip", 101), ("churn", 100), ("churn", 205), ("vip#7", 7)]
    assert [in_spans(spans, *each) for each in known] == [True, False, False, True, True]


def test_a_change_counts_from_its_own_instant_and_a_move_from_the_move():
    assert captured_ms(1_000, Came(ENTERED, 1_000, replayed=False)) == 1_000
    assert captured_ms(1_000, Came(LINKED, 90_000, replayed=False)) == 90_000


def test_what_a_file_replayed_or_nobody_knows_of_has_no_latency():
    assert captured_ms(1_000, Came(ENTERED, 1_000, replayed=True)) is None
    assert captured_ms(1_000, None) is None
