"""After any storm Braze holds exactly what it should, and nothing ever went back in time."""

from __future__ import annotations

import pytest

from tests.simulation.delivery.storm import MIN_CHANGE, Storm
from tests.simulation.delivery.world import TRAIT_NAME


@pytest.mark.parametrize("seed", range(10))
def test_the_sandbox_agrees_in_the_end(seed):
    storm = Storm(seed)
    storm.run()
    assert storm.kills
    assert storm.sends > 50
    assert storm.members_told() == storm.members_wanted()
    told = storm.told()
    for profile, score in storm.world.scores.items():
        home = storm._whereabouts(profile)
        if home is not None and score is not None:
            held = told[home.value][TRAIT_NAME]
            assert abs(held - score) < MIN_CHANGE
