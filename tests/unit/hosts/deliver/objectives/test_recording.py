"""Every change is counted once: over failures, restarts, interruptions, revivals and history."""

from __future__ import annotations

import random

import apsw
import msgspec
import pytest

from ebbline.delivery import plan, revive
from tests.unit.delivery.lanes import user
from tests.unit.hosts.deliver.objectives.rig import HOUR, START_MS, Rig
from tests.unit.hosts.deliver.state_file import LINKED, StateFile


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_change_is_timed_from_its_instant_to_the_answer(rig):
    rig.enter(1, ago_ms=40)
    rig.later(100)
    rig.answer("done", after_ms=250)
    tally = rig.counted()
    assert (tally.delivered, tally.first_try, tally.in_objective) == (1, 1, 1)
    assert tally.stages == [40, 100, 0, 250]
    assert rig.levels().p50_ms == pytest.approx(390, rel=0.07)
    assert rig.counted("audience:vip") == tally


def test_time_lost_to_failures_is_the_retry_stage(rig):
    rig.enter(1)
    rig.answer("retry", after_ms=200)
    rig.later(60_000)
    rig.answer("retry", after_ms=200)
    rig.later(90_000)
    rig.answer("done", after_ms=300)
    tally = rig.counted()
    assert (tally.delivered, tally.first_try, tally.in_alert, tally.in_objective) == (1, 0, 0, 0)
    assert tally.stages == tally.slow == [0, 0, 150_400, 300]
    assert rig.levels().slowest == "retry"


def test_what_is_overtaken_after_a_try_is_no_failure(rig):
    rig.enter(1)
    rig.answer("retry")
    rig.ledger.leave(1, now_ms=rig.now_ms)
    rig.ledger.enter(1, now_ms=rig.now_ms)
    rig.later(60_000)
    rig.answer("done")
    tally = rig.counted()
    assert (tally.delivered, tally.first_try, tally.overtaken, tally.dead) == (1, 1, 1, 0)
    assert tally.in_objective == 1


def test_what_is_laid_aside_fails_and_is_not_counted_again_when_revived(rig):
    rig.enter(1)
    rig.answer("refused")
    assert rig.levels().final == 0.0
    revive(rig.lane, user("u1"), "vip", rig.now_ms)
    rig.later(HOUR // 2)
    rig.answer("done")
    tally = rig.counted()
    assert (tally.delivered, tally.dead, tally.revived, tally.timed) == (0, 1, 1, 0)


def test_a_restart_loses_nothing_and_counts_nothing_twice(tmp_path):
    rig = Rig(tmp_path)
    rig.enter(1)
    rig.answer("done", after_ms=10)
    rig.enter(2)
    rig.answer("retry")
    memory, clock, seq = rig.lane.memory, rig.clock, rig.ledger.seq
    rig.close()
    again = Rig(tmp_path, clock=clock)
    again.lane.memory, again.ledger.seq = memory, seq
    again.lane.find(user("u2"))
    again.later(30_000)
    again.lane.enqueue(again.lane.people[user("u2")], again.now_ms)
    again.answer("done")
    tally = again.counted()
    assert (tally.delivered, tally.first_try, tally.stages[2]) == (2, 1, 30_000)
    again.close()


def test_a_request_that_a_crash_cut_off_was_a_try(tmp_path):
    """The attempt's row is all that the crash has left."""
    rig = Rig(tmp_path)
    rig.enter(1)
    (send,) = plan(rig.lane, rig.now_ms)
    items = [{"address": "external_id:u1", "values": {"vip": True}, "versions": {"vip": 1}}]
    rig.store.db.execute(
        "INSERT INTO attempts (id, destination, state, attempt, people, changed_ms, queued_ms,"
        " sent_ms, items) VALUES (1, 1, 'sending', 1, 1, 0, 0, ?, ?)",
        (send.at_ms, msgspec.json.encode(items).decode()),
    )
    clock = rig.clock
    rig.close()
    again = Rig(tmp_path, clock=clock)
    again.enter(1)
    again.later(70_000)
    again.answer("done")
    tally = again.counted()
    assert (tally.delivered, tally.first_try, tally.stages[2]) == (1, 0, 70_000)
    again.close()


def test_what_a_new_sync_sends_of_the_past_has_no_latency(tmp_path):
    rig = Rig(tmp_path)
    for profile in range(1, 4):
        rig.enter(profile, ago_ms=90 * 86_400_000)
    with rig.store.db:
        rig.store.db.execute("DELETE FROM slo_spans")
        rig.begin(end=3)
    rig.enter(4)
    while rig.answer("done"):
        rig.later(1_000)
    tally = rig.counted()
    assert (tally.delivered, tally.history, tally.in_objective) == (4, 3, 1)


def test_what_a_new_version_changed_at_once_has_no_latency(tmp_path):
    state = StateFile(tmp_path / "state.db")
    rig = Rig(tmp_path)
    for profile in (1, 2, 3):
        state.enter(profile, "vip", START_MS)
    state.db.execute("UPDATE ledger SET log_offset = 7 WHERE seq < 3")
    with rig.store.db:
        rig.begin(end=3, plan_offset=7)
    for profile in (1, 2, 3):
        rig.enter(profile)
    rig.later(HOUR // 2)
    rig.answer("done")
    tally = rig.counted()
    assert (tally.delivered, tally.history, tally.timed, tally.in_objective) == (3, 2, 1, 0)
    rig.close()


def test_downtime_of_our_own_counts_and_imports_and_moves_do_not(tmp_path):
    day = 86_400_000
    state = StateFile(tmp_path / "state.db")
    state.db.execute("CREATE TABLE identifiers (type TEXT, value TEXT, profile INT)")
    log = apsw.Connection(str(tmp_path / "log.db"))
    log.execute("CREATE TABLE log (offset INTEGER PRIMARY KEY, now_ms INT, kind TEXT)")
    log.execute("INSERT INTO log VALUES (0, 0, 'events'), (9, 0, 'replayed')")
    rig = Rig(tmp_path)
    state.enter(1, "vip", START_MS - day)  # decided while deliver was down for a day
    state.enter(2, "vip", START_MS - day)  # imported from a file
    state.db.execute("UPDATE ledger SET log_offset = 9 WHERE seq = 2")
    state.row(3, LINKED, "", "user_id:u3", START_MS - 4_000)  # moved four seconds ago
    for profile in (1, 2, 3):
        rig.enter(profile, ago_ms=day)
    rig.answer("done")
    tally = rig.counted()
    assert (tally.delivered, tally.history, tally.timed) == (3, 1, 2)
    assert tally.stages[0] == day + 4_000
    rig.close()


def test_what_waited_for_a_pause_has_no_latency(rig):
    rig.lane.paused = True
    rig.enter(1)
    rig.look()
    rig.later(HOUR // 2)
    rig.lane.paused = False
    rig.look()
    rig.enter(2)
    rig.later(1)
    while rig.answer("done"):
        pass
    tally = rig.counted()
    assert (tally.delivered, tally.history, tally.in_objective) == (2, 1, 1)


def test_figures_can_be_scraped(rig):
    rig.enter(1, ago_ms=500)
    rig.answer("done", after_ms=500)
    rig.look()
    labels = {"source": "audience:vip", "outcome": "first_try"}
    assert rig.metric("ebbline_slo_changes_total", **labels) == 1
    assert rig.metric("ebbline_slo_latency_seconds_bucket", le="1.0") == 1
    assert rig.metric("ebbline_slo_stage_seconds_total", stage="decide") == 0.5
    assert rig.metric("ebbline_slo_budget_left", indicator="latency") == 1
    objective = rig.registry.get_sample_value("ebbline_slo_objective", {"what": "success_share"})
    assert objective == 0.999


def test_with_a_fifteenth_of_first_tries_failing_everything_arrives(rig):
    """6.64 % of requests for a person fail, at random, retries too: all changes arrive in the
    end, and the share of first tries says how the destination does."""
    draw = random.Random(7)
    people = 3_000
    for profile in range(1, people + 1):
        rig.enter(profile)
    while rig.counted().delivered < people:
        rig.later(200)
        if not rig.answer("", among=lambda _: "retry" if draw.random() < 0.0664 else "done"):
            rig.later(1_000)
            rig.look()
    found = rig.levels()
    assert found.final == 1.0
    assert found.first_try == pytest.approx(1 - 0.0664, abs=0.012)
    assert rig.store.db.execute("SELECT count(*) FROM slo_tried").fetchone() == (0,)


def test_buckets_are_thrown_away_when_they_are_old(rig):
    for _ in range(40):
        rig.enter(1)
        rig.answer("done")
        rig.ledger.leave(1, now_ms=rig.now_ms)
        rig.answer("done")
        rig.later(86_400_000)
    rows = dict(
        rig.store.db.execute(
            "SELECT width_ms, count(*) FROM slo_buckets WHERE source = '' GROUP BY 1"
        ).fetchall()
    )
    assert rows == {60_000: 1, HOUR: 36}
