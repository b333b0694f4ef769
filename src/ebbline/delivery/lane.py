"""One destination: who has something to be sent, what is in flight, and how fast it may go.

A lane holds in memory only people with work; the rest lie in a `Memory` that the host keeps.
What a step changed stands in `touched` and `homes` until the host has written it down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from heapq import heappop, heappush
from typing import Protocol

from ebbline.delivery.address import Address, nowhere
from ebbline.delivery.breaker import Breaker
from ebbline.delivery.feeds import ERRANDS, Feed, consent_fields, feed_of
from ebbline.delivery.limits import PEOPLE_RESIDENT_MAX
from ebbline.delivery.pace import Pace
from ebbline.delivery.person import Person, any_pending, is_urgent, pending
from ebbline.delivery.queue import Queue
from ebbline.delivery.send import Limits, Send


class Memory(Protocol):
    """What the host has written down about one destination."""

    def person(self, address: Address, /) -> Person | None:
        """The record of an address."""
        ...

    def home(self, profile: int, /) -> Address | None:
        """The address a profile was last known by."""
        ...

    def pending(self, limit: int, /) -> Iterable[Address]:
        """Addresses with something to send: the urgent, then those longest in it."""
        ...


class Manners(Protocol):
    """What of a connector decides who is sent together, and what becomes of old addresses."""

    def route(self, address: Address, handle: str, feed: Feed, value: object, /) -> str:
        """The kind of request a value needs; a request holds values of one kind."""
        ...

    def follows(self, old: Address, new: Address, /) -> bool:
        """Whether the destination can join the two, so that it knows them as one person."""
        ...


class Plain:
    """The manners of a destination that takes everything in one kind of request."""

    def route(self, address: Address, handle: str, feed: Feed, value: object, /) -> str:
        """One for all."""
        del address, handle, feed, value
        return ""

    def follows(self, old: Address, new: Address, /) -> bool:
        """It joins nobody."""
        del old, new
        return False


class Lane:
    """The delivery state of one destination; changed in place by this room's functions."""

    def __init__(
        self,
        destination: str,
        limits: Limits,
        feeds: Iterable[Feed],
        memory: Memory,
        ids: Iterator[int],
        jitter: Callable[[], float],
        manners: Manners | None = None,
    ) -> None:
        self.destination = destination
        self.limits = limits
        self.feeds: dict[str, Feed] = {feed.field: feed for feed in feeds}
        self.consents = consent_fields(self.feeds)
        self.by_source: dict[str, list[Feed]] = {}
        for feed in self.feeds.values():
            self.by_source.setdefault(feed.source, []).append(feed)
        self.feeds |= ERRANDS
        self.memory = memory
        self.ids = ids
        self.jitter = jitter
        self.manners = manners or Plain()
        self.pace = Pace(limits.requests, limits.window_ms, a_day=limits.requests_a_day,
                         day_offset_ms=limits.day_offset_ms)  # fmt: skip
        self.breaker = Breaker()
        self.tells_from: dict[str, int] = {}  # rows up to here are history, not news, by field
        self.paused = False  # somebody wants nothing to leave until they say so
        self.people: dict[Address, Person] = {}
        self.homes: dict[int, Address | None] = {}
        self.touched: dict[Address, set[str]] = {}  # changed people and fields of theirs
        self.trimmed: set[Address] = set()  # of those people, the ones that lost fields
        self.ready = Queue()
        self.flights: dict[int, Send] = {}
        self.timers: dict[Address, int] = {}  # due instants of those in the heap
        self.has_urgent = any(feed.urgent for feed in self.feeds.values())
        self.spilled = False  # more people have work than are held here
        self._heap: list[tuple[int, Address]] = []
        self._known_homes: dict[int, Address] = {}  # as memory has them

    # -- people ----------------------------------------------------------------------------

    def find(self, address: Address) -> Person | None:
        """The record of an address, from here or from memory."""
        found = self.people.get(address)
        if found is None:
            found = self.memory.person(address)
            if found is not None:
                self.people[address] = found
        return found

    def person(self, address: Address, profile: int) -> Person:
        """The record of an address, new when there is none."""
        found = self.find(address)
        if found is None:
            found = self.people[address] = Person(address, profile, {})
        if address not in self.touched:
            self.touched[address] = set()
        return found

    def touch(self, address: Address, fields: Iterable[str] = ()) -> None:
        """A person has changed, and so have these fields: both have to be written down."""
        changed = self.touched.get(address)
        if changed is None:
            self.touched[address] = set(fields)
        else:
            changed.update(fields)

    def home(self, profile: int) -> Address | None:
        """Where a profile was last known to live."""
        if profile in self.homes:
            return self.homes[profile]
        found = self._known_homes.get(profile)
        if found is None:
            found = self.memory.home(profile)
            if found is not None:
                self._known_homes[profile] = found
        return found

    def settle_home(self, profile: int, address: Address | None) -> None:
        """Remember where a profile lives from now on; None: nowhere at all, it is gone."""
        self.homes[profile] = address
        self._known_homes.pop(profile, None)

    def feed(self, field: str) -> Feed:
        """The feed of a field that is to be sent."""
        found = feed_of(self.feeds, field)
        assert found is not None
        return found

    # -- who is next -----------------------------------------------------------------------

    def enqueue(self, person: Person, now_ms: int, fields: Iterable[str] = ()) -> None:
        """Put a person where it belongs after these fields changed: ready, waiting or nowhere."""
        address = person.address
        self.touch(address, fields)
        if person.sending:
            return
        if not any_pending(person, self.feeds, fields):
            self.ready.discard(address)
            self.timers.pop(address, None)
            return
        urgent = self.has_urgent and is_urgent(person, self.feeds, fields)
        known = address in self.ready or address in self.timers
        if not known and not urgent and self._is_crowded():
            self.spilled = True
        elif person.not_before_ms > now_ms:
            self.ready.discard(address)
            self._wait(address, person.not_before_ms)
        elif address not in self.timers:
            self.ready.add(address, now_ms, urgent=urgent)

    def release(self, now_ms: int) -> None:
        """Make those ready whose delay is over, and take in more people while there is room."""
        while self._heap and self._heap[0][0] <= now_ms:
            due_ms, address = heappop(self._heap)
            if self.timers.get(address) == due_ms:
                del self.timers[address]
                self.ready.add(address, due_ms, urgent=self._is_urgent(address))
        if self.spilled and len(self.ready) + len(self.timers) <= PEOPLE_RESIDENT_MAX // 2:
            self.take_in(now_ms)

    def take_in(self, now_ms: int) -> None:
        """Fetch people with work from memory; at a start, and when the present ones are done."""
        self.spilled = False
        count = 0
        for address in self.memory.pending(PEOPLE_RESIDENT_MAX):
            count += 1
            person = self.find(address)
            if person is not None:
                self.enqueue(person, now_ms, pending(person, self.feeds))
        self.spilled = self.spilled or count >= PEOPLE_RESIDENT_MAX

    def next_timer_ms(self) -> int | None:
        """When the first delay ends."""
        while self._heap and self.timers.get(self._heap[0][1]) != self._heap[0][0]:
            heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def _is_crowded(self) -> bool:
        return len(self.ready) + len(self.timers) >= PEOPLE_RESIDENT_MAX

    def _is_urgent(self, address: Address) -> bool:
        person = self.people.get(address) if self.has_urgent else None
        if person is None:
            return False
        return is_urgent(person, self.feeds, pending(person, self.feeds))

    def _wait(self, address: Address, due_ms: int) -> None:
        if self.timers.get(address) != due_ms:
            self.timers[address] = due_ms
            heappush(self._heap, (due_ms, address))

    # -- what the host writes down ---------------------------------------------------------

    def written(self) -> None:
        """The host has kept everything in `touched` and `homes`: let go of who is idle."""
        for address in self.touched:
            person = self.people.get(address)
            if person is None or person.sending:
                continue
            if address not in self.ready and address not in self.timers:
                del self.people[address]
        self.touched.clear()
        self.trimmed.clear()
        self.homes.clear()
        if len(self._known_homes) > PEOPLE_RESIDENT_MAX:
            self._known_homes.clear()

    def drop_nowhere(self, profile: int) -> None:
        """Forget what waited for an address."""
        address = nowhere(profile)
        person = self.find(address)
        if person is not None:
            person.cells.clear()
            person.profile = 0
            self.touch(address)
            self.trimmed.add(address)
