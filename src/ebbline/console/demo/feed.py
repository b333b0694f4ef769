"""The shop's traffic: its past first, then what happens, sent over HTTP as SDKs send it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Iterator
from itertools import islice
from typing import Any

import aiohttp
import msgspec

from ebbline.console.demo.limits import (
    AGAIN_SECONDS,
    BATCH_CALLS,
    CALLS_KEPT_MAX,
    CALLS_PER_PERSON_AND_DAY,
    FEED_SECONDS,
    LOOK_MS_MAX,
    OPENING_MS,
    PAST_CALLS,
    PAST_MS_MAX,
    PEOPLE_MAX,
    PEOPLE_MIN,
    RATE_SECONDS,
    REQUESTS_AT_ONCE,
    SPEED_OF_ALL_PEOPLE,
)
from ebbline.console.demo.stage import Stage
from ebbline.console.shop import Shop
from ebbline.console.shop.limits import DAY_MS
from ebbline.errors import EbblineError

Calls = list[dict[str, Any]]


class Feed:
    """Sends the shop's calls; what it sent, and when, is there to be asked."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self._stage = stage
        opens_ms = stage.clock.now_ms() + int(OPENING_MS * stage.speed)
        people = people_for(stage.speed)
        self._shop = Shop(seed=seed, people=people, opens_ms=opens_ms)
        # The cast's past is long and small; it is the same whatever the crowd.
        self._cast = Shop(seed=seed, people=1, opens_ms=opens_ms)
        self._cast_key = f"shop{seed}-cast"
        self._crowd_ms = opens_ms - past_ms_for(people)
        self._key = stage.plan.sources[0].write_key if stage.plan.sources else ""
        self._names: dict[str, str] = {}  # user id -> the person's name
        self.sent_ms: OrderedDict[str, int] = OrderedDict()  # messageId -> when, live calls only
        self.calls = 0
        self.phase = "taking in the shop's past"
        self._recent: deque[tuple[float, int]] = deque()

    async def run(self) -> None:
        """Feed until cancelled."""
        auth = aiohttp.BasicAuth(self._key)
        async with aiohttp.ClientSession(auth=auth) as session:
            # What the cast does at the opening shows nothing unless its past is there by then.
            await self._past(session, self._cast_past())
            live = asyncio.create_task(self._live(session))
            try:
                await self._past(session, self._shop.calls(self._crowd_ms, self._shop.opens_ms))
                self.phase = "the shop is open"
                await live
            finally:
                live.cancel()

    def per_second(self) -> float:
        """Calls a second of the machine's time, lately."""
        now = self._stage.seconds()
        while self._recent and self._recent[0][0] < now - RATE_SECONDS:
            self._recent.popleft()
        return sum(count for _, count in self._recent) / min(RATE_SECONDS, max(now, 1.0))

    def _cast_past(self) -> Iterator[dict[str, Any]]:
        for call in self._cast.history():
            if call["messageId"].startswith(self._cast_key):
                yield call

    async def _past(self, session: aiohttp.ClientSession, calls: Iterator[dict[str, Any]]) -> None:
        under_way: set[asyncio.Task[None]] = set()
        try:
            while batch := list(islice(calls, BATCH_CALLS)):
                if len(under_way) >= REQUESTS_AT_ONCE:
                    done, under_way = await asyncio.wait(
                        under_way, return_when=asyncio.FIRST_COMPLETED
                    )
                    for task in done:
                        task.result()
                under_way.add(asyncio.create_task(self._send(session, batch)))
            await asyncio.gather(*under_way)
        finally:
            for task in under_way:
                task.cancel()

    async def _live(self, session: aiohttp.ClientSession) -> None:
        clock, from_ms = self._stage.clock, self._shop.opens_ms
        while True:
            now_ms = clock.now_ms()
            while from_ms < now_ms:
                to_ms = min(now_ms, from_ms + LOOK_MS_MAX)
                calls = self._shop.calls(from_ms, to_ms)
                while batch := list(islice(calls, BATCH_CALLS)):
                    await self._send(session, batch, live=True)
                from_ms = to_ms
            await self._stage.machine.sleep(FEED_SECONDS)

    async def _send(self, session: aiohttp.ClientSession, batch: Calls, *,
                    live: bool = False) -> None:  # fmt: skip
        sent_ms = self._stage.clock.now_ms()
        for call in batch:
            self._learn_name(call)
            if live:
                self.sent_ms[call["messageId"]] = sent_ms
        while len(self.sent_ms) > CALLS_KEPT_MAX:
            self.sent_ms.popitem(last=False)
        body = msgspec.json.encode({"batch": batch})
        while not await self._taken(session, body):
            await self._stage.machine.sleep(AGAIN_SECONDS)
        self.calls += len(batch)
        self._recent.append((self._stage.seconds(), len(batch)))

    async def _taken(self, session: aiohttp.ClientSession, body: bytes) -> bool:
        """Send once; False when it is to be sent again, as an SDK would."""
        headers = {"content-type": "application/json"}
        try:
            url = f"{self._stage.url}/v1/batch"
            async with session.post(url, data=body, headers=headers) as answer:
                if answer.status == 200:
                    return True
                if answer.status in (429, 503):
                    return False
                message = f"The system refused the shop's calls: {await answer.text()}"
        except aiohttp.ClientError:
            return False  # the process behind the port was just started again
        raise EbblineError(message)

    def name(self, identifier: str) -> str:
        """A person's name; visitors who never said who they are have a device only."""
        found = self._names.get(identifier)
        if found is None and identifier[:1] == "u" and identifier[1:].isdigit():
            found = self._names[identifier] = self._shop.person(int(identifier[1:])).name
        return found or f"visitor {identifier.partition('-')[2] or identifier}"

    def _learn_name(self, call: dict[str, Any]) -> None:
        if call["type"] != "identify":
            return
        traits = call.get("traits")
        name = traits.get("name") if isinstance(traits, dict) else None
        if isinstance(name, str) and call.get("userId"):
            self._names[call["userId"]] = name


def people_for(speed: float) -> int:
    """How many people visit the shop, so that a second shows about as much at any speed.

    >>> people_for(1), people_for(100), people_for(100_000)
    (12000, 1200, 500)
    """
    share = min(1.0, SPEED_OF_ALL_PEOPLE / speed)
    return max(PEOPLE_MIN, int(PEOPLE_MAX * share))


def past_ms_for(people: int) -> int:
    """How far back the crowd's past is sent: about the same number of calls for any crowd."""
    days = PAST_CALLS / (people * CALLS_PER_PERSON_AND_DAY)
    return min(PAST_MS_MAX, int(days * DAY_MS))
