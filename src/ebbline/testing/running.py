"""What exists between a system's start and its stop: the parts, and how they come to rest."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import Plan
from ebbline.engine import NEVER
from ebbline.hosts.embedded.builder import Builder
from ebbline.hosts.embedded.deliver import Deliver
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder
from ebbline.hosts.embedded.reading import Reader
from ebbline.testing.door import Door
from ebbline.testing.sandboxes import Sandboxes
from ebbline.testing.virtual_clock import VirtualClock, turns


class Running:
    """The parts of a running system. `due_ms` is the engine's next instant, None for never."""

    def __init__(
        self, folder: DataFolder, plan: Plan, clock: VirtualClock, sandboxes: Sandboxes
    ) -> None:
        self.folder = folder
        self.sandboxes = sandboxes
        self._rows = 0
        self._clock = clock
        self._new_plan: Plan | None = None
        self.engine = EngineLoop(folder, plan, clock, self._committed, on_plan=self._in_force)
        self.builder = Builder(folder, clock)
        self.building = True  # whether `settle` builds what is proposed
        self.due_ms: int | None = None
        self._step()
        self._new_plan = None
        self.door = Door(folder, plan, clock)
        self.reader = Reader(folder.path, clock)
        drawn = random.Random(plan.name)  # noqa: S311 - the same delays in every run
        self.deliver = Deliver(
            folder.path, plan, clock=clock, transport=sandboxes, registry=CollectorRegistry(),
            jitter=drawn.random, environ=sandboxes.environ,
        )  # fmt: skip
        self._delivering: asyncio.Task[None] | None = None
        self._begun = self.engine.log.tail().offset
        self._calls = 0

    async def start(self) -> None:
        """Begin to deliver, and come to rest."""
        self._delivering = asyncio.create_task(self.deliver.run())
        await self.settle()

    async def settle(self) -> None:
        """Fold what the log holds, fire what is due, build a version that is proposed, and let
        deliver do what it can now."""
        self._step()
        while self.building and self.builder.step():
            continue
        self._step()
        if self._new_plan is not None:
            self._follow(self._new_plan)
        if self._rows:
            self._rows = 0
            self.deliver.wake()
        requests = -1
        while requests != self.sandboxes.requests:
            requests = self.sandboxes.requests
            await turns()
            self._check()

    def next_message_id(self) -> str:
        """An id that no other call of this folder has."""
        self._calls += 1
        return f"test-{self._begun}-{self._calls}"

    async def close(self) -> None:
        """Let go of everything, as on SIGTERM."""
        await self.door.close()
        self.deliver.stop()
        await self.sandboxes.close()
        if self._delivering is not None:
            await self._delivering
        self.reader.close()
        self.builder.close()
        self.engine.close()

    def _step(self) -> None:
        due_ms = self.engine.step()
        self.due_ms = due_ms if due_ms < NEVER else None

    def _in_force(self, plan: Plan) -> None:
        self._new_plan = plan

    def _follow(self, plan: Plan) -> None:
        """Another version is live: what the processes of a system do then."""
        self._new_plan = None
        self.sandboxes.follow(plan)
        self.door.follow(plan)
        self.reader.close()
        self.reader = Reader(self.folder.path, self._clock)

    def _committed(self, rows: int) -> Any:
        self._rows += rows

    def _check(self) -> None:
        """A deliver loop that broke must not look like one that has nothing to do."""
        if self._delivering is not None and self._delivering.done():
            self._delivering.result()
