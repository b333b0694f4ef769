"""The deliver process: one loop of rounds, each one transaction of delivery.db.

A round takes in orders, ledger rows and answers, plans what to send, writes all of it down,
and only then lets the requests go. Between rounds it sleeps until a bell rings, an answer
comes or the nearest instant a lane has named; it never looks just in case.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.definitions.plan import Plan
from ebbline.delivery import Lane, Reply, Send, plan, settle
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.deliver.attempts import AttemptLog, state_of
from ebbline.hosts.embedded.deliver.commands import Spool
from ebbline.hosts.embedded.deliver.introducing import Introduced, introduce
from ebbline.hosts.embedded.deliver.limits import FOLD_ROWS_MAX, STOP_GRACE_SECONDS
from ebbline.hosts.embedded.deliver.meters import Meters
from ebbline.hosts.embedded.deliver.objectives import Objectives
from ebbline.hosts.embedded.deliver.orders import carry_out
from ebbline.hosts.embedded.deliver.reconcile import Schedule
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.station import Station, Workshop, set_up
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from ebbline.hosts.embedded.deliver.transport import Transport
from ebbline.hosts.embedded.secrets.hiding import mask
from ebbline.hosts.embedded.secrets.references import HERE, Places
from ebbline.hosts.embedded.secrets.watch import Watch

_log = structlog.get_logger("deliver")
_DENIED = frozenset([401, 403])

Answer = tuple[Station, Send, Result, int]


class Deliver:
    """A running deliver process of the data folder's `path`, under one plan."""

    def __init__(
        self,
        path: Path,
        plan_: Plan,
        *,
        clock: Clock,
        transport: Transport,
        registry: CollectorRegistry,
        jitter: Callable[[], float],
        environ: Mapping[str, str] = os.environ,
        project: Path = HERE.project,
        after_round: Callable[[], object] = lambda: None,
        door: str = "",
    ) -> None:
        self.path = path
        self._after_round = after_round
        self.clock = clock
        self.stations: dict[str, Station] = {}
        self.problems: dict[str, str] = {}
        self._plan = plan_
        self._plan_offset = 0
        self._replan = False
        self._transport = transport
        self._meters = Meters(registry)
        self._store = DeliveryStore(path / "delivery.db")
        self._attempts = AttemptLog(self._store.db)
        self._state = StateReader(path / "state.db")
        self._spool = Spool(path)
        self._inbox: list[Answer] = []
        self._introductions: list[tuple[Station, Introduced, int]] = []
        self._flying: set[asyncio.Task[None]] = set()
        self._jobs: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._awake = asyncio.Event()
        self._stopping = False
        self._crash: BaseException | None = None
        ids = itertools.count(self._attempts.last_id() + 1)
        places = Places(project, path)
        watch = Watch(environ, places)
        self._objectives = Objectives(
            self._store.db, path, clock=clock, transport=transport, registry=registry,
            jitter=jitter, wake=self.wake, environ=environ, places=places, door=door,
        )  # fmt: skip
        self._workshop = Workshop(self._store, ids, jitter, watch)
        self._schedule = Schedule(self._store, self._state, transport, clock, self._in_round)

    # -- from outside ----------------------------------------------------------------------

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def stop(self) -> None:
        """Come to an end: no new requests, a few seconds for those under way."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Deliver until `stop`."""
        try:
            self._schedule.begin()
            self._start()
            while not self._stopping:
                self._awake.clear()
                self._crash = self._crash or self._schedule.crashed()
                if self._crash is not None:
                    raise self._crash
                more = self.round()
                if self._replan:
                    await self._set_up_anew()
                elif more:
                    await asyncio.sleep(0)
                else:
                    await self._sleep()
            await self._schedule.stop()
            await self._land()
        finally:
            for task in self._flying:
                task.cancel()
            await self._objectives.close()
            await self._transport.close()
            self._state.close()
            self._store.close()

    # -- rounds ----------------------------------------------------------------------------

    def round(self) -> bool:
        """One transaction's work; whether there is more at once."""
        now_ms = self.clock.now_ms()
        leaving: list[tuple[Station, Send, Request]] = []
        with self._store.db:
            done = carry_out(self._spool, self._store, self.stations, self._schedule, now_ms)
            if done.renews or self._workshop.watch.changed():
                self._replan = True
            more = self._fold(now_ms)
            self._take_introductions()
            self._take_answers()
            self._do_jobs()
            if not self._stopping and not self._replan:
                for station in self.stations.values():
                    leaving += self._plan_one(station, now_ms)
            for station in self.stations.values():
                station.save(self._store)
            self._objectives.save(self._lanes(), now_ms)
        for path in done.files:
            path.unlink(missing_ok=True)
        for station in self.stations.values():
            station.lane.written()
            self._meters.observe(station.lane, station.position)
        for station, send, request in leaving:
            self._launch(self._fly(station, send, request))
        if not self._stopping and not self._replan:
            self._objectives.launch()
            self._introduce(now_ms)
            self._schedule.look(self.stations, now_ms)
        self._after_round()
        return more

    def _start(self) -> None:
        """Set up the destinations of the plan that the state is under, else of the given one."""
        self._plan_offset = self._state.plan_offset()
        self._plan = self._state.plan() or self._plan
        now_ms, end = self.clock.now_ms(), self._state.end()
        with self._store.db:
            self._objectives.interrupted()
            self._attempts.interrupt()
            for destination in self._plan.destinations:
                made = set_up(self._workshop, self._plan, destination, end, now_ms)
                if isinstance(made, Station):
                    self.stations[destination.name] = made
                else:
                    self.problems[destination.name] = made
                    _log.error("destination not set up", destination=destination.name, why=made)
            standing = [(each.lane, each.position) for each in self.stations.values()]
            self._objectives.begin(self._plan, standing, end, self._plan_offset)

    async def _set_up_anew(self) -> None:
        """Another version of the definitions is live: what is under way comes to its end, then
        every destination begins again under that plan. Nothing leaves before all that the change
        brought is taken in."""
        await self._schedule.stop()
        await self._land()
        self.stations, self.problems, self._replan = {}, {}, False
        self._start()
        self._awake.set()

    def _fold(self, now_ms: int) -> bool:
        if self._replan:
            return False
        position = min((station.position for station in self.stations.values()), default=None)
        rows = [] if position is None else self._state.after(position, FOLD_ROWS_MAX)
        # Looked at after the rows were read: no row of a change of plans is taken in without it.
        offset = self._state.plan_offset()
        if offset != self._plan_offset:
            self._plan_offset = offset
            self._replan = self._state.plan() != self._plan
            if self._replan:
                return False
        for station in self.stations.values():
            station.fold(rows, self._state, now_ms)
        return len(rows) == FOLD_ROWS_MAX

    def _take_answers(self) -> None:
        answers, self._inbox = self._inbox, []
        for station, send, result, answered_ms in answers:
            reply = station.classify(send, result, answered_ms)
            before = station.lane.breaker.state
            known = self._objectives.before(station.lane, send)
            settle(station.lane, send.id, reply, answered_ms)
            self._objectives.answered(station.lane, send, reply, answered_ms, known)
            self._attempts.arrive(send, result, reply, answered_ms, station.secrets)
            self._meters.answered(send, reply, state_of(reply), answered_ms)
            self._look_at_secrets(station, result, reply, answered_ms)
            breaker = station.lane.breaker
            if (breaker.state == "closed") != (before == "closed"):
                _log.warning("destination", name=station.name, state=breaker.state,
                             why=breaker.reason)  # fmt: skip

    def _look_at_secrets(self, station: Station, result: Result, reply: Reply, now_ms: int) -> None:
        """Versions before one that has worked may go; where one is refused, another may do."""
        if any(outcome.verdict == "done" for outcome in reply.outcomes):
            self._workshop.watch.worked(station.followed, now_ms)
        elif isinstance(result, Response) and result.status in _DENIED:
            self._try_other_secrets(station)

    def _try_other_secrets(self, station: Station) -> None:
        raw = next(d.settings for d in self._plan.destinations if d.name == station.name)
        watch, present = self._workshop.watch, station.followed
        if not self._replan and watch.refused(station.name, station.connector, raw, present):
            self._replan = True
            _log.warning("destination refuses its secrets, others are tried", name=station.name)

    def _take_introductions(self) -> None:
        came, self._introductions = self._introductions, []
        for station, introduced, now_ms in came:
            station.introduced(introduced, self._store, now_ms)
            if introduced.refusal is not None:
                why = mask(introduced.refusal.reason, station.secrets)
                _log.warning("destination refuses", name=station.name, why=why)
                self._try_other_secrets(station)

    def _plan_one(self, station: Station, now_ms: int) -> list[tuple[Station, Send, Request]]:
        if not station.caught_up:
            return []
        if station.introduction.is_over(station.connector, now_ms):
            station.lane.release(now_ms)  # whoever has waited long enough calls for a new one
            return []
        leaving = []
        for send in plan(station.lane, now_ms):
            request = station.encode(send)
            self._attempts.depart(station.id, send, request, station.secrets)
            leaving.append((station, send, request))
        return leaving

    async def _in_round(self, work: Callable[[], Any]) -> Any:
        """Have the next round do some work inside its transaction; the result of it."""
        future = asyncio.get_running_loop().create_future()
        self._jobs.append((work, future))
        self._awake.set()
        return await future

    def _do_jobs(self) -> None:
        jobs, self._jobs = self._jobs, []
        for work, future in jobs:
            if not future.cancelled():
                future.set_result(work())

    # -- requests --------------------------------------------------------------------------

    def _launch(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._flying.add(task)
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        if not task.cancelled() and task.exception() is not None:
            # A bug: the request's fate would never be settled, so the loop ends with it.
            self._crash = task.exception()
            self._awake.set()

    def _introduce(self, now_ms: int) -> None:
        for station in self.stations.values():
            if station.needs_introduction(now_ms):
                station.introduction.under_way = True
                self._launch(self._meet(station))

    async def _meet(self, station: Station) -> None:
        came = await introduce(station.connector, station.introduction, station.lane,
                               self._transport, self.clock)  # fmt: skip
        self._introductions.append((station, came, self.clock.now_ms()))
        self._awake.set()

    async def _fly(self, station: Station, send: Send, request: Request) -> None:
        result: Result
        try:
            result = await self._transport.send(request, station.lane.limits)
        except asyncio.CancelledError:
            result = Failure("interrupted", "deliver was stopped meanwhile")
        self._inbox.append((station, send, result, self.clock.now_ms()))
        self._awake.set()

    async def _land(self) -> None:
        """Wait a little for what is under way, then note what became of it."""
        if self._flying:
            await asyncio.wait(self._flying, timeout=STOP_GRACE_SECONDS)
            for task in self._flying:
                task.cancel()
            await asyncio.gather(*self._flying, return_exceptions=True)
        await self._objectives.land(STOP_GRACE_SECONDS)
        self.round()

    def _lanes(self) -> list[Lane]:
        return [station.lane for station in self.stations.values()]

    # -- sleeping --------------------------------------------------------------------------

    async def _sleep(self) -> None:
        """Until something happens or the nearest instant a lane has named."""
        now_ms = self.clock.now_ms()
        named = [
            station.wake_at_ms(now_ms) for station in self.stations.values() if station.caught_up
        ]
        named.append(self._schedule.wake_at_ms(self.stations))
        named.append(self._objectives.wake_at_ms(self._lanes()))
        instants = [at_ms for at_ms in named if at_ms is not None]
        if not instants:
            await self._awake.wait()
            return
        waker = asyncio.ensure_future(self._awake.wait())
        timer = asyncio.ensure_future(self.clock.sleep(max(0, min(instants) - now_ms) / 1000))
        try:
            await asyncio.wait((waker, timer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waker.cancel()
            timer.cancel()
