"""Nothing that is sent to any door is answered with a 5xx, hangs it, or stays in its memory."""

from __future__ import annotations

import pytest

from tests.fuzz.storm import storm

SECONDS_MAX = 1.0
GROWN_BYTES_MAX = 50 << 20


@pytest.mark.parametrize(
    ("count", "seed"), [(5_000, 1), pytest.param(200_000, 2, marks=pytest.mark.full)]
)
def test_damaged_requests_are_answered_and_forgotten(count, seed):
    found = storm(count, seed)
    assert found.failures == []
    assert found.slowest_seconds < SECONDS_MAX, found.slowest
    assert found.grown_bytes < GROWN_BYTES_MAX
    # It reached what it should: good events, refusals of every door, and little else.
    assert sum(found.statuses.values()) == count
    assert found.statuses[200] > count / 4
    assert found.events > count / 4
    assert found.rejections > count / 10
