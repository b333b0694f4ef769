"""Many windows that end at one instant: live events take turns with them, and nobody notices."""

from __future__ import annotations

from ebbline.definitions import load_files
from ebbline.events.event import Event
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.limits import WAKES_PER_TICK_MAX
from ebbline.testing import START_MS, VirtualClock
from tests.simulation.system import dump

DAY_MS = 86_400_000
PEOPLE = 6 * WAKES_PER_TICK_MAX
PROJECT = {
    "ebbline.yml": b"name: midnight\n",
    "audiences/a.yml": b"""
audiences:
  today: {when: 'performed("View", within="1d")', owner: o, review_by: 2100-01-01}
  twice: {when: 'count("View", within="2d") >= 2', owner: o, review_by: 2100-01-01}
""",
}
PLAN = load_files(PROJECT).plan


def view(number, user, at_ms):
    return Event(f"m{number}", "track", "View", at_ms, at_ms, f"u{user}", None, {}, {}, {})


async def test_live_events_do_not_wait_for_a_million_timers(memory_path):
    folder, clock = open_folder(memory_path / "live"), VirtualClock(START_MS)
    loop = EngineLoop(folder, PLAN, clock)
    loop.log.append("events", [view(n, n, START_MS) for n in range(PEOPLE)])
    loop.step()
    left = START_MS + DAY_MS
    await clock.advance_to(left + 5)
    now_ms, last, waited = clock.now_ms(), PEOPLE - 1, []
    while loop.step(to_rest=False) <= now_ms:
        # The last in line comes by while the others are still leaving.
        number = PEOPLE + len(waited)
        entry = loop.log.append("events", [view(number, last - len(waited), now_ms)])
        fired = loop.fold.counts["fired"]
        loop.step(to_rest=False)
        assert loop.fold.offset >= entry.offset
        waited.append(loop.fold.counts["fired"] - fired)
    loop.step()
    loop.close()
    assert len(waited) > 1
    assert max(waited) <= 3 * WAKES_PER_TICK_MAX
    lives = {}
    for row in dump.state(memory_path / "live")["ledger"]:
        lives.setdefault(row[1], []).append((row[3], row[5], row[6], row[8]))
    # Everybody left at that very instant, by the clock; who came by then came in again.
    back = [(1, left + 5), (1, left + 5)]
    for profile, life in lives.items():
        changes = [row[:2] for row in life if row[1] >= left]
        came_by = profile > PEOPLE - len(waited)
        assert changes == [(2, left), *(back if came_by else [])]
    again = EngineLoop(_copied(memory_path), PLAN, VirtualClock(left + 5))
    again.step()
    again.close()
    both = [dump.state(memory_path / name) for name in ("live", "again")]
    assert dump.differences(*both) == []


def _copied(path):
    """The log of the folder alone."""
    folder = open_folder(path / "again")
    folder.log.write_bytes((path / "live" / "log.db").read_bytes())
    return folder
