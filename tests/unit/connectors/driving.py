"""Random changes through delivery's own lane, a connector and its sandbox, until all is quiet."""

from __future__ import annotations

import itertools
import random

from hypothesis import strategies as st

from ebbline.connectors import Failure, Response, Setup
from ebbline.connectors.conversation import Refusal
from ebbline.delivery import Address, Lane, LedgerRow, fold, plan, settle, wake_at_ms
from ebbline.delivery.ledger import ENTERED, EXITED, TRAIT
from tests.unit.delivery.lanes import Blank

START_MS = 1_767_225_600_000
STEPS_MAX = 20_000

PEOPLE = st.integers(0, 4)
NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False, width=64)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = {
    "audience": st.booleans(),
    "number": st.none() | NUMBERS,
    "text": st.none() | TEXTS,
    "boolean": st.none() | st.booleans(),
    "timestamp": st.none() | st.integers(0, 4_000_000_000_000),
    "list": st.none() | st.lists(TEXTS | NUMBERS | st.booleans() | st.none(), max_size=4),
}


def changes(feeds):
    """Lists of (person, feed, value) in the order in which they happen."""
    one = st.one_of([
        st.tuples(PEOPLE, st.just(feed), VALUES[feed.kind]) for feed in feeds
    ])  # fmt: skip
    return st.lists(one, max_size=25)


class Manners:
    """A connector's routes as a lane asks for them."""

    def __init__(self, connector, settings):
        self.connector = connector
        self.settings = settings

    def route(self, address, handle, feed, value, /):
        return self.connector.route(address, handle, feed, value, self.settings)

    def follows(self, old, new, /):
        return self.connector.follows(old, new, self.settings)


class Drive:
    """One destination on a clock of its own. `answer(request, now_ms)` is the sandbox; with a
    `seed` requests are lost before or after they were carried out, come late, or are refused."""

    def __init__(self, connector, settings, feeds, answer, *, seed=None, kind="user_id"):
        self.connector = connector
        self.setup = Setup(settings)
        self.answer = answer
        self.kind = kind
        self.now_ms = START_MS
        self.requests = []
        self.late = []  # (instant, request): carried out although we gave up on it
        self.wanted = {}
        self._seq = 0
        self._chance = random.Random(seed) if seed is not None else None
        self.lane = Lane("shop", connector.limits(settings), feeds, Blank(), itertools.count(1),
                         lambda: 0.5, Manners(connector, settings))  # fmt: skip

    def talk(self, conversation):
        """What a conversation comes to."""
        said = talk_through(conversation, lambda request: self.answer(request, self.now_ms))
        assert not isinstance(said, Refusal), said
        return said

    def change(self, person, feed, value):
        """A row of the ledger."""
        self._seq += 1
        audience = feed.kind == "audience"
        kind = (ENTERED if value else EXITED) if audience else TRAIT
        name = feed.source.partition(":")[2]
        row = LedgerRow(self._seq, person + 1, kind, name, self.now_ms, value)
        fold(self.lane, row, lambda profile: Address(self.kind, f"p{profile}"), self.now_ms)
        self.wanted[f"p{person + 1}", feed.field] = value
        self._work()
        self.now_ms += 10

    def settle_all(self):
        """Let time pass until nothing is left to do."""
        for _ in range(STEPS_MAX):
            instants = [at_ms for at_ms, _ in self.late]
            at_ms = wake_at_ms(self.lane, self.now_ms)
            if at_ms is not None:
                instants.append(max(at_ms, self.now_ms))
            if not instants:
                return
            self.now_ms = min(instants)
            self._work()
        raise AssertionError("it never came to rest")

    def _work(self):
        for late in [one for one in self.late if one[0] <= self.now_ms]:
            self.late.remove(late)
            self.answer(late[1], self.now_ms)
        for send in plan(self.lane, self.now_ms):
            request = self.connector.encode(send, self.setup)
            self.requests.append(request)
            result = self._result(request)
            reply = self.connector.classify(send, result, self.setup, self.now_ms)
            settle(self.lane, send.id, reply, self.now_ms)

    def _result(self, request):
        drawn = self._chance.random() if self._chance is not None else 1.0
        if drawn < 0.05:
            return Failure("unsent", "no connection")
        if drawn < 0.10:
            return Failure("broken", "the connection ended")
        if drawn < 0.15:
            self.answer(request, self.now_ms)
            return Failure("broken", "the connection ended")
        if drawn < 0.20:
            lasts_ms = self.lane.limits.request_ms_max
            self.late.append((self.now_ms + self._chance.randint(0, lasts_ms), request))
            return Failure("timeout", "no answer")
        if drawn < 0.25:
            return Response(503, {}, b"later")
        return self.answer(request, self.now_ms)


def talk_through(conversation, answer):
    """What a conversation comes to, each request answered by `answer(request)`."""
    result = None
    while True:
        try:
            request = conversation.send(result) if result is not None else next(conversation)
        except StopIteration as end:
            return end.value
        result = answer(request)


def lowered(request):
    """A request as it arrives: names of headers in lower case."""
    headers = tuple((name.lower(), value) for name, value in request.headers)
    return type(request)(request.method, request.url, headers, request.body)
