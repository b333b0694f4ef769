"""One seed's day: people change, destinations fail, deliver is killed and paused; then calm.

What must hold is checked while it happens: nothing goes back in time at any destination,
nothing leaves for a paused one, the healthy one does not notice. At the end every sandbox holds
exactly what the memberships say.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random
from typing import Any

import apsw
from prometheus_client import CollectorRegistry

from ebbline.connectors import Request, Response, connector_of
from ebbline.definitions.plan import Plan, TraitDef
from ebbline.definitions.tree import Literal
from ebbline.delivery import Send
from ebbline.hosts.embedded.deliver import Deliver
from ebbline.hosts.embedded.deliver.commands import Pause, Retry, Spool
from tests.simulation.delivery.world import AUDIENCES, TRAIT_NAME
from tests.simulation.virtual import VirtualClock
from tests.simulation.weather.places import ENVIRON, HEALTHY, MIN_CHANGE, Held, Place
from tests.simulation.weather.sky import DAY_MS, HOUR_MS, Sky, StormTransport, forecast
from tests.simulation.weather.town import Town

PEOPLE = 25
CHANGES = 160
BACKLOG_LOOKS = 20
"""Changes between two looks at how much is kept."""
KILLS = 3
HEALTHY_MS = 2_000
"""A change is at the healthy destination within this, whatever befalls the others: a linger, a
request and some hundred milliseconds for the round in between."""


class WatchedDeliver(Deliver):
    """A deliver process that tells the weather what each request is for."""

    async def _fly(self, station: Any, send: Send, request: Request) -> None:
        self._transport.sends[id(request)] = send
        await super()._fly(station, send, request)


class Storm:
    """`await run()` lives the day and checks it."""

    people = PEOPLE

    def __init__(self, seed: int, folder: Path, clock: VirtualClock, places: list[Place]) -> None:
        self.rng = Random(seed)
        self.folder = folder
        self.clock = clock
        self.places = [*places, HEALTHY]
        self.transport = StormTransport(clock)
        self.transport.watch, self.transport.applied = self._watch, self._applied
        self.town = Town(self.rng, self.people, folder / "state.db")
        for place in self.places:
            spells = [] if place is HEALTHY else forecast(self.rng, clock.now_ms())
            self.transport.skies[place.host] = Sky(
                place.vendor(), Random(seed), spells, place.partly
            )
        self.paused: set[str] = set()
        self.killed_ms = 0
        self.kills = self.changes = 0
        self.versions: dict[tuple[str, str, str], int] = {}
        self.plan = Plan(
            "storm", (), traits=(TraitDef(TRAIT_NAME, Literal(1), "number"),),
            destinations=tuple(place.definition for place in self.places),
        )  # fmt: skip
        self.deliver: WatchedDeliver
        self.task: asyncio.Task[None]

    async def run(self) -> None:
        """The day, and the quiet after it."""
        self._begin()
        await self._live()
        for sky in self.transport.skies.values():
            sky.spells = []
        await self._calm()
        self.deliver.stop()
        await self.task
        self._check()

    # -- the day ---------------------------------------------------------------------------

    async def _live(self) -> None:
        start_ms = self.clock.now_ms()
        instants = [(start_ms + self.rng.randrange(DAY_MS), "change") for _ in range(CHANGES)]
        instants += [(start_ms + self.rng.randrange(DAY_MS), "kill") for _ in range(KILLS)]
        instants += [(start_ms + self.rng.randrange(DAY_MS), "pause") for _ in range(2)]
        burst_ms = start_ms + self.rng.randrange(DAY_MS)
        instants += [(burst_ms + 7 * n, "change") for n in range(40)]
        for at_ms, what in sorted(instants):
            await self.clock.sleep(max(0, at_ms - self.clock.now_ms()) / 1000)
            if self.task.done():
                self.task.result()
            await getattr(self, f"_{what}")()

    async def _change(self) -> None:
        self.town.live(self.clock.now_ms())
        self.deliver.wake()
        self.changes += 1
        if self.changes % BACKLOG_LOOKS == 0:
            self._check_backlog()

    async def _kill(self) -> None:
        self.kills += 1
        self.killed_ms = self.clock.now_ms()
        self.transport.cut()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.clock.sleep(self.rng.uniform(0, 3))
        self._begin()

    async def _pause(self) -> None:
        name = self.rng.choice(self.places[:-1]).name
        self._order(Pause(name, paused=True))
        self.paused.add(name)
        asyncio.get_running_loop().call_later(self.rng.uniform(60, 7_200), self._resume, name)

    def _resume(self, name: str) -> None:
        if name in self.paused:
            self.paused.discard(name)
            self._order(Pause(name, paused=False))

    def _order(self, order: Any) -> None:
        Spool(self.folder).put(order, f"{self.clock.now_ms()}-{self.rng.random()}")
        self.deliver.wake()
        # The order is carried out by the next round; rounds are not interrupted.
        if not self.task.done():
            self.deliver.round()

    # -- the quiet -------------------------------------------------------------------------

    async def _calm(self) -> None:
        for name in sorted(self.paused):
            self._resume(name)
        for _ in range(30):
            await self.clock.sleep(HOUR_MS / 1000)
            if self.task.done():
                self.task.result()
            self._order(Retry())
            if self._is_at_rest() and not self.transport.late:
                return
        raise AssertionError(f"it does not come to rest: {self._restless()}")

    def _is_at_rest(self) -> bool:
        return all(
            not len(s.lane.ready) and not s.lane.timers and not s.lane.flights and s.caught_up
            for s in self.deliver.stations.values()
        )

    def _restless(self) -> list[object]:
        """What keeps a destination busy."""
        return [
            (name, s.lane.breaker, s.lane.pace, s.introduction,
             [s.lane.people[address] for address in (*s.lane.ready, *s.lane.timers)])
            for name, s in self.deliver.stations.items()
        ]  # fmt: skip

    def _begin(self) -> None:
        self.deliver = WatchedDeliver(
            self.folder, self.plan, clock=self.clock, transport=self.transport,
            registry=CollectorRegistry(), jitter=self.rng.random, environ=ENVIRON,
        )  # fmt: skip
        self.deliver._store.db.execute("PRAGMA synchronous=OFF").fetchall()
        self.task = asyncio.get_running_loop().create_task(self.deliver.run())

    # -- what must hold at every moment ----------------------------------------------------

    def _watch(self, send: Send | None, request: Request) -> None:
        host = request.url.partition("://")[2].partition("/")[0]
        name = next(place.name for place in self.places if place.host == host)
        assert name not in self.paused, f"{name} is paused and was sent {request}"
        if send is not None and name == HEALTHY.name:
            now_ms = self.clock.now_ms()
            for item in send.items:
                for value in item.values:
                    waited_ms = now_ms - max(value.queued_ms, self.killed_ms)
                    fenced = self.killed_ms and now_ms - self.killed_ms < 60_000
                    assert waited_ms < HEALTHY_MS or fenced, (waited_ms, value)

    def _applied(self, send: Send | None, response: Response) -> None:
        if send is None or not 200 <= response.status < 300:
            return
        for item in send.items:
            for value in item.values:
                key = (send.destination, str(item.address), value.field)
                assert value.version >= self.versions.get(key, 0), f"{key} went back in time"
                self.versions[key] = value.version

    # -- the end ---------------------------------------------------------------------------

    def _check(self) -> None:
        for place in self.places:
            sky = self.transport.skies[place.host]
            held = place.held(sky.vendor)
            assert self._members(held) == self._wanted(place), place.name
            self._check_scores(place, held)
            assert sky.own_429 <= max(1, sky.calls * 0.02), (place.name, sky.own_429, sky.calls)
        self._check_backlog()

    def _members(self, held: Held) -> dict[str, set[str]]:
        found = {
            name: {audience for audience in AUDIENCES if values.get(audience)}
            for name, values in held.items()
        }
        return {name: audiences for name, audiences in found.items() if audiences}

    def _wanted(self, place: Place) -> dict[str, set[str]]:
        found = {}
        for profile, audiences in self.town.members.items():
            home = self._home(place, profile)
            if home is not None and audiences:
                found[home] = set(audiences)
        return found

    def _check_scores(self, place: Place, held: Held) -> None:
        for profile, score in self.town.scores.items():
            home = self._home(place, profile)
            if home is not None and score is not None:
                told = held[home][TRAIT_NAME]
                assert abs(told - score) < MIN_CHANGE, (place.name, profile)

    def _home(self, place: Place, profile: int) -> str | None:
        connector = connector_of(place.definition.type)
        settings = self.deliver.stations[place.name].introduction.setup.settings
        found = connector.address(self.town.identifiers[profile], settings)
        return None if found is None else found.value

    def names(self, place: Place, profiles: set[int]) -> set[str]:
        """What a destination calls or called some people."""
        gone = {n for n in profiles if n not in self.town.identifiers}
        values = {one.value for n in profiles - gone for one in self.town.identifiers[n]}
        return values | {f"user-{n}" for n in profiles} | {f"{n}@x.org" for n in profiles}

    def _check_backlog(self) -> None:
        """What is kept is bounded by people and fields, whatever has happened to them."""
        names = 3 * self.town.next_id + self.town.devices
        fields = len(AUDIENCES) + 1
        db = apsw.Connection(str(self.folder / "delivery.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            kept = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM cells)"
            ((people, cells),) = db.execute(kept).fetchall()
        finally:
            db.close()
        assert people <= names * len(self.places)
        assert cells <= people * fields
