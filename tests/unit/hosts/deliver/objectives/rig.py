"""One lane with its service levels over a delivery.db, on a clock that the test sets."""

from __future__ import annotations

import asyncio
import itertools

from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import DestinationDef, Plan, SloDef, SyncDef
from ebbline.delivery import Lane, Outcome, Reply, plan, settle
from ebbline.delivery.objectives import levels_of
from ebbline.hosts.embedded.deliver.objectives import Objectives
from ebbline.hosts.embedded.deliver.objectives.buckets import WHOLE, window
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from tests.unit.delivery.lanes import FEEDS, LIMITS, Blank, Ledger

START_MS = 1_767_225_600_000  # the full minute of an hour
HOUR = 3_600_000
SYNCS = (SyncDef("vip", audience="vip"), SyncDef("churn", audience="churn"),
         SyncDef("score", trait="lead_score", min_change=5))  # fmt: skip


class SetClock:
    """Shows what it is told to."""

    def __init__(self, now_ms=START_MS):
        self.at_ms = now_ms

    def now_ms(self):
        return self.at_ms

    async def sleep(self, seconds):
        await asyncio.sleep(seconds)


class NoTransport:
    """Nothing may leave."""

    async def send(self, request, limits):
        raise AssertionError(f"nothing was to leave for {request.url}")

    async def close(self):
        pass


class Rig:
    """Folds, sends, answers and looks, all at `now_ms`; each step is one transaction."""

    def __init__(self, folder, *, slo=None, transport=None, end=0, name="braze", limits=LIMITS,
                 **kept):  # fmt: skip
        self.folder = folder
        self.clock = kept.pop("clock", None) or SetClock()
        self.store = DeliveryStore(folder / "delivery.db")
        self.store.destination(name)
        self.registry = CollectorRegistry()
        self.lane = Lane(name, limits, FEEDS, Blank(), itertools.count(1), lambda: 0.5)
        self.ledger = Ledger(self.lane)
        self.ledger.seq = end
        destination = DestinationDef(name, "braze", {}, SYNCS, probe=kept.pop("probe", None))
        self.plan = Plan("shop", (), destinations=(destination,), slo=slo or SloDef())
        self.woken = asyncio.Event() if transport is not None else None
        self.objectives = Objectives(
            self.store.db, folder, clock=self.clock, transport=transport or NoTransport(),
            registry=self.registry, jitter=lambda: 0.0,
            wake=lambda: self.woken and self.woken.set(), environ=kept.pop("environ", {}), **kept,
        )  # fmt: skip
        with self.store.db:
            self.objectives.interrupted()
            self.begin(end)

    def begin(self, end, plan_offset=1):
        self.objectives.begin(self.plan, [(self.lane, 0)], end, plan_offset)

    @property
    def now_ms(self):
        return self.clock.at_ms

    def later(self, ms):
        self.clock.at_ms += ms

    def enter(self, profile, name="vip", ago_ms=0):
        """Somebody entered an audience a while ago; the row is folded now."""
        row = self.ledger.enter(profile, name, self.now_ms)
        person = self.lane.people[self.ledger.where(profile)]
        person.cells[name].at_ms = self.now_ms - ago_ms
        return row

    def answer(self, verdict, after_ms=0, among=None):
        """Send what there is to send and answer it, all alike or by `among(item)`."""
        sends = plan(self.lane, self.now_ms)
        self.later(after_ms)
        with self.store.db:
            for send in sends:
                outcomes = tuple(
                    Outcome(among(item) if among else verdict, "so it was") for item in send.items
                )
                before, reply = self.objectives.before(self.lane, send), Reply(outcomes)
                settle(self.lane, send.id, reply, self.now_ms)
                self.objectives.answered(self.lane, send, reply, self.now_ms, before)
            self.store.save(1, self.lane)
            self.objectives.save([self.lane], self.now_ms)
        self.lane.memory.people.update(self.lane.people)
        self.lane.memory.homes.update(self.lane.homes)
        self.lane.written()
        return len(sends)

    def look(self):
        """A round without answers."""
        with self.store.db:
            self.store.save(1, self.lane)
            self.objectives.save([self.lane], self.now_ms)

    def counted(self, source=WHOLE, window_ms=HOUR):
        return window(self.store.db, self.lane.destination, source, window_ms, self.now_ms)

    def levels(self, source=WHOLE):
        return levels_of(self.counted(source), self.plan.slo)

    def metric(self, name, **labels):
        return self.registry.get_sample_value(name, {"destination": "braze"} | labels)

    def close(self):
        self.store.close()
