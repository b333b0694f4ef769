"""A request nobody knows the fate of: a late `true` cannot stand against a later `false`.

Somebody enters; the request with `true` gets no answer. Ten seconds after we gave up on it the
person leaves. The vendor applies the `true` later still. What stands at the end is `false`,
because nothing newer is sent for the person before the vendor can no longer apply it.
"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.simulation import virtual
from tests.simulation.weather.places import BRAZE
from tests.simulation.weather.sky import Spell
from tests.simulation.weather.storm import Storm


class Late(Storm):
    """One person, and a transport that loses the first request for a while."""

    people = 0

    def __init__(self, late_s, *given) -> None:
        super().__init__(0, *given)
        self.history = []
        sky = self.transport.skies[BRAZE.host]
        sky.spells = []
        self.sky, self.late_s = sky, late_s

    def _applied(self, send, response) -> None:
        values = {v.field: v.value for item in (send.items if send else ()) for v in item.values}
        if values and send.destination == BRAZE.name:
            self.history.append((round(asyncio.get_running_loop().time(), 1), values))

    async def live(self):
        self._begin()
        await self.clock.sleep(5)
        self.town._arrive()
        (known,) = self.town.identifiers[1]
        ana = msgspec.structs.replace(known, type="user_id", value="ana")
        self.town.identifiers[1] = (ana,)
        now_ms = self.clock.now_ms()
        self.sky.spells = [Spell(now_ms, now_ms + 1_000, 1.0, ("timeout",))]
        self.transport._later = self._arrive_late(self.transport._later)
        self.sky.rng.random = lambda: 0.0
        self.town._flip(1, "vip", now_ms)
        self.town.write()
        self.deliver.wake()
        await self.clock.sleep(40)  # the request was given up on after 30 seconds
        self.town._flip(1, "vip", self.clock.now_ms())
        self.town.write()
        self.deliver.wake()
        await self.clock.sleep(600)
        self.deliver.stop()
        await self.task
        return BRAZE.held(self.sky.vendor)["ana"]["vip"]

    def _arrive_late(self, later):
        def arrive(sky, send, request, most_s, after_s=None):
            uniform, sky.rng.uniform = sky.rng.uniform, lambda low, high: self.late_s
            later(sky, send, request, most_s, after_s)
            sky.rng.uniform = uniform

        return arrive


@pytest.mark.parametrize("late_s", [31, 45, 89])
def test_the_later_false_stands(late_s, tmp_path):
    async def main(clock):
        late = Late(late_s, tmp_path, clock, [BRAZE])
        assert await late.live() is False
        values = [values["vip"] for _, values in late.history if "vip" in values]
        assert values == [True, False], late.history
        (true_s, _), (false_s, _) = (each for each in late.history if "vip" in each[1])
        assert false_s > true_s > 5 + 30, "the true was applied after everybody had given up"

    virtual.run(main)


def test_without_the_fence_it_would_not(tmp_path):
    hasty = msgspec.structs.replace(
        BRAZE, definition=msgspec.structs.replace(
            BRAZE.definition, settings=BRAZE.definition.settings | {"fence_seconds": 0},
        ),
    )  # fmt: skip

    async def main(clock):
        late = Late(60, tmp_path, clock, [hasty])
        assert await late.live() is True

    virtual.run(main)
