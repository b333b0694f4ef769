"""Random changes, answers and restarts: every change that was ever sent is counted exactly once."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline.delivery import revive
from ebbline.delivery.objectives import RULES
from ebbline.delivery.objectives.limits import HOURS_KEPT_MS, MINUTES_KEPT_MS
from tests.unit.delivery.lanes import user
from tests.unit.hosts.deliver.objectives.rig import HOUR, Rig

VERDICTS = ["done", "done", "retry", "unsent", "refused", "throttled", "split", "unknown"]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("enter"), st.integers(1, 4)),
        st.tuples(st.just("leave"), st.integers(1, 4)),
        st.tuples(st.just("answer"), st.sampled_from(VERDICTS)),
        st.tuples(st.just("pass"), st.sampled_from([10, 1_000, 70_000, 400_000])),
        st.tuples(st.just("revive"), st.integers(1, 4)),
        st.tuples(st.just("restart"), st.just(0)),
    ),
    max_size=40,
)


class History:
    """A rig that can be started again, and every change it has ever sent."""

    def __init__(self, folder):
        self.folder = folder
        self.rig = Rig(folder)
        self.sent = set()

    def do(self, what, how):
        rig = self.rig
        match what:
            case "enter":
                rig.ledger.enter(how, now_ms=rig.now_ms)
            case "leave":
                rig.ledger.leave(how, now_ms=rig.now_ms)
            case "answer":
                rig.answer("", among=lambda item: self.note(item, how))
            case "pass":
                rig.later(how)
            case "revive":
                revive(rig.lane, user(f"u{how}"), "vip", rig.now_ms)
                rig.look()
            case "restart":
                self.restart()

    def note(self, item, verdict):
        self.sent |= {(item.address, value.field, value.version) for value in item.values}
        return verdict

    def restart(self):
        old = self.rig
        memory, clock, seq, breaker = old.lane.memory, old.clock, old.ledger.seq, old.lane.breaker
        memory.people.update(old.lane.people)
        old.look()
        old.close()
        self.rig = Rig(self.folder, clock=clock)
        self.rig.lane.memory, self.rig.ledger.seq = memory, seq
        self.rig.lane.breaker = breaker
        for address in list(memory.people):
            self.rig.lane.enqueue(self.rig.lane.find(address), self.rig.now_ms)

    def counted(self):
        return self.rig.counted(window_ms=24 * HOUR)

    def open(self):
        rows = self.rig.store.db.execute("SELECT count(*) FROM slo_tried WHERE NOT dead")
        return rows.fetchone()[0]


@given(STEPS)
@settings(deadline=None)
def test_every_change_that_was_sent_is_counted_once(steps):
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        for what, how in steps:
            history.do(what, how)
        tally = history.counted()
        ended = tally.delivered + tally.dead + tally.overtaken
        assert ended + history.open() == len(history.sent)
        assert tally.first_try <= tally.delivered
        assert tally.in_alert <= tally.in_objective <= tally.timed == sum(tally.latency.values())
        assert tally.revived <= tally.dead
        by_source = history.rig.counted("audience:vip", window_ms=24 * HOUR)
        assert by_source == tally
        history.rig.close()


@given(STEPS)
@settings(deadline=None)
def test_in_the_end_everything_is_delivered_or_laid_aside(steps):
    with tempfile.TemporaryDirectory() as folder:
        history = History(Path(folder))
        for what, how in steps:
            history.do(what, how)
        rig = history.rig
        for _ in range(30):
            rig.later(400_000)
            if not try_all(history):
                break
        tally = history.counted()
        stale = history.open()  # what failed, and then was taken back before it was tried again
        assert tally.delivered + tally.dead + tally.overtaken + stale == len(history.sent)
        waiting = [*rig.lane.ready, *rig.lane.timers, *rig.lane.flights]
        assert waiting == []
        rig.close()


def try_all(history):
    rig = history.rig
    sent = rig.answer("", among=lambda item: history.note(item, "done"))
    return sent or rig.lane.timers


def test_the_windows_of_the_rules_are_kept_long_enough():
    for rule in RULES:
        assert rule.short_ms <= MINUTES_KEPT_MS
        assert rule.long_ms <= HOURS_KEPT_MS
