"""A whole system in one event loop on a virtual clock: from a Segment call to a vendor's sandbox.

What runs is what `ebbline run` runs, without its processes: the same ASGI app, group commit,
log, fold, stores and deliver loop, on real files. Time passes only in `advance` and
`advance_to`, from one due instant to the next, so a month takes a moment and always comes out
the same. Every destination of the plan leads to its sandbox; nothing leaves the process.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

from ebbline.connectors.sandbox import SandboxApp
from ebbline.definitions import Loaded, load_project, render_all
from ebbline.definitions.plan import Plan
from ebbline.errors import ProjectError
from ebbline.hosts.embedded.builder import Builder
from ebbline.hosts.embedded.collect.keys import DEFAULT_KEYS
from ebbline.hosts.embedded.deliver import Deliver
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.lock import FolderLock, acquire
from ebbline.hosts.embedded.reading import Reader, Told
from ebbline.hosts.embedded.versions import Proposal, Versions, propose, read_versions
from ebbline.testing.door import Answer, Served
from ebbline.testing.running import Running
from ebbline.testing.sandboxes import Sandboxes
from ebbline.testing.virtual_clock import VirtualClock, length_ms

Project = Plan | Loaded | str | Path


class System:
    """A system under test; use it in an `async with` block.

    >>> import asyncio
    >>> from ebbline.definitions import load_files
    >>> project = load_files({
    ...     "ebbline.yml": b"name: tiny",
    ...     "audiences/a.yml": b'''
    ... audiences:
    ...   warm: {when: 'performed("Demo Watched", within="1h")', owner: me, review_by: 2100-01-01}
    ... ''',
    ... })
    >>> async def test():
    ...     async with System(project) as system:
    ...         await system.send({"type": "track", "userId": "ana", "event": "Demo Watched"})
    ...         await system.settle()
    ...         print(system.members("warm"))
    ...         await system.advance("1h")
    ...         print(system.members("warm"))
    >>> asyncio.run(test())
    ['ana']
    []

    `project` is a project folder, a loaded project or a plan; `folder` keeps the data (without
    it, a temporary one that goes with the system). `clock` stands still but for `advance`.
    """

    def __init__(self, project: Project, clock: VirtualClock | None = None,
                 folder: str | Path | None = None) -> None:  # fmt: skip
        self.plan = plan_of(project)
        self.clock = clock or VirtualClock()
        self._path = None if folder is None else Path(folder)
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._lock: FolderLock | None = None
        self._running: Running | None = None
        self._building = True
        self._served: Served | None = None
        self._sandboxes: Sandboxes | None = None

    # -- life ------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the folder and catch up with its log; raises as `ebbline run` does."""
        if self._path is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="ebbline-")
            self._path = Path(self._temporary.name) / "data"
        folder = open_folder(self._path)
        self._lock = acquire(folder.lock)
        if self._sandboxes is None:
            self._sandboxes = Sandboxes(self.plan, self.clock)
        self._running = Running(folder, self.plan, self.clock, self._sandboxes)
        self._running.building = self._building
        await self._running.start()

    async def stop(self) -> None:
        """Stop as on SIGTERM: what came in is on disk, the folder is free."""
        if self._served is not None:
            await self._served.close()
            self._served = None
        if self._running is not None:
            await self._running.close()
            self._running = None
        if self._lock is not None:
            self._lock.release()

    async def restart(self, project: Project | None = None) -> None:
        """Stop and start again on the same folder, with another project if one is given."""
        await self.stop()
        if project is not None:
            self.plan = plan_of(project)
            self._sandboxes = None
        await self.start()

    async def __aenter__(self) -> Self:
        """Start."""
        try:
            await self.start()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop, and remove the data if the folder is a temporary one."""
        await self.stop()
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = self._path = None

    # -- what comes in ---------------------------------------------------------------------

    @property
    def write_key(self) -> str:
        """The key of the project's first source, or the one every project has by default."""
        keys = [source.write_key for source in self.plan.sources]
        return (keys or list(DEFAULT_KEYS))[0]

    async def post(self, path: str, body: bytes, write_key: str | None = None) -> Answer:
        """One request at the door, as bytes; the answer comes when all is on disk."""
        key = self.write_key if write_key is None else write_key
        return await self._now().door.ask(path, body, key)

    async def send(self, *calls: Mapping[str, Any]) -> None:
        """Segment calls as one batch, received now; ones without a `messageId` get one.

        Raises AssertionError when any is refused, saying why.
        """
        running = self._now()
        items = [{"messageId": running.next_message_id(), **call} for call in calls]
        answer = await self.post("/v1/batch", msgspec.json.encode({"batch": items}))
        told = msgspec.json.decode(answer.body)
        if answer.status != 200 or told.get("rejected"):
            message = f"the collector answered {answer.status}: {answer.body.decode()}"
            raise AssertionError(message)

    async def serve(self) -> str:
        """Open the door on a free port of this machine, for SDKs and other real clients; its
        address. Requests are taken whenever the event loop runs, at the clock's instant."""
        if self._served is None:
            self._served = Served(self._now().door.app)
            await self._served.start()
        return self._served.url

    # -- definitions -----------------------------------------------------------------------

    async def apply(self, project: Project) -> None:
        """Change the project while the system runs, as `ebbline apply --wait` does."""
        self.propose(project)
        await self.build()

    def propose(self, project: Project) -> None:
        """Propose a changed project and build nothing of it before `build`: for tests of what
        happens meanwhile."""
        plan, running = plan_of(project), self._now()
        running.building = self._building = False
        propose(running.engine.log, Proposal(plan, "a test"))
        self.plan = plan

    @property
    def versions(self) -> Versions:
        """The versions of the definitions: what is live, what is being built."""
        return read_versions(self._now().engine.log)

    @property
    def builder(self) -> Builder:
        """The builder, for tests that look into it or stop it halfway."""
        return self._now().builder

    async def build(self, steps: int | None = None) -> None:
        """Let the builder take so many steps towards what was proposed, or all of them."""
        running = self._now()
        running.building = self._building = steps is None
        for _ in range(steps or 0):
            running.builder.step()
        await running.settle()

    # -- time ------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Let everything that has come in take its whole way at the present instant: folded,
        committed, delivered as far as linger, pace and retries allow."""
        await self._now().settle()

    async def advance(self, length: str | int) -> None:
        """Let time pass: a duration text such as `"24h"`, or milliseconds."""
        await self.advance_to(self.clock.now_ms() + length_ms(length))

    async def advance_to(self, ms: int) -> None:
        """Let time pass up to an instant, stopping wherever anything is due on the way."""
        running = self._now()
        await running.settle()
        while (due_ms := self.next_due_ms()) is not None and due_ms <= ms:
            await self.clock.advance_to(due_ms)
            await running.settle()
        await self.clock.advance_to(ms)
        await running.settle()

    def next_due_ms(self) -> int | None:
        """The next instant at which anything happens by itself; None: nothing will."""
        dues = [due for due in (self._now().due_ms, self.clock.next_ms()) if due is not None]
        return min(dues, default=None)

    @property
    def sandboxes(self) -> dict[str, SandboxApp]:
        """The sandbox of each destination: `requests` is what it was sent, `faults` makes it
        fail. They outlive a restart of the system, as vendors do, but for one
        with another project."""
        return self._now().sandboxes.apps

    @property
    def folder(self) -> DataFolder:
        """The data folder; its files are readable while the system runs."""
        return self._now().folder

    @property
    def deliver(self) -> Deliver:
        """The deliver loop: `problems` says which destinations could not be set up, and why."""
        return self._now().deliver

    @property
    def engine(self) -> EngineLoop:
        """The engine, for tests that look into it or stop it halfway."""
        return self._now().engine

    # -- what came of it -------------------------------------------------------------------

    @property
    def reader(self) -> Reader:
        """People, audiences and the ledger, as `ebbline profile`, `members`, `ledger` show."""
        return self._now().reader

    def members(self, audience: str) -> list[str]:
        """Best identifiers of those for whom an audience is effective, sorted."""
        found = self.reader.members(audience, effective=True)
        return sorted(member.identifier for member in found)

    def ledger(self, definition: str | None = None) -> list[Told]:
        """Everything that has changed, or all of one audience or trait, in order."""
        return list(self.reader.ledger(definition=definition, after=0))

    def _now(self) -> Running:
        if self._running is None:
            message = "the system does not run: use it in an `async with` block"
            raise RuntimeError(message)
        return self._running


def plan_of(project: Project) -> Plan:
    """The plan of a project folder, a loaded project or a plan. Raises ProjectError with all
    findings when it has errors."""
    if isinstance(project, Plan):
        return project
    loaded = project if isinstance(project, Loaded) else load_project(project)
    if loaded.plan is None:
        raise ProjectError(render_all(loaded.errors))
    return loaded.plan
