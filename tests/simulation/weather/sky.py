"""Weather between deliver and its destinations: what happens to each request.

A request that is not lost reaches the vendor's sandbox at some instant, perhaps long after we
gave up on it (but within the time the vendor may take), perhaps only when everybody has
forgotten about it. Chance comes from a seed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Protocol

import msgspec

from ebbline.connectors import Failure, Request, Response, Result
from ebbline.delivery import Limits, Send
from tests.simulation.weather.partly import Partly

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
STATUSES = (500, 502, 503, 504, 429, 401, 403)
MAY_WORK = frozenset([500, 502, 503, 504])
WORKS_LATE = frozenset([502, 504])


class Spell(msgspec.Struct, frozen=True):
    """A time of bad weather: how many of the requests it hits, and with what."""

    from_ms: int
    until_ms: int
    share: float
    kinds: tuple[str, ...]


class Vendor(Protocol):
    """A sandbox, as far as the weather needs one."""

    def answer(self, request: Request, now_ms: int) -> Response: ...

    def refused(self, status: int, message: str, now_ms: int) -> Response: ...


KINDS = ("status", "throttled", "unsent", "timeout", "reset", "slow", "partly")


def forecast(rng: Random, start_ms: int) -> list[Spell]:
    """A day: a few showers, one outage of twelve hours, drizzle in between."""
    spells = []
    for _ in range(4):
        from_ms = start_ms + rng.randrange(DAY_MS)
        kinds = tuple(rng.sample(KINDS, rng.randrange(1, 4)))
        spells.append(Spell(from_ms, from_ms + rng.randrange(2 * HOUR_MS), rng.random(), kinds))
    from_ms = start_ms + rng.randrange(6 * HOUR_MS)
    kind = rng.choice(("unsent", "timeout", "status", "reset"))
    spells.append(Spell(from_ms, from_ms + 12 * HOUR_MS, 1.0, (kind,)))
    spells.append(Spell(start_ms, start_ms + DAY_MS, 0.06, KINDS))
    return spells


class Sky:
    """What lies between deliver and one vendor."""

    def __init__(
        self, vendor: Vendor, rng: Random, spells: list[Spell], partly: Partly | None = None
    ) -> None:
        self.vendor = vendor
        self.partly = partly
        self.rng = rng
        self.spells = spells
        self.calls = 0
        self.counts: Counter[str] = Counter()
        self.own_429 = 0  # refusals of the vendor itself: somebody was too fast

    def strikes(self, now_ms: int) -> str:
        """What happens to a request made now; "" when nothing does."""
        for spell in self.spells:
            if spell.from_ms <= now_ms < spell.until_ms and self.rng.random() < spell.share:
                return self.rng.choice(spell.kinds)
        return ""

    def work(self, request: Request, now_ms: int) -> Response:
        """The vendor does what the request asks."""
        answer = self.vendor.answer(lower(request), now_ms)
        self.own_429 += answer.status == 429 or b'"606"' in answer.body
        return answer


def lower(request: Request) -> Request:
    """As a server sees it: names of headers in lower case, the path with its query."""
    _, _, rest = request.url.partition("://")
    path = rest[rest.index("/") :] if "/" in rest else "/"
    headers = tuple((name.lower(), value) for name, value in request.headers)
    return Request(request.method, path, headers, request.body)


class StormTransport:
    """A `Transport` of the deliver process: routes requests by their host."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.skies: dict[str, Sky] = {}
        self.late: dict[asyncio.Task[None], tuple[float, float, Sky, Send | None, Request]] = {}
        self.sends: dict[int, Send] = {}  # of requests under way, by the request's identity
        self.watch = lambda send, request: None  # told of every request that leaves
        self.applied = lambda send, response: None  # told of what a vendor did

    async def send(self, request: Request, limits: Limits) -> Result:
        host = request.url.partition("://")[2].partition("/")[0]
        sky = self.skies[host]
        send = self.sends.pop(id(request), None)
        self.watch(send, request)
        sky.calls += 1
        kind = sky.strikes(self.clock.now_ms())
        sky.counts[kind] += 1
        took_s = sky.rng.uniform(0.02, 0.4)
        try:
            await asyncio.sleep(sky.rng.uniform(1, 15) if kind == "slow" else took_s)
        except asyncio.CancelledError:
            if kind != "unsent" and sky.rng.random() < 0.5:
                self._later(sky, send, request, limits.request_ms_max / 1000)
            raise
        if kind == "partly" and sky.partly is not None:
            answer = sky.partly(request, lambda rest: sky.work(rest, self.clock.now_ms()), sky.rng)
            if answer is not None:
                return answer
        if kind in ("", "slow", "partly"):
            return self._work(sky, send, request)
        if kind == "unsent":
            return Failure("unsent", "connection refused")
        if kind == "throttled":
            return self._throttled(sky)
        if kind == "status":
            return self._status(sky, send, request, limits)
        if kind == "reset":
            if sky.rng.random() < 0.5:
                self._work(sky, send, request)
            return Failure("broken", "connection reset")
        if sky.rng.random() < 0.7:
            most_s = (limits.timeout_ms + limits.request_ms_max) / 1000
            self._later(sky, send, request, most_s, limits.request_ms_max / 1000)
        await asyncio.sleep(limits.timeout_ms / 1000 - took_s)
        return Failure("timeout", "no answer")

    async def close(self) -> None:
        """Requests that are still on their way arrive all the same."""

    def _throttled(self, sky: Sky) -> Response:
        answer = sky.vendor.refused(429, "too fast", self.clock.now_ms())
        if sky.rng.random() < 0.5:
            kept = {n: v for n, v in answer.headers.items() if "rate" not in n and "retry" not in n}
            return Response(429, kept, answer.body)
        return answer

    def _status(self, sky: Sky, send: Send | None, request: Request, limits: Limits) -> Response:
        status = sky.rng.choice(STATUSES)
        if status in MAY_WORK and sky.rng.random() < 0.5:
            if status in WORKS_LATE:
                self._later(sky, send, request, limits.request_ms_max / 1000)
            else:
                self._work(sky, send, request)
        return sky.vendor.refused(status, "weather", self.clock.now_ms())

    def _later(self, sky: Sky, send: Send | None, request: Request, most_s: float,
               after_s: float | None = None) -> None:  # fmt: skip
        """The vendor does the work some time within `most_s`; `after_s` is the time it may at
        most take once we have given up."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + sky.rng.uniform(0, most_s * 0.999)

        async def arrive() -> None:
            await asyncio.sleep(due_s - loop.time())
            self._work(sky, send, request)

        task = loop.create_task(arrive())
        self.late[task] = (due_s, after_s or most_s, sky, send, request)
        task.add_done_callback(lambda done: self.late.pop(done, None))

    def cut(self) -> None:
        """The process was killed: it has given up on everything at this moment."""
        now_s = asyncio.get_running_loop().time()
        for task, (due_s, after_s, *rest) in list(self.late.items()):
            if due_s > now_s + after_s:
                task.cancel()
                self._later(*rest, after_s)

    def _work(self, sky: Sky, send: Send | None, request: Request) -> Response:
        answer = sky.work(request, self.clock.now_ms())
        self.applied(send, answer)
        return answer
