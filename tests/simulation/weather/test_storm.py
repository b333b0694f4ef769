"""A day of any weather leaves every destination in agreement with the memberships."""

from __future__ import annotations

import pytest

from tests.simulation import virtual
from tests.simulation.weather.places import PLACES
from tests.simulation.weather.storm import Storm

SEEDS = 30
FULL_SEEDS = 300


def live(seed, folder):
    async def main(clock):
        storm = Storm(seed, folder, clock, list(PLACES))
        await storm.run()
        assert storm.kills
        assert sum(sky.calls for sky in storm.transport.skies.values()) > 100

    virtual.run(main)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_day_of_weather(seed, tmp_path):
    live(seed, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(SEEDS, FULL_SEEDS))
def test_a_day_of_weather_in_full(seed, tmp_path):
    live(seed, tmp_path)
