"""Everything about service levels behind a few calls of the deliver process.

Calls marked "in a round" write to delivery.db and belong inside the round's transaction; `launch`
belongs after it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apsw
from prometheus_client import CollectorRegistry

from ebbline.connectors import Response
from ebbline.definitions.plan import AlertDef, Plan
from ebbline.delivery import Lane, Reply, Send
from ebbline.delivery.objectives import Alarm, acknowledged
from ebbline.delivery.objectives.fates import Place
from ebbline.delivery.objectives.limits import MINUTE_MS
from ebbline.hosts.embedded.clock import Clock
from ebbline.hosts.embedded.collect.keys import DEFAULT_KEYS
from ebbline.hosts.embedded.deliver.guard import Guard
from ebbline.hosts.embedded.deliver.objectives.meters import SloMeters
from ebbline.hosts.embedded.deliver.objectives.notices import Notices, Outgoing, receiver_of
from ebbline.hosts.embedded.deliver.objectives.origins import Origins
from ebbline.hosts.embedded.deliver.objectives.probes import POST_LIMITS, Posting, Probes
from ebbline.hosts.embedded.deliver.objectives.receivers import hand_over
from ebbline.hosts.embedded.deliver.objectives.recorder import Recorder
from ebbline.hosts.embedded.deliver.objectives.schema import SCHEMA
from ebbline.hosts.embedded.deliver.objectives.silences import read_silences
from ebbline.hosts.embedded.deliver.objectives.watch import Watch
from ebbline.hosts.embedded.deliver.objectives.wording import PROBE, Circumstances
from ebbline.hosts.embedded.deliver.transport import HttpTransport, Transport
from ebbline.hosts.embedded.secrets.references import HERE, Places


class Objectives:
    """The service levels of one deliver process.

    `door` is the address of our own door, such as http://127.0.0.1:8080; without it nothing is
    probed. `wake` is called when something that was launched has come back.
    """

    def __init__(self, db: apsw.Connection, folder: Path, *, clock: Clock, transport: Transport,
                 registry: CollectorRegistry, jitter: Callable[[], float],
                 wake: Callable[[], object], environ: Mapping[str, str] = os.environ,
                 places: Places = HERE, door: str = "") -> None:  # fmt: skip
        db.execute(SCHEMA)
        self._folder = folder
        self._clock = clock
        self._transport = transport
        self._door_transport = HttpTransport(Guard([urlsplit(door).netloc] if door else []))
        self._guard = Guard.from_environ(environ)
        self._jitter = jitter
        self._wake = wake
        self._environ = environ
        self._places = places
        self._door = door
        self._meters = SloMeters(registry)
        self._origins = Origins(folder)
        self._recorder = Recorder(db, self._origins, self._meters)
        self._watch = Watch(db, self._recorder, self._meters)
        self._notices = Notices(db)
        self._probes = Probes(db, self._origins, self._meters)
        self._receivers: dict[str, AlertDef] = {}
        self._outgoing: list[Outgoing] = []
        self._postings: list[Posting] = []
        self._came: list[tuple[Outgoing, str]] = []
        self._posted: list[tuple[Posting, str, int]] = []
        self._flying: dict[asyncio.Task[None], str] = {}
        self._news = True  # something happened since the last look
        self._look_ms = 0

    # -- setting up, in a round ------------------------------------------------------------

    def interrupted(self) -> None:
        """Deliver starts: requests of the last run got no answer. Before the attempts are told."""
        self._recorder.interrupted()

    def begin(self, plan: Plan, lanes: Iterable[tuple[Lane, int]], ledger_end: int,
              plan_offset: int) -> None:  # fmt: skip
        """The destinations of a plan are set up: each with the ledger row it stands at."""
        self._recorder.slo, self._watch.project = plan.slo, plan.name
        self._meters.promise(plan.slo)
        names = set()
        for lane, position in lanes:
            names.add(lane.destination)
            sources = {feed.field: feed.source for feed in lane.feeds.values()
                       if not feed.source.startswith("errand:")}  # fmt: skip
            self._recorder.adopt(lane.destination, sources, position, ledger_end, plan_offset)
        self._watch.forget(frozenset(each.name for each in plan.destinations) | names)
        self._receivers = {receiver_of(alert): alert for alert in plan.slo.alerts}
        self._probes.adopt(plan, self._door, next(iter(DEFAULT_KEYS)))
        self._news = True

    # -- answers, in a round ---------------------------------------------------------------

    def before(self, lane: Lane, send: Send) -> frozenset[Place]:
        """What `answered` has to know of a request; to be asked before `settle`."""
        return acknowledged(lane, send)

    def answered(self, lane: Lane, send: Send, reply: Reply, answered_ms: int,
                 before: frozenset[Place]) -> None:  # fmt: skip
        """A request was settled: count what became of its changes."""
        name = lane.destination
        first_ms = self._recorder.first_ms(name, [str(item.address) for item in send.items])
        self._recorder.answered(lane, send, reply, answered_ms, before)
        self._probes.answered(name, send, reply, first_ms, answered_ms)
        self._news = True

    # -- a round's end ---------------------------------------------------------------------

    def save(self, lanes: Iterable[Lane], now_ms: int) -> None:
        """Take in what came back, look if it is time to, and write everything down: the last
        thing in a round."""
        lanes = list(lanes)
        for lane in lanes:
            if lane.paused:
                self._recorder.paused(lane, now_ms)
        self._take_back(now_ms)
        self._postings = self._probes.due(now_ms)
        self._recorder.save(now_ms)
        if self._is_restless(lanes) and now_ms >= self._look_ms:
            self._news = False
            self._look_ms = now_ms - now_ms % MINUTE_MS + MINUTE_MS
            self._look(lanes, now_ms)
        flying = frozenset(self._flying.values())
        self._outgoing = self._notices.due(now_ms, self._receivers, flying)

    def wake_at_ms(self, lanes: Iterable[Lane]) -> int | None:
        """When a round is wanted for this; None: only when something happens."""
        named = [self._notices.next_ms(frozenset(self._flying.values())), self._probes.next_ms()]
        if self._is_restless(lanes):
            named.append(self._look_ms)
        return min((at_ms for at_ms in named if at_ms is not None), default=None)

    def _is_restless(self, lanes: Iterable[Lane]) -> bool:
        """Whether there is anything to look at: where nothing is sent, waits or alarms, nothing
        can begin to."""
        waits = any(len(lane.ready) or lane.timers or lane.flights for lane in lanes)
        return self._news or self._watch.restless or waits

    def _look(self, lanes: Iterable[Lane], now_ms: int) -> None:
        silences = read_silences(self._folder)
        for lane in lanes:
            name = lane.destination
            silenced = silences.get(name, 0) > now_ms
            messages = self._watch.look(lane, now_ms, silenced=silenced)
            failing = self._probes.failing(name)
            circumstances = Circumstances(self._watch.project, self._recorder.slo,
                                          detail=failing or "")  # fmt: skip
            probe = self._watch.turn(Alarm(name, PROBE, "late", "firing", now_ms),
                                     failing is not None, circumstances, now_ms,
                                     silenced=silenced)  # fmt: skip
            for message in [*messages, *([probe] if probe else [])]:
                self._notices.put(message, self._receivers)

    def _take_back(self, now_ms: int) -> None:
        came, self._came = self._came, []
        for outgoing, error in came:
            became = self._notices.settle(outgoing, error, now_ms, self._jitter())
            if became != "waiting":
                self._meters.noticed(became.replace(" ", "_"))
        posted, self._posted = self._posted, []
        for posting, error, at_ms in posted:
            self._probes.posted(posting, error, at_ms)
            self._news = True

    # -- after the round -------------------------------------------------------------------

    def launch(self) -> None:
        """Let leave what the round has written down; inside the loop."""
        for outgoing in self._outgoing:
            self._start(self._hand_over(outgoing), outgoing.receiver)
        for posting in self._postings:
            self._start(self._post(posting), f"probe {posting.destination}")
        self._outgoing, self._postings = [], []

    async def land(self, seconds: float) -> None:
        """Wait a little for what is under way; a round after this notes what became of it."""
        if self._flying:
            await asyncio.wait(list(self._flying), timeout=seconds)

    async def close(self) -> None:
        """Let go of everything; a notice under way is sent again at the next start."""
        for task in list(self._flying):
            task.cancel()
        await asyncio.gather(*self._flying, return_exceptions=True)
        await self._door_transport.close()
        self._origins.close()

    def _start(self, work: Coroutine[Any, Any, None], what: str) -> None:
        task = asyncio.create_task(work)
        self._flying[task] = what
        task.add_done_callback(self._landed)

    def _landed(self, task: asyncio.Task[None]) -> None:
        del self._flying[task]
        self._wake()

    async def _hand_over(self, outgoing: Outgoing) -> None:
        error = "it could not be handed over: see the log"
        try:
            error = await hand_over(self._receivers[outgoing.receiver], outgoing.message,
                                    self._transport, self._guard, self._clock.now_ms(),
                                    self._environ, self._places)  # fmt: skip
        finally:
            self._came.append((outgoing, error))

    async def _post(self, posting: Posting) -> None:
        result = await self._door_transport.send(posting.request, POST_LIMITS)
        error = ""
        if not isinstance(result, Response):
            error = result.reason
        elif result.status != 200:
            error = f"our own door answered {result.status}"
        self._posted.append((posting, error, self._clock.now_ms()))
