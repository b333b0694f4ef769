"""One reconciliation: look, look again, heal.

Every look at our own side and every change to it happens inside a round of the deliver loop
(`in_round`), so that it sees and leaves a consistent state; in between the destination is read
back at its own pace. What differs at the first look may only be late, so it is looked at again
after a while; only what differs twice, and did not move on our side meanwhile, is a drift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from ebbline.connectors import Setup
from ebbline.connectors.conversation import Asked, Conversation, Found, Refusal
from ebbline.delivery import Address, Person
from ebbline.delivery.feeds import LIST
from ebbline.delivery.reconciling import (
    Drift,
    Expected,
    drifts_of,
    drive_out,
    expected_of,
    reassert,
)
from ebbline.errors import EbblineError
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.deliver.introducing import converse, introduce
from ebbline.hosts.embedded.deliver.limits import CONFIRM_SECONDS, PAGE_ADDRESSES
from ebbline.hosts.embedded.deliver.reconcile.counting import counts_of
from ebbline.hosts.embedded.deliver.reconcile.report import Report
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.station import Station
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from ebbline.hosts.embedded.deliver.transport import Transport

T = TypeVar("T")
Expectation = dict[str, Expected]


class Refused(EbblineError):
    """A destination would not be read back."""


class Looked:
    """What one look came to."""

    def __init__(self) -> None:
        self.compared = 0
        self.drifts: list[Drift] = []
        self.held: dict[str, int] = {}


class Reconciler:
    """Reconciles one destination. `in_round(work)` has the loop do some work in its next round,
    inside that round's transaction, and gives its result."""

    def __init__(self, station: Station, store: DeliveryStore, state: StateReader,
                 transport: Transport, clock: Clock,
                 in_round: Callable[..., Any]) -> None:  # fmt: skip
        self._station = station
        self._lane = station.lane
        self._store = store
        self._state = state
        self._transport = transport
        self._clock = clock
        self._in_round = in_round
        self._found: dict[str, int] = {}

    async def run(self, report: Report, *, sample: int, heal: bool) -> Report:
        """Fill the report; it never raises what a destination does."""
        connector = self._station.connector
        try:
            if connector.read_back is None:
                report.method = "ledger"
            else:
                await self._read_all(report, sample, heal=heal)
            if connector.members is not None and not sample:
                await self._read_lists(report, heal=heal)
            report.state = "done"
        except Refused as error:
            report.state, report.problem = "failed", str(error)
        report.counts = await self._in_round(self._counts)
        if report.method == "read back" and not sample:
            for count in report.counts:
                count.found = self._found.get(count.field, 0)
        report.ended_ms = self._clock.now_ms()
        return report

    async def _hold(self, talk: Callable[[Setup], Conversation[T]]) -> T:
        """Hold a conversation in a session; one that has ended meanwhile is begun anew, once."""
        answer = await self._once(talk)
        if isinstance(answer, Refusal) and answer.verdict == "expired":
            self._station.introduction.end_session()
            answer = await self._once(talk)
        if isinstance(answer, Refusal):
            raise Refused(f"{answer.verdict}: {answer.reason}")
        return answer

    async def _once(self, talk: Callable[[Setup], Conversation[T]]) -> T | Refusal:
        await self._meet()
        setup = self._station.introduction.setup
        return await converse(talk(setup), self._lane, self._transport, self._clock)

    async def _meet(self) -> None:
        station = self._station
        if not station.introduction.is_over(station.connector, self._clock.now_ms()):
            return
        came = await introduce(
            station.connector, station.introduction, self._lane, self._transport, self._clock
        )
        now_ms = self._clock.now_ms()
        await self._in_round(lambda: station.introduced(came, self._store, now_ms))
        if came.refusal is not None:
            raise Refused(f"{came.refusal.verdict}: {came.refusal.reason}")

    # -- people ----------------------------------------------------------------------------

    async def _read_all(self, report: Report, sample: int, *, heal: bool) -> None:
        suspects: dict[Address, None] = {}
        report.sample = sample
        for addresses in self._pages(sample):
            report.people += len(addresses)
            looked = await self._look(addresses)
            report.compared += looked.compared
            report.moving += len(addresses) - looked.compared
            suspects |= {drift.address: None for drift in looked.drifts}
            for field, number in looked.held.items():
                self._found[field] = self._found.get(field, 0) + number
        if not suspects:
            return
        await self._clock.sleep(CONFIRM_SECONDS)
        size = max(1, self._station.connector.read_back_max)
        again = list(suspects)
        for start in range(0, len(again), size):
            looked = await self._look(again[start : start + size])
            report.add(looked.drifts)
            if heal:
                report.healed += await self._in_round(lambda found=looked.drifts: self._heal(found))

    def _pages(self, sample: int) -> Iterable[Sequence[Address]]:
        """Everybody who is known there by a name, or some drawn by chance, a read's worth each."""
        size = max(1, self._station.connector.read_back_max)
        if sample:
            pages: Iterable[list[Address]] = [self._store.sample(self._station.id, sample)]
        else:
            pages = self._store.pages(self._station.id, PAGE_ADDRESSES)
        for page in pages:
            for start in range(0, len(page), size):
                yield page[start : start + size]

    async def _look(self, addresses: Sequence[Address]) -> Looked:
        """Compare some people with what the destination says of them."""
        before: dict[Address, Expectation] = await self._in_round(lambda: self._expect(addresses))
        if not before:
            return Looked()
        asked = await self._in_round(lambda: self._asked(before))
        read_back = self._station.connector.read_back
        assert read_back is not None
        answer = await self._hold(lambda setup: read_back(asked, setup))
        looked: Looked = await self._in_round(lambda: self._compare(asked, answer, before))
        return looked

    def _expect(self, addresses: Sequence[Address]) -> dict[Address, Expectation]:
        found = {}
        for address in addresses:
            person = self._person(address)
            expected = expected_of(self._lane, person) if person is not None else {}
            if expected:
                found[address] = expected
        return found

    def _asked(self, before: dict[Address, Expectation]) -> list[Asked]:
        asked = []
        for address, expected in before.items():
            person = self._person(address)
            if person is not None:
                feeds = tuple(self._lane.feeds[field] for field in expected)
                asked.append(Asked(address, person.handle, feeds))
        return asked

    def _compare(self, asked: Sequence[Asked], answer: Sequence[Found | None],
                 before: dict[Address, Expectation]) -> Looked:  # fmt: skip
        looked = Looked()
        for one, found in zip(asked, answer, strict=True):
            person = self._person(one.address)
            if person is None:
                continue
            looked.compared += 1
            held = None if found is None else found.values
            looked.drifts += drifts_of(self._lane, person, before[one.address], held)
            for field, value in (held or {}).items():
                if value is True:
                    looked.held[field] = looked.held.get(field, 0) + 1
        return looked

    def _heal(self, drifts: Sequence[Drift]) -> int:
        now_ms = self._clock.now_ms()
        return sum(reassert(self._lane, drift, now_ms) for drift in drifts)

    def _person(self, address: Address) -> Person | None:
        """Without taking it into the lane, which would fill with everybody."""
        return self._lane.people.get(address) or self._lane.memory.person(address)

    # -- lists -----------------------------------------------------------------------------

    async def _read_lists(self, report: Report, *, heal: bool) -> None:
        """Who is in the vendor's lists though we hold nothing of them."""
        for feed in [feed for feed in self._lane.feeds.values() if feed.mode == LIST]:
            strangers = await self._strangers(feed.field)
            if not strangers:
                continue
            await self._clock.sleep(CONFIRM_SECONDS)
            twice = set(await self._strangers(feed.field)) & set(strangers)
            drifts = [Drift(who, feed.field, "extra", False, True) for who in sorted(twice)]
            report.add(drifts)
            if heal:
                await self._in_round(lambda found=drifts: self._drive_out(found))
                report.healed += len(drifts)

    async def _strangers(self, field: str) -> list[Address]:
        members = self._station.connector.members
        assert members is not None
        answer = await self._hold(lambda setup: members(self._lane.feeds[field], setup))
        found: list[Address] = await self._in_round(
            lambda: [who for who in answer if self._is_stranger(who, field)]
        )
        return found

    def _is_stranger(self, address: Address, field: str) -> bool:
        person = self._person(address)
        return person is None or field not in person.cells

    def _drive_out(self, drifts: Sequence[Drift]) -> None:
        for drift in drifts:
            drive_out(self._lane, drift.address, drift.field, self._clock.now_ms())

    # -- counts ----------------------------------------------------------------------------

    def _counts(self) -> list[Any]:
        return counts_of(self._lane, self._station.id, self._store, self._state)
