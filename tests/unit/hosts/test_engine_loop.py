"""While many are due at once, the engine works in portions, and they fit the machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from ebbline.definitions import load_files
from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.limits import WAKES_PER_TICK_MAX
from ebbline.hosts.embedded.state.limits import (
    PORTION_MS,
    WAKES_PER_ENTRY_MAX,
    WAKES_PER_TICK_MIN,
)

DAY_MS = 86_400_000
START_MS = 1_750_000_000_000
PEOPLE = 4 * WAKES_PER_TICK_MAX
PROJECT = {
    "ebbline.yml": b"name: crowd\n",
    "audiences/a.yml": b"audiences:\n"
    b'  today: {when: \'performed("View", within="1d")\', owner: o, review_by: 2100-01-01}\n',
}
PLAN = load_files(PROJECT).plan
assert PLAN is not None


class Slow(SystemClock):
    """A clock that goes on by a tenth of a millisecond for each wake, or by nothing."""

    def __init__(self, wakes_per_ms: float) -> None:
        self.ms = START_MS
        self.loop: EngineLoop | None = None
        self._each = 1 / wakes_per_ms if wakes_per_ms else 0.0

    def now_ms(self) -> int:
        fired = self.loop.fold.counts["fired"] + self.loop.fold.fired if self.loop else 0
        return int(self.ms + fired * self._each)


def crowd(path: Path, wakes_per_ms: float) -> tuple[EngineLoop, Slow, list[int]]:
    """Four portions of people, all of whom are due now; and what was fired by each commit."""
    clock = Slow(wakes_per_ms)
    fired: list[int] = []
    loop = EngineLoop(
        open_folder(path), PLAN, clock, lambda _: fired.append(loop.fold.counts["fired"])
    )
    loop.log.append("events", [view(n) for n in range(PEOPLE)])
    loop.step()
    clock.loop, clock.ms = loop, START_MS + DAY_MS + 1
    fired.clear()
    return loop, clock, fired


def view(number: int, at_ms: int = START_MS) -> Event:
    """Somebody's first event."""
    return Event(f"m{number}", "track", "View", at_ms, at_ms, f"u{number}", None, {}, {}, {})


def portions(fired: list[int]) -> list[int]:
    """Wakes from commit to commit."""
    return [after - before for before, after in zip([0, *fired], fired, strict=False)]


@pytest.mark.parametrize(
    ("wakes_per_ms", "fitting"),
    [
        pytest.param(0, WAKES_PER_TICK_MAX, id="a machine that takes no time"),
        pytest.param(40, 40 * PORTION_MS, id="one that fires forty a millisecond"),
        pytest.param(1, WAKES_PER_TICK_MIN, id="one so slow that the smallest takes too long"),
    ],
)
def test_a_portion_takes_as_long_as_it_should(
    tmp_path: Path, wakes_per_ms: float, fitting: int
) -> None:
    """The first is the largest there is; from then on they fit."""
    loop, _, fired = crowd(tmp_path, wakes_per_ms)
    loop.step()
    made = portions(fired)
    assert sum(made) == PEOPLE
    assert made[0] == WAKES_PER_TICK_MAX
    assert all(abs(each - fitting) <= fitting // 10 for each in made[1:-2])
    loop.close()


def test_live_events_that_waited_are_committed_a_few_at_a_time(tmp_path: Path) -> None:
    """Each brings some wakes of others along; together they are no more than a portion."""
    loop, clock, fired = crowd(tmp_path, 0)
    for number in range(PEOPLE, PEOPLE + 30):
        loop.log.append("events", [view(number, clock.now_ms())])
    loop.step(to_rest=False)
    made = portions(fired)
    assert made[0] == WAKES_PER_TICK_MAX
    assert max(made) < WAKES_PER_TICK_MAX + WAKES_PER_ENTRY_MAX
    assert len(made) >= 30 * WAKES_PER_ENTRY_MAX // WAKES_PER_TICK_MAX
    loop.close()
