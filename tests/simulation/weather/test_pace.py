"""A long queue goes out at the vendor's pace: hardly a call is refused for being too fast."""

from __future__ import annotations

import msgspec
import pytest

from tests.simulation import virtual
from tests.simulation.weather.places import BRAZE, HUBSPOT, MAILCHIMP, MARKETO, SFMC
from tests.simulation.weather.storm import Storm

TOO_FAST = 0.02
NARROW = (BRAZE, HUBSPOT, MARKETO, MAILCHIMP, SFMC)


class Queue(Storm):
    """Many people who all have something to say at once; requests are as small as can be."""

    people = 900

    def __init__(self, *given) -> None:
        super().__init__(*given)
        for sky in self.transport.skies.values():
            sky.spells = []
        for profile in list(self.town.identifiers):
            self.town._flip(profile, "high_intent", self.clock.now_ms())
        self.town.write()

    def _watch(self, send, request) -> None:
        """The healthy one has a long queue of its own today."""


def one_by_one(place):
    settings = place.definition.settings | {"batch_size": 1}
    definition = msgspec.structs.replace(place.definition, settings=settings)
    return msgspec.structs.replace(place, definition=definition)


@pytest.mark.parametrize("place", NARROW, ids=lambda place: place.name)
def test_hardly_a_call_comes_too_fast(place, tmp_path, record_property):
    async def main(clock):
        queue = Queue(7, tmp_path, clock, [one_by_one(place)])
        queue._begin()
        await queue._calm()
        queue.deliver.stop()
        await queue.task
        sky = queue.transport.skies[place.host]
        record_property("calls", {"all": sky.calls, "too fast": sky.own_429})
        assert sky.calls > 300
        assert sky.own_429 <= sky.calls * TOO_FAST, (sky.own_429, sky.calls)
        assert queue._members(place.held(sky.vendor)) == queue._wanted(queue.places[0])

    virtual.run(main)
