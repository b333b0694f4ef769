"""Whatever is wanted of people, and whatever HubSpot answers: in the end it holds just that.

`Run` delivers through a lane on virtual time to a sandbox in memory; another connector's law
uses it too.
"""

from __future__ import annotations

import heapq
import itertools
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors import Failure, Request, Setup
from ebbline.connectors.conversation import Asked, Refusal
from ebbline.connectors.hubspot import HUBSPOT
from ebbline.connectors.hubspot.sandbox import Portal
from ebbline.delivery import Address, Feed, Lane, LedgerRow, fold, plan, revive, settle, wake_at_ms
from ebbline.delivery.ledger import ENTERED, EXITED, TRAIT
from ebbline.profiles.graph import Identifier
from tests.unit.delivery.lanes import Blank

START_MS = 1_767_225_600_000
DAY_MS = 86_400_000


class Manners:
    """The connector's, as the host gives them to a lane."""

    def __init__(self, connector, settings):
        self.connector, self.settings = connector, settings

    def route(self, address, handle, feed, value, /):
        return self.connector.route(address, handle, feed, value, self.settings)

    def follows(self, old, new, /):
        return self.connector.follows(old, new, self.settings)


class Run:
    """One destination from an empty sandbox on. `statuses` are those of bad weather; `fault`
    is how likely a request is hit by it."""

    def __init__(self, connector, settings, vendor, feeds, seed=0, fault=0.0, statuses=()):
        self.connector, self.vendor, self.feeds = connector, vendor, feeds
        self.settings = connector.read_settings(settings)
        self.limits = connector.limits(self.settings)
        self.rng, self.fault, self.statuses = Random(seed), fault, statuses
        self.now_ms, self.rows, self.sends = START_MS, 0, []
        self.order, self.heap = itertools.count(), []
        self.setup = Setup(self.settings)
        self.token()
        self.setup = msgspec.structs.replace(
            self.setup, ids=self.talk(connector.prepare(feeds, self.setup))
        )
        self.now_ms += 20_000  # what was said so far does not count as pace any more
        self.lane = Lane("shop", self.limits, feeds, Blank(), itertools.count(1), self.rng.random,
                         Manners(connector, self.settings))  # fmt: skip

    def token(self):
        """A new session, where there are sessions."""
        if self.connector.authorize is not None:
            session = self.talk(self.connector.authorize(self.settings))
            self.setup = msgspec.structs.replace(self.setup, token=session.token)

    def talk(self, conversation):
        """What a conversation comes to in fair weather."""
        answer = value = None
        try:
            while True:
                asked = conversation.send(answer) if answer is not None else next(conversation)
                answer = self.work(asked)
        except StopIteration as end:
            value = end.value
        assert not isinstance(value, Refusal), value
        return value

    def work(self, request):
        """The sandbox does what a request asks; it sees header names in lower case."""
        headers = tuple((name.lower(), value) for name, value in request.headers)
        asked = Request(request.method, request.url, headers, request.body)
        return self.vendor.answer(asked, self.now_ms)

    def address(self, profile):
        identifiers = (Identifier("email", f"p{profile}@x.org", "m", 0),)
        return self.connector.address(identifiers, self.settings)

    def change(self, profile, feed, value):
        """The engine says what is so now."""
        self.rows += 1
        kind = TRAIT if feed.kind != "audience" else ENTERED if value else EXITED
        row = LedgerRow(self.rows, profile, kind, feed.source.partition(":")[2], self.now_ms, value)
        fold(self.lane, row, self.address, self.now_ms)

    def later(self, wait_ms, what):
        heapq.heappush(self.heap, (self.now_ms + wait_ms, next(self.order), what))

    def look(self):
        """Send what may be sent now, and come back when there may be more."""
        for send in plan(self.lane, self.now_ms):
            self.sends.append(send)
            self.fly(send, self.connector.encode(send, self.setup))
        wake_ms = wake_at_ms(self.lane, self.now_ms)
        if wake_ms is not None:
            self.later(max(1, wake_ms - self.now_ms), self.look)

    def fly(self, send, request):
        """Fair weather, an error with or without the work done, or no answer and late work."""
        took_ms = self.rng.randrange(20, 400)
        if self.rng.random() >= self.fault:
            self.later(took_ms, lambda: self.land(send, self.work(request)))
        elif self.rng.random() < 0.7:
            status, message = self.rng.choice(self.statuses)
            runs_on = status in (502, 504) or message.startswith("604")
            if (status >= 500 or runs_on) and self.rng.random() < 0.5:
                late_ms = self.rng.randrange(self.limits.request_ms_max) if runs_on else 0
                self.later(took_ms + late_ms, lambda: self.work(request))
            refused = self.vendor.refused(status, message, self.now_ms)
            self.later(took_ms, lambda: self.land(send, refused))
        else:
            patience_ms = self.limits.timeout_ms
            if self.rng.random() < 0.5:
                late_ms = self.rng.randrange(patience_ms + self.limits.request_ms_max)
                self.later(late_ms, lambda: self.work(request))
            failure = Failure("timeout", "no answer")
            self.later(patience_ms, lambda: self.land(send, failure))

    def land(self, send, result):
        reply = self.connector.classify(send, result, self.setup, self.now_ms)
        assert len(reply.outcomes) == len(send.items)
        if any(outcome.verdict == "expired" for outcome in reply.outcomes):
            self.token()
        settle(self.lane, send.id, reply, self.now_ms)
        self.look()

    def rest(self):
        """Until nothing is left to do."""
        until_ms = self.now_ms + DAY_MS
        while self.heap:
            due_ms, _, what = heapq.heappop(self.heap)
            assert due_ms < until_ms, "it does not come to rest"
            self.now_ms = max(self.now_ms, due_ms)
            what()

    def live(self, changes):
        """All changes with pauses between them, then calm, then a button for what was laid
        aside; gives what is wanted in the end, by profile and field."""
        wanted = {}
        for pause_ms, profile, place, drawn in changes:
            feed = self.feeds[place % len(self.feeds)]
            value = bool(drawn) if feed.kind == "audience" else drawn
            self.later(pause_ms, self.look)
            while self.heap and self.heap[0][0] <= self.now_ms + pause_ms:
                due_ms, _, what = heapq.heappop(self.heap)
                self.now_ms = max(self.now_ms, due_ms)
                what()
            self.change(profile, feed, value)
            wanted[profile, feed.field] = value
        self.fault = 0.0
        self.look()
        self.rest()
        for address in list(self.lane.people):
            for feed in self.feeds:
                revive(self.lane, address, feed.field, self.now_ms)
        self.look()
        self.rest()
        return wanted

    def read(self, profiles):
        """What the connector reads back, by profile and field; what nobody holds is null."""
        asked = [Asked(self.address(profile), "", tuple(self.feeds)) for profile in profiles]
        found = self.talk(self.connector.read_back(asked, self.setup))
        return {
            (profile, feed.field): None if one is None else one.values.get(feed.field)
            for profile, one in zip(profiles, found, strict=True)
            for feed in self.feeds
        }

    def members(self, feed):
        return set(self.talk(self.connector.members(feed, self.setup)))


CHANGES = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 50, 300, 2_000, 70_000]),
        st.integers(1, 6),
        st.integers(0, 9),
        st.sampled_from([0, 0, 1, 2, 7.5, None]),
    ),
    max_size=40,
)

FEEDS = (
    Feed("vip", "audience", "audience:vip"),
    Feed("score", "number", "trait:score"),
    Feed("High intent", "audience", "audience:high_intent", mode="list"),
    Feed("Churn risk", "audience", "audience:churn_risk", mode="list"),
)
STATUSES = [
    (status, "weather")
    for status in (400, 401, 403, 409, 423, 429, 477, 500, 503, *[502, 504] * 3)
]  # fmt: skip


def portal_run(seed=0, fault=0.0):
    portal = Portal("t", requests=30)
    settings = {"token": "t", "batch_size": 3, "requests_per_10_seconds": 30}
    return Run(HUBSPOT, settings, portal, FEEDS, seed, fault, STATUSES), portal


def agrees(run, portal, wanted):
    """HubSpot holds just what is wanted, by its own account and as it is read back."""
    held = {row["properties"]["email"]: row for row in portal.contacts.listed()}
    for (profile, field), value in wanted.items():
        row = held.get(f"p{profile}@x.org", {"id": "", "properties": {}})
        if field in run.setup.ids:
            assert (row["id"] in portal.lists.members[run.setup.ids[field]]) is value
        else:
            text = row["properties"].get(field)
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            assert text == shown or (not value and text is None)
    for (profile, field), value in run.read(range(1, 7)).items():
        assert (value or 0) == (wanted.get((profile, field)) or 0)
    for feed in FEEDS[2:]:
        assert run.members(feed) == {
            run.address(profile)
            for (profile, field), value in wanted.items()
            if field == feed.field and value
        }


@given(CHANGES)
def test_in_fair_weather_it_holds_what_is_wanted(changes):
    run, portal = portal_run()
    agrees(run, portal, run.live(changes))
    assert portal.turned_away == 0


@given(CHANGES, st.integers(0, 2**32), st.sampled_from([0.1, 0.4]))
def test_in_any_weather_it_holds_what_is_wanted(changes, seed, fault):
    run, portal = portal_run(seed, fault)
    agrees(run, portal, run.live(changes))


def test_the_pace_stays_within_the_limit():
    """A long queue is worked off without one request too many."""
    portal = Portal("t", requests=30)
    settings = {"token": "t", "batch_size": 1, "requests_per_10_seconds": 30}
    run = Run(HUBSPOT, settings, portal, FEEDS[:1])
    for profile in range(200):
        run.change(profile, FEEDS[0], True)
    run.look()
    run.rest()
    assert len(portal.contacts.held) == len(run.sends) == 200
    assert portal.turned_away == 0
    assert run.now_ms - START_MS < 100_000


def test_members_are_named_by_addresses():
    run, _ = portal_run()
    run.live([(0, 1, 2, 1), (0, 2, 2, 1), (0, 1, 3, 1)])
    assert run.members(FEEDS[2]) == {Address("email", "p1@x.org"), Address("email", "p2@x.org")}


def test_who_was_deleted_is_made_anew_for_a_list_and_not_to_leave_one():
    run, portal = portal_run()
    run.live([(0, 1, 2, 1), (0, 2, 2, 1)])
    ids = {row["properties"]["email"]: row["id"] for row in portal.contacts.listed()}
    portal.lists.forget(portal.contacts.archive({"inputs": [{"id": one} for one in ids.values()]}))
    run.change(1, FEEDS[3], True)
    run.change(2, FEEDS[2], False)
    run.look()
    run.rest()
    (row,) = portal.contacts.listed()
    assert row["properties"]["email"] == "p1@x.org"
    assert row["id"] not in ids.values()
    assert run.members(FEEDS[3]) == {Address("email", "p1@x.org")}
    assert run.members(FEEDS[2]) == set()
    assert run.lane.people[run.address(2)].cells["High intent"].acked is False


def test_every_change_is_told_once_whatever_the_weather():
    feed = Feed("pe1_hot", "audience", "audience:hot", mode="event", every=True)
    for seed in range(30):
        portal = Portal("t", events={"pe1_hot": frozenset(["member"])})
        settings = {"token": "t", "event_property": "member"}
        run = Run(
            HUBSPOT, settings, portal, (feed,), seed, 0.3, [(500, "x"), (502, "x"), (429, "x")]
        )
        run.live([(300, 1 + n % 2, 0, n // 2 % 2 == 0) for n in range(12)])
        told = [(one["email"], one["properties"]["member"]) for one in portal.events.told.values()]
        for person in ("p1@x.org", "p2@x.org"):
            assert (
                sorted(value for who, value in told if who == person)
                == ["false"] * 3 + ["true"] * 3
            )
