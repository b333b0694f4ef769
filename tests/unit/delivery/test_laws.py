"""Whatever happens in whatever order: the lane's books agree with themselves."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from ebbline.delivery import Lane, pending, plan, wake_at_ms
from ebbline.delivery.breaker import Breaker
from ebbline.delivery.pace import Pace
from ebbline.delivery.retry import backoff_ms
from ebbline.delivery.send import Limits
from tests.unit.delivery.lanes import FEEDS, Blank, Ledger, answer

VERDICTS = ["done", "retry", "unsent", "unknown", "refused", "split", "throttled", "misconfigured"]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.integers(1, 6), st.sampled_from(["vip", "churn"])),
        st.tuples(st.just("leave"), st.integers(1, 6), st.sampled_from(["vip", "churn"])),
        st.tuples(st.just("wait"), st.integers(0, 120_000), st.just("")),
        st.tuples(st.just("answer"), st.integers(0, 5), st.sampled_from(VERDICTS)),
    ),
    max_size=60,
)


def books_agree(lane: Lane, now_ms: int) -> None:
    flying = [item.address for send in lane.flights.values() for item in send.items]
    assert len(flying) == len(set(flying)), "two requests about one person"
    for address, person in lane.people.items():
        places = [address in lane.ready, address in lane.timers, address in flying]
        assert sum(places) <= 1
        assert bool(person.sending) == places[2]
        if pending(person, lane.feeds):
            assert any(places), "somebody with work is forgotten"
    if lane.ready and not lane.flights:
        assert wake_at_ms(lane, now_ms) is not None


@given(steps, st.sampled_from(["people", "fields"]), st.integers(1, 4), st.integers(0, 100))
def test_books(script, counts, objects, linger_ms):
    limits = Limits(objects, counts, 10_000, 5, 1_000, 3, 30_000, 60_000, linger_ms)
    lane = Lane("d", limits, FEEDS, Blank(), itertools.count(1), lambda: 0.3)
    ledger, now_ms = Ledger(lane), 0
    for what, number, word in script:
        if what == "enter":
            ledger.enter(number, word, now_ms)
        elif what == "leave":
            ledger.leave(number, word, now_ms)
        elif what == "wait":
            now_ms += number
        elif lane.flights:
            send = list(lane.flights.values())[number % len(lane.flights)]
            answer(lane, send, word, now_ms=now_ms)
        for send in plan(lane, now_ms):
            assert 1 <= len(send.items) <= objects
        books_agree(lane, now_ms)
    rest(lane, now_ms)


def rest(lane: Lane, now_ms: int) -> None:
    """Once everything is accepted, everything is said: no step is ever missed."""
    for _ in range(500):
        for send in list(lane.flights.values()):
            answer(lane, send, "done", now_ms=now_ms)
        if plan(lane, now_ms) or lane.flights:
            continue
        wake_ms = wake_at_ms(lane, now_ms)
        if wake_ms is None:
            break
        assert wake_ms > now_ms, "an alarm that rings for nothing rings for ever"
        now_ms = wake_ms
    assert not any(pending(person, lane.feeds) for person in lane.people.values())


@given(st.lists(st.integers(0, 400), max_size=80), st.integers(1, 9), st.integers(10, 3_000))
def test_pace_is_never_exceeded(gaps, requests, window_ms):
    pace, now_ms, taken = Pace(requests, window_ms), 0, []
    for gap in gaps:
        now_ms += gap
        if pace.take(now_ms):
            taken.append(now_ms)
        else:
            next_ms = pace.next_ms(now_ms)
            assert next_ms > now_ms
            assert pace.take(next_ms)
            now_ms = next_ms
            taken.append(now_ms)
    for start in taken:
        # A full bucket and a full refill may meet in one window, as with any token bucket.
        assert sum(start <= at < start + window_ms for at in taken) <= 2 * requests


@given(st.integers(1, 200), st.floats(0, 1, exclude_max=True))
def test_backoff_is_bounded(failures, jitter):
    assert 0 <= backoff_ms(failures, jitter) <= 300_000


@given(st.lists(st.sampled_from(["ok", "fail", "config", "probe"]), max_size=40))
def test_an_open_breaker_lets_one_probe_through(script):
    breaker, now_ms = Breaker(), 0
    for number, what in enumerate(script, 1):
        now_ms += 1_000
        if what == "ok":
            breaker.succeeded()
        elif what == "fail":
            breaker.failed(breaker.probe or number, now_ms, "down", 0.5)
        elif what == "config":
            breaker.misconfigured(now_ms, "key")
        elif breaker.open_until_ms and breaker.may_send(breaker.open_until_ms):
            breaker.probe = number
            assert not breaker.may_send(now_ms + 10**9)
        assert (breaker.state == "closed") == (breaker.open_until_ms == 0)
