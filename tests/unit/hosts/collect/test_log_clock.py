"""A log whose clock is ahead of the machine's: said once, loudly, and for as long as it lasts."""

from __future__ import annotations

import pytest
import structlog

from ebbline.hosts.embedded.collect import LogClock
from ebbline.hosts.embedded.collect.limits import LOG_AHEAD_MS_MAX

DAY_MS = 86_400_000


@pytest.fixture
def now():
    return [10 * DAY_MS]


@pytest.fixture
def log_clock(now):
    return LogClock(lambda: now[0])


def test_small_steps_are_no_trouble(log_clock, now):
    assert log_clock.trouble() is None
    log_clock.saw(now[0] - 5)
    assert log_clock.ahead_seconds() == 0
    log_clock.saw(now[0] + LOG_AHEAD_MS_MAX)
    assert (log_clock.ahead_seconds(), log_clock.trouble()) == (60, None)


def test_trouble_lasts_until_real_time_has_caught_up(log_clock, now):
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            log_clock.saw(12 * DAY_MS)
    (line,) = logs
    assert line["log_level"] == "error"
    assert line["reason"] == log_clock.trouble()
    assert "172,800 s ahead" in line["reason"]
    now[0] = 12 * DAY_MS - LOG_AHEAD_MS_MAX
    assert log_clock.trouble() is None
    with structlog.testing.capture_logs() as logs:
        log_clock.saw(12 * DAY_MS)
        log_clock.saw(20 * DAY_MS)
    assert len(logs) == 1
