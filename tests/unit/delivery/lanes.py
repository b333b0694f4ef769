"""A lane with a memory that is two dictionaries."""

from __future__ import annotations

import itertools

from ebbline.delivery import Address, Feed, Lane, LedgerRow, Limits, Outcome, Reply, fold, settle
from ebbline.delivery.ledger import ENTERED, EXITED, TRAIT

LIMITS = Limits(
    objects_max=3,
    counts="people",
    bytes_max=10_000,
    requests=100,
    window_ms=1_000,
    concurrency=2,
    timeout_ms=30_000,
    request_ms_max=60_000,
)
FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed("churn", "audience", "audience:churn"),
    Feed("score", "number", "trait:lead_score", 5),
)


class Blank:
    """Remembers nobody."""

    def __init__(self):
        self.people = {}
        self.homes = {}

    def person(self, address, /):
        return self.people.get(address)

    def home(self, profile, /):
        return self.homes.get(profile)

    def pending(self, limit, /):
        return list(self.people)[:limit]


def make_lane(limits=LIMITS, feeds=FEEDS):
    return Lane("braze", limits, feeds, Blank(), itertools.count(1), lambda: 0.5)


def user(name):
    return Address("external_id", name)


class Ledger:
    """Folds rows one after the other; `names` says what the destination calls a profile."""

    def __init__(self, lane):
        self.lane = lane
        self.seq = 0
        self.names = {}

    def row(self, profile, kind, name, value, now_ms=0):
        self.seq += 1
        row = LedgerRow(self.seq, profile, kind, name, now_ms, value)
        fold(self.lane, row, self.where, now_ms)
        return row

    def where(self, profile):
        if profile in self.names:
            return self.names[profile]
        return user(f"u{profile}")

    def enter(self, profile, name="vip", now_ms=0):
        return self.row(profile, ENTERED, name, 1, now_ms)

    def leave(self, profile, name="vip", now_ms=0):
        return self.row(profile, EXITED, name, 0, now_ms)

    def score(self, profile, value, now_ms=0):
        return self.row(profile, TRAIT, "lead_score", value, now_ms)


def sent(sends):
    """What requests say, as {address: {field: value}} each."""
    return [
        {str(item.address): {v.field: v.value for v in item.values} for item in send.items}
        for send in sends
    ]


def answer(lane, send, *verdicts, now_ms=0, **more):
    """Settle with one verdict for all, or one for each."""
    if len(verdicts) == 1:
        verdicts *= len(send.items)
    outcomes = tuple(Outcome(verdict, f"it was {verdict}") for verdict in verdicts)
    settle(lane, send.id, Reply(outcomes, **more), now_ms)
