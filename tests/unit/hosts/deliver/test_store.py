"""What is written down of a lane, change by change, is the lane."""

from __future__ import annotations

import itertools
from random import Random

from ebbline.delivery import Lane, plan, revive
from ebbline.hosts.embedded.deliver.store import DeliveryStore, LaneMemory
from tests.unit.delivery.lanes import FEEDS, LIMITS, Ledger, answer, user

VERDICTS = ("done", "refused", "split", "retry", "unsent", "unknown", "throttled")


class Kept:
    """A lane over a store; `commit` is the end of a round."""

    def __init__(self, path):
        self.store = DeliveryStore(path / "delivery.db")
        self.id = self.store.destination("braze").id
        self.memory = LaneMemory(self.store, self.id)
        self.lane = Lane("braze", LIMITS, FEEDS, self.memory, itertools.count(1), lambda: 0.5)

    def commit(self):
        lane = self.lane
        with self.store.db:
            self.store.save(self.id, lane)
        for address in lane.touched:
            kept, person = self.memory.person(address), lane.people[address]
            assert kept == person or (kept is None and not person.profile)
        lane.written()


def test_every_round_leaves_the_file_as_the_lane_is(tmp_path):
    kept, rng, now_ms = Kept(tmp_path), Random(1), 0
    lane = kept.lane
    ledger = Ledger(lane)
    for _ in range(400):
        now_ms += rng.randrange(2_000)
        profile = rng.randrange(1, 9)
        draw = rng.random()
        if draw < 0.6:
            rng.choice((ledger.enter, ledger.leave))(profile, rng.choice(("vip", "churn")), now_ms)
        elif draw < 0.8:
            ledger.score(profile, rng.randrange(100), now_ms)
        else:
            ledger.names[profile] = rng.choice((None, user(f"n{rng.randrange(6)}")))
            ledger.row(profile, 4, "", None, now_ms)
        plan(lane, now_ms)
        kept.commit()
        if lane.flights and rng.random() < 0.5:
            answer(lane, next(iter(lane.flights.values())), rng.choice(VERDICTS), now_ms=now_ms)
            kept.commit()
        for _, address, field in kept.store.dead(None):
            kind, _, value = address.partition(":")
            revive(lane, type(user("x"))(kind, value), field, now_ms)
    kept.store.close()


def test_only_the_changed_field_is_written(tmp_path):
    kept = Kept(tmp_path)
    ledger = Ledger(kept.lane)
    ledger.enter(1, "vip")
    ledger.enter(1, "churn")
    kept.commit()
    kept.store.db.execute("UPDATE cells SET queued_ms = -1")
    ledger.leave(1, "churn", now_ms=5)
    kept.store.save(kept.id, kept.lane)
    rows = dict(kept.store.db.execute("SELECT field, queued_ms FROM cells"))
    assert rows == {"vip": -1, "churn": 5}
    kept.store.close()
