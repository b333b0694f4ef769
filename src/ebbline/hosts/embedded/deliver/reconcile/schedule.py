"""When destinations are reconciled: on a schedule of their own, and when somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.deliver.commands import Reconcile
from ebbline.hosts.embedded.deliver.reconcile.reconciler import Reconciler
from ebbline.hosts.embedded.deliver.reconcile.report import Report, Reports
from ebbline.hosts.embedded.deliver.state_reader import StateReader
from ebbline.hosts.embedded.deliver.station import Station
from ebbline.hosts.embedded.deliver.store import DeliveryStore
from ebbline.hosts.embedded.deliver.transport import Transport

_log = structlog.get_logger("deliver")


class Schedule:
    """The reconciliations of one deliver process, at most one of a destination at a time."""

    def __init__(self, store: DeliveryStore, state: StateReader, transport: Transport,
                 clock: Clock, in_round: Callable[..., Any]) -> None:  # fmt: skip
        self._store = store
        self._state = state
        self._transport = transport
        self._clock = clock
        self._in_round = in_round
        self._reports = Reports(store.db)
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def begin(self) -> None:
        """A new run of the process: what was under way is over."""
        self._reports.interrupt()

    def order(self, order: Reconcile, stations: Mapping[str, Station], now_ms: int) -> None:
        """Somebody asks for one; where there can be none the report says why."""
        report = Report(order.id, order.destination, now_ms)
        station = stations.get(order.destination)
        if station is None:
            self._refuse(report, f"no destination {order.destination} is set up")
        elif order.destination in self._tasks:
            self._refuse(report, "a reconciliation of this destination is running")
        elif station.lane.paused or station.lane.breaker.open_until_ms > now_ms:
            why = "paused" if station.lane.paused else f"down: {station.lane.breaker.reason}"
            self._refuse(report, f"the destination is {why}")
        else:
            self._start(station, report, order.sample, heal=order.heal)

    def look(self, stations: Mapping[str, Station], now_ms: int) -> None:
        """Start what is due."""
        for name, station in stations.items():
            due_ms = self._due_ms(station)
            if due_ms is not None and due_ms <= now_ms and name not in self._tasks:
                report = Report(f"{name}-{now_ms}", name, now_ms)
                self._start(station, report, station.reconcile.sample, heal=station.reconcile.heal)

    def wake_at_ms(self, stations: Mapping[str, Station]) -> int | None:
        """When the next one is due."""
        due = [
            at_ms
            for name, station in stations.items()
            if name not in self._tasks and (at_ms := self._due_ms(station)) is not None
        ]
        return min(due, default=None)

    async def stop(self) -> None:
        """End what is running; its report says that it was cut off."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()

    def crashed(self) -> BaseException | None:
        """What a reconciliation has stumbled over, if that was a fault of ours."""
        for task in self._tasks.values():
            if task.done() and not task.cancelled() and task.exception() is not None:
                return task.exception()
        return None

    def _due_ms(self, station: Station) -> int | None:
        every_ms = station.reconcile.every_ms
        if not every_ms or not station.caught_up or station.lane.paused:
            return None
        return max(
            self._reports.last_ms(station.name) + every_ms, station.lane.breaker.open_until_ms
        )

    def _start(self, station: Station, report: Report, sample: int, *, heal: bool) -> None:
        self._reports.put(report)
        task = asyncio.create_task(self._run(station, report, sample, heal=heal))
        self._tasks[station.name] = task

    async def _run(self, station: Station, report: Report, sample: int, *, heal: bool) -> None:
        reconciler = Reconciler(
            station, self._store, self._state, self._transport, self._clock, self._in_round
        )  # fmt: skip
        done = await reconciler.run(report, sample=sample, heal=heal)
        await self._in_round(lambda: self._end(done))
        _log.info("reconciled", destination=station.name, people=done.compared,
                  drifts=done.drifts, healed=done.healed, problem=done.problem)  # fmt: skip

    def _end(self, done: Report) -> None:
        """Inside the round, which then knows when the next one is due."""
        self._reports.put(done)
        del self._tasks[done.destination]

    def _refuse(self, report: Report, why: str) -> None:
        report.state, report.problem, report.ended_ms = "failed", why, report.started_ms
        self._reports.put(report)
