"""Whatever is wanted, and whatever the weather: in the end Braze holds it.

`Course` takes any connector through a lane against its sandbox, on virtual time: refusals,
outages, requests that are applied long after we gave up on them.
"""

from __future__ import annotations

import heapq
import itertools
from random import Random
from urllib.parse import urlsplit

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from ebbline.connectors import Failure, Request, Setup
from ebbline.connectors.braze import BRAZE
from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.braze.sandbox.workspace import MERGE_MS
from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.connectors.conversation import Asked, Refusal
from ebbline.delivery import Feed, Lane, LedgerRow, fold, plan, settle, wake_at_ms
from ebbline.delivery.ledger import ENTERED, EXITED, LINKED, MERGED, TRAIT
from ebbline.profiles.graph import Identifier

CALM_MS = 3 * 86_400_000  # after the last change; everything is there long before


class Blank:
    """A `Memory` that has nothing written down: the lane keeps everybody."""

    def person(self, address, /):
        return None

    def home(self, profile, /):
        return None

    def pending(self, limit, /):
        return ()


class Manners:
    """A connector's, for a lane."""

    def __init__(self, connector, settings):
        self._connector, self._settings = connector, settings

    def route(self, address, handle, feed, value, /):
        return self._connector.route(address, handle, feed, value, self._settings)

    def follows(self, old, new, /):
        return self._connector.follows(old, new, self._settings)


class Course:
    """A lane, a vendor's sandbox and the weather between them. `identifiers` are people's."""

    def __init__(self, connector, settings, vendor, feeds, seed, start_ms=1_767_225_600_000):
        self.connector, self.vendor, self.feeds = connector, vendor, feeds
        self.setup = Setup(settings)
        self.limits = connector.limits(settings)
        self.rng = Random(seed)
        self.now_ms = start_ms
        self.calm = False
        self.identifiers = {}
        self.wanted = {}  # by person, then by field
        self.seq = 0
        self.sends = []
        self.lane = Lane("d", self.limits, feeds, Blank(), itertools.count(1), self.rng.random,
                         Manners(connector, settings))  # fmt: skip
        self._order = itertools.count()
        self._heap = []
        self.begin()

    # -- what is asked of the vendor beside sending ----------------------------------------

    def begin(self):
        if self.connector.authorize is not None:
            session = self.talk(self.connector.authorize(self.setup.settings))
            self.setup = msgspec.structs.replace(self.setup, token=session.token)
        if self.connector.prepare is not None:
            ids = self.talk(self.connector.prepare(self.feeds, self.setup))
            self.setup = msgspec.structs.replace(self.setup, ids=ids)

    def talk(self, conversation):
        """What a conversation comes to, in fair weather."""
        came_to = self.said(conversation)
        assert not isinstance(came_to, Refusal), came_to
        return came_to

    def said(self, conversation):
        """What a conversation comes to, a refusal too."""
        result = None
        while True:
            try:
                request = conversation.send(result)
            except StopIteration as end:
                return end.value
            result = self.ask(request)
            self.now_ms += 100  # one after the other

    def ask(self, request):
        url = urlsplit(request.url)
        path = url.path + (f"?{url.query}" if url.query else "")
        headers = tuple((name.lower(), value) for name, value in request.headers)
        return self.vendor.answer(Request(request.method, path, headers, request.body), self.now_ms)

    def read_back(self, address):
        """What the vendor tells of an address, by field; None when it knows nobody there."""
        self.begin()  # a token may be over by now
        person = self.lane.people.get(address)
        handle = person.handle if person is not None else ""
        asked = [Asked(address, handle, self.feeds)]
        (found,) = self.talk(self.connector.read_back(asked, self.setup))
        return found.values if found is not None else None

    # -- what happens ----------------------------------------------------------------------

    def whereabouts(self, profile):
        held = self.identifiers.get(profile, ())
        return self.connector.address(held, self.setup.settings)

    def row(self, profile, kind, name="", value=None):
        """A row of the ledger, a little later than the last one."""
        self.run(until_ms=self.now_ms + self.rng.choice([0, 1, 40, 700, 90_000]))
        self.seq += 1
        row = LedgerRow(self.seq, profile, kind, name, self.now_ms, value)
        fold(self.lane, row, self.whereabouts, self.now_ms)
        self._look()

    def want(self, profile, feed, value):
        """Something is wanted of a person from now on."""
        kind, _, name = feed.source.partition(":")
        self.wanted.setdefault(profile, {})[feed.field] = value
        if kind == "audience":
            self.row(profile, ENTERED if value else EXITED, name, int(value))
        else:
            self.row(profile, TRAIT, name, value)

    def told(self, profile):
        """What the vendor tells of what is wanted of a person; nothing where it knows nobody."""
        there = self.read_back(self.whereabouts(profile)) or {}
        return {
            field: there.get(field, False if isinstance(value, bool) else None)
            for field, value in self.wanted[profile].items()
        }

    def finish(self):
        """Fair weather until nothing is left to do."""
        self.calm = True
        self.run(until_ms=self.now_ms + CALM_MS)
        assert not self.lane.flights
        assert not self.lane.ready
        dead = {(str(person.address), name): cell.dead
                for person in self.lane.people.values()
                for name, cell in person.cells.items() if cell.dead}  # fmt: skip
        assert dead == {}

    def run(self, until_ms):
        while self._heap and self._heap[0][0] <= until_ms:
            due_ms, _, what, values = heapq.heappop(self._heap)
            self.now_ms = max(self.now_ms, due_ms)
            what(*values)
        self.now_ms = max(self.now_ms, until_ms)

    def _at(self, due_ms, what, *values):
        heapq.heappush(self._heap, (due_ms, next(self._order), what, values))

    def _look(self):
        for send in plan(self.lane, self.now_ms):
            self.sends.append(send)
            self._fly(send)
        wake_ms = wake_at_ms(self.lane, self.now_ms)
        if wake_ms is not None:
            self._at(max(wake_ms, self.now_ms + 1), self._look)

    def _fly(self, send):
        request = self.connector.encode(send, self.setup)
        draw = 1.0 if self.calm else self.rng.random()
        back_ms = self.now_ms + self.rng.randrange(20, 400)
        if draw > 0.3:
            self._at(back_ms, self._serve, send, request)
        elif draw > 0.15:
            status = self.rng.choice([429, 500, 502, 503, 504])
            if status in (500, 502, 504) and self.rng.random() < 0.5:
                self._at(back_ms, self.ask, request)
            self._at(back_ms, self._refuse, send, status)
        elif draw > 0.1:
            self._at(back_ms, self._settle, send, Failure("unsent", "no connection"))
        else:
            longest_ms = self.limits.timeout_ms + self.limits.request_ms_max
            if self.rng.random() < 0.7:
                self._at(self.now_ms + self.rng.randrange(longest_ms), self.ask, request)
            gives_up_ms = self.now_ms + self.limits.timeout_ms
            self._at(gives_up_ms, self._settle, send, Failure("timeout", "no answer"))

    def _serve(self, send, request):
        self._settle(send, self.ask(request))

    def _refuse(self, send, status):
        self._settle(send, self.vendor.refused(status, "weather", self.now_ms))

    def _settle(self, send, result):
        reply = self.connector.classify(send, result, self.setup, self.now_ms)
        if any(outcome.verdict == "expired" for outcome in reply.outcomes):
            self.begin()
        settle(self.lane, send.id, reply, self.now_ms)
        self._look()


# -- the law for Braze ---------------------------------------------------------------------

HOT = Feed("segment_hot", "audience", "audience:hot")
VIP = Feed("vip", "audience", "audience:vip")
SCORE = Feed("score", "number", "trait:score")
SEEN = Feed("seen", "timestamp", "trait:seen")
MAILS = Feed("4f0c-11", "audience", "audience:mails", mode="subscription")
FEEDS = (HOT, VIP, SCORE, SEEN, MAILS)
PEOPLE = st.integers(1, 4)
STEPS = st.lists(
    st.one_of(
        st.tuples(PEOPLE, st.sampled_from([HOT, VIP, MAILS]), st.booleans()),
        st.tuples(PEOPLE, st.just(SCORE), st.sampled_from([None, 0, 1.5, -7])),
        st.tuples(PEOPLE, st.just(SEEN), st.sampled_from([None, 86_400_123])),
    ),
    min_size=1,
    max_size=40,
)
SEEDS = st.integers(0, 10_000)


def course(seed, **settings):
    settings = BrazeSettings("https://b.org", "k", batch_size=3, **settings)
    vendor = Workspace("k", objects_max=3, requests=5, window_ms=1_000)
    made = Course(BRAZE, settings, vendor, FEEDS, seed)
    for person in range(1, 5):
        kind = "user_id" if person % 2 else "anonymous_id"
        made.identifiers[person] = (Identifier(kind, f"p{person}", "m", 0),)
    return made


def user_at(made, address):
    """Whom the workspace knows by an address."""
    names = ("external_id",) if address.kind == "external_id" else ("user_alias", "anonymous_id")
    return made.vendor.users.find((*names, address.value))


def agrees(made):
    """The workspace holds what is wanted, and tells so when it is read back."""
    for person, values in made.wanted.items():
        user = user_at(made, made.whereabouts(person))
        state = user.subscriptions.get(MAILS.field) if user is not None else None
        held = made.told(person) | {MAILS.field: state == "subscribed"}
        assert {field: held[field] for field in values} == values
        attributes = user.attributes if user is not None else {}
        for feed in (HOT, VIP):
            assert bool(attributes.get(feed.field)) is bool(values.get(feed.field))


@given(STEPS, SEEDS)
def test_the_workspace_comes_to_hold_what_is_wanted(steps, seed):
    made = course(seed)
    for step in steps:
        made.want(*step)
    made.finish()
    agrees(made)


@given(STEPS, STEPS, SEEDS, st.booleans())
def test_a_device_becomes_the_user_who_logged_in(before, after, seed, identify):
    made = course(seed, identify=identify)
    for step in before:
        made.want(*step)
    device = made.whereabouts(2)
    made.identifiers[2] = (Identifier("user_id", "p2", "m", 0), *made.identifiers[2])
    made.row(2, LINKED, "user_id", "p2")
    for step in after:
        made.want(*step)
    made.finish()
    agrees(made)
    there = user_at(made, device)
    if there is not None and identify:
        assert there is user_at(made, made.whereabouts(2))
    elif there is not None:
        assert not there.attributes.get("vip")
        assert not there.attributes.get("segment_hot")
        assert there.subscriptions.get(MAILS.field) != "subscribed"


@given(STEPS, SEEDS)
def test_of_two_users_who_are_one_the_other_is_gone(steps, seed):
    made = course(seed, merge=True)
    for step in steps:
        made.want(*step)
    users = [user_at(made, made.whereabouts(person)) for person in (1, 3)]
    old = made.whereabouts(3)
    made.identifiers[1] += made.identifiers.pop(3)
    made.wanted.pop(3, None)
    made.row(3, MERGED, "", 1)
    made.want(1, HOT, value=True)
    made.finish()
    made.vendor.settle(made.now_ms + MERGE_MS)
    agrees(made)
    if all(users):  # a merge into somebody whom Braze does not know yet does nothing
        assert user_at(made, old) is None
