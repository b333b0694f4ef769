"""One lane against Braze's sandbox on virtual time: faults, late work, and kills of the process.

Requests are applied when the storm says so, up to the vendor's maximum request time after we
gave up on them. What a killed process had not written down is lost; requests live on.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable
from random import Random

import msgspec

from ebbline.connectors import Failure, Request, Response, Result, Setup
from ebbline.connectors.braze import BRAZE
from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.braze.settings import BrazeSettings
from ebbline.delivery import (
    Address,
    Breaker,
    Feed,
    Lane,
    Person,
    Send,
    fold,
    is_forgettable,
    pending,
    plan,
    revive,
    settle,
    wake_at_ms,
)
from tests.simulation.delivery.world import AUDIENCES, TRAIT_NAME, World

KEY = "k"
SETTINGS = BrazeSettings("https://braze.example", KEY, batch_size=10)
LIMITS = BRAZE.limits(SETTINGS)
MIN_CHANGE = 5
FEEDS = (
    *(Feed(name, "audience", f"audience:{name}") for name in AUDIENCES),
    Feed(TRAIT_NAME, "number", f"trait:{TRAIT_NAME}", MIN_CHANGE),
)


class Notes:
    """A `Memory` that keeps what a commit wrote, as bytes."""

    def __init__(self) -> None:
        self.people: dict[Address, bytes] = {}
        self.homes: dict[int, Address] = {}
        self.waiting: dict[Address, None] = {}
        self.breaker = msgspec.json.encode(Breaker())
        self.position = 0

    def person(self, address: Address, /) -> Person | None:
        kept = self.people.get(address)
        return None if kept is None else msgspec.json.decode(kept, type=Person)

    def home(self, profile: int, /) -> Address | None:
        return self.homes.get(profile)

    def pending(self, limit: int, /) -> Iterable[Address]:
        return list(self.waiting)[:limit]

    def save(self, lane: Lane, position: int) -> None:
        for address, changed in lane.touched.items():
            person = lane.people.get(address)
            if person is None:
                continue
            kept = None if address in lane.trimmed else self.person(address)
            marked = person.cells.keys() if address in lane.trimmed else changed
            cells = {} if kept is None else kept.cells
            cells |= {field: person.cells[field] for field in marked if field in person.cells}
            assert cells == person.cells, f"a change of {address} was not marked"
            self.people[address] = msgspec.json.encode(person)
            if is_forgettable(person):
                del self.people[address]
            if pending(person, lane.feeds):
                self.waiting[address] = None
            else:
                self.waiting.pop(address, None)
        for profile, home in lane.homes.items():
            if home is None:
                self.homes.pop(profile, None)
            else:
                self.homes[profile] = home
        self.breaker = msgspec.json.encode(lane.breaker)
        self.position = position
        lane.written()


class Storm:
    """A seed's whole run: `run()`, then look at `told()` and `wanted()`."""

    def __init__(self, seed: int, people: int = 30, changes: int = 300) -> None:
        self.rng = Random(seed)
        self.world = World(self.rng, people)
        self.braze = Workspace(KEY, objects_max=10, requests=200, window_ms=3_000)
        self.notes = Notes()
        self.ids = itertools.count(1)
        self.now_ms = 1_000_000
        self.calm = False
        self.life = 0  # of the process: answers to an earlier one reach nobody
        self.versions: dict[tuple[Address, str], int] = {}
        self.sends = 0
        self.kills = 0
        self._order = itertools.count()
        self._heap: list[tuple[int, int, str, tuple[object, ...]]] = []
        self._changes = changes
        self.lane = self._start()

    def run(self) -> None:
        """The storm, then calm weather until nothing is left to do."""
        at_ms = self.now_ms
        for _ in range(self._changes):
            at_ms += int(self.rng.expovariate(1 / 900))
            self._at(at_ms, "change")
            if self.rng.random() < 0.03:
                self._at(at_ms + 1, "kill")
        self._at(at_ms, "calm")
        self._at(at_ms + 3_600_000, "button")
        limit_ms = at_ms + 86_400_000
        while self._heap:
            due_ms, _, what, values = heapq.heappop(self._heap)
            assert due_ms < limit_ms, "it does not come to rest"
            self.now_ms = max(self.now_ms, due_ms)
            getattr(self, f"_on_{what}")(*values)

    # -- what happens ----------------------------------------------------------------------

    def _on_change(self) -> None:
        self.world.step(self.now_ms)
        self._at(self.now_ms + self.rng.choice([0, 5, 40, 400]), "look", self.life)

    def _on_calm(self) -> None:
        self.calm = True

    def _on_button(self) -> None:
        """Somebody presses the button for what was laid aside."""
        for address in list(self.notes.people):
            for field in FEEDS:
                revive(self.lane, address, field.field, self.now_ms)
        self.notes.save(self.lane, self.notes.position)
        self._at(self.now_ms, "look", self.life)

    def _on_kill(self) -> None:
        self.life += 1
        self.kills += 1
        cut_ms = self.now_ms + LIMITS.request_ms_max
        self._heap = [
            (min(due, cut_ms) if what == "work" else due, order, what, values)
            for due, order, what, values in self._heap
        ]
        heapq.heapify(self._heap)
        self.lane = self._start()
        self._at(self.now_ms, "look", self.life)

    def _on_look(self, life: int) -> None:
        """One round of the process."""
        if life != self.life:
            return None
        rows = self.world.rows[self.notes.position :]
        for row in rows:
            fold(self.lane, row, self._whereabouts, self.now_ms)
        sends = plan(self.lane, self.now_ms)
        if self.rng.random() < 0.03:
            return self._on_kill()  # between the work and the writing down
        self.notes.save(self.lane, len(self.world.rows))
        for send in sends:
            self._fly(send)
        wake_ms = wake_at_ms(self.lane, self.now_ms)
        if wake_ms is not None:
            assert wake_ms > self.now_ms or self.lane.spilled
            self._at(wake_ms, "look", self.life)
        return None

    def _on_work(self, send: Send, request: Request) -> None:
        """Braze does what a request asks, sooner or later."""
        self._work(send, request)

    def _on_answer(self, life: int, send: Send, result: Result) -> None:
        if life != self.life:
            return
        reply = BRAZE.classify(send, result, Setup(SETTINGS), self.now_ms)
        settle(self.lane, send.id, reply, self.now_ms)
        self._on_look(life)

    # -- weather ---------------------------------------------------------------------------

    def _fly(self, send: Send) -> None:
        self.sends += 1
        encoded = BRAZE.encode(send, Setup(SETTINGS))
        headers = tuple((name.lower(), value) for name, value in encoded.headers)
        request = Request("POST", "/users/track", headers, encoded.body)
        took_ms = self.rng.randrange(20, 400)
        draw = 1.0 if self.calm else self.rng.random()
        back_ms = self.now_ms + took_ms
        if draw > 0.25:
            self._at(back_ms, "served", self.life, send, request)
        elif draw > 0.17:
            status = self.rng.choice([500, 502, 503, 504, 429, 401, 400])
            may_work = status in (500, 502, 503, 504)
            if may_work and self.rng.random() < 0.5:
                late = status in (502, 504)
                stretch_ms = self.rng.randrange(LIMITS.request_ms_max) if late else 0
                self._at(back_ms + stretch_ms, "work", send, request)
            self._at(back_ms, "answer", self.life, send, self._says(status))
        elif draw > 0.12:
            self._at(back_ms, "answer", self.life, send, Failure("unsent", "refused"))
        else:
            late_ms = self.rng.randrange(LIMITS.timeout_ms + LIMITS.request_ms_max)
            if self.rng.random() < 0.7:
                self._at(self.now_ms + late_ms, "work", send, request)
            gives_up_ms = self.now_ms + LIMITS.timeout_ms
            self._at(gives_up_ms, "answer", self.life, send, Failure("timeout", "no answer"))

    def _on_served(self, life: int, send: Send, request: Request) -> None:
        self._on_answer(life, send, self._work(send, request))

    def _work(self, send: Send, request: Request) -> Response:
        answer = self.braze.answer(request, self.now_ms)
        for item in send.items if answer.status < 300 else ():
            for value in item.values:
                key = (item.address, value.field)
                assert value.version >= self.versions.get(key, 0), f"{key} went back"
                self.versions[key] = value.version
        return answer

    def _says(self, status: int) -> Response:
        return self.braze.refused(status, "weather", self.now_ms)

    # -- the process -----------------------------------------------------------------------

    def _start(self) -> Lane:
        lane = Lane("braze", LIMITS, FEEDS, self.notes, self.ids, self.rng.random)
        lane.breaker = msgspec.json.decode(self.notes.breaker, type=Breaker)
        lane.breaker.probe = 0
        for address, kept in self.notes.people.items():
            person = msgspec.json.decode(kept, type=Person)
            if person.sending:
                person.sending = 0
                fence_ms = self.now_ms + LIMITS.request_ms_max
                person.not_before_ms = max(person.not_before_ms, fence_ms)
                self.notes.people[address] = msgspec.json.encode(person)
        lane.take_in(self.now_ms)
        return lane

    def _whereabouts(self, profile: int) -> Address | None:
        return BRAZE.address(self.world.identifiers.get(profile, ()), SETTINGS)

    def _at(self, due_ms: int, what: str, *values: object) -> None:
        heapq.heappush(self._heap, (due_ms, next(self._order), what, values))

    # -- the end ---------------------------------------------------------------------------

    def told(self) -> dict[str, dict[str, object]]:
        """What Braze holds; False and nothing are the same to a segment."""
        told = {}
        for user in self.braze.users.listed():
            name = user.get("external_id") or user["user_alias"]["alias_name"]
            told[name] = user["custom_attributes"]
        return told

    def members_told(self) -> dict[str, set[str]]:
        """Addresses at which Braze holds any membership."""
        found = {
            name: {audience for audience in AUDIENCES if held.get(audience)}
            for name, held in self.told().items()
        }
        return {name: held for name, held in found.items() if held}

    def members_wanted(self) -> dict[str, set[str]]:
        """The same, by the truth."""
        found = {}
        for profile, held in self.world.members.items():
            home = self._whereabouts(profile)
            if home is not None and held:
                found[home.value] = held
        return found
