"""Late events: inside the horizon or beyond it, what holds now is as if they had been on time."""

from __future__ import annotations

import pytest

from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.testing import START_MS, System, VirtualClock

HOUR_MS = 3_600_000
PROJECT = {
    "ebbline.yml": b"name: late\nlateness: 3h\n",
    "audiences/a.yml": b"""
audiences:
  fresh: {when: 'performed("Order", within="10h")', owner: o, review_by: 2100-01-01}
  twice: {when: 'count("Order", within="1d") >= 2', owner: o, review_by: 2100-01-01}
  lost: {when: 'missed("Order", after="Cart", within="1h")', owner: o, review_by: 2100-01-01}
  rich: {when: 'sum("Order", revenue) > 10', owner: o, review_by: 2100-01-01}
""",
}


def call(name, at_ms, number):
    stamp = iso(at_ms)
    return {
        "type": "track", "userId": "ana", "event": name, "properties": {"revenue": 6},
        "timestamp": stamp, "messageId": f"m{number}",
    }  # fmt: skip


async def play(late_ms):
    """Orders at 1 h and 2 h; the second one comes `late_ms` after its time."""
    async with System(load_files(PROJECT), VirtualClock(START_MS)) as system:
        calls = [
            (START_MS, call("Cart", START_MS, 1)),
            (START_MS + HOUR_MS, call("Order", START_MS + HOUR_MS, 2)),
            (START_MS + 2 * HOUR_MS + late_ms, call("Order", START_MS + 2 * HOUR_MS, 3)),
        ]
        for at_ms, one in calls:
            await system.advance_to(at_ms)
            await system.send(one)
        await system.settle()
        found = []
        for hour in (7, 12, 25, 26, 40):
            await system.advance_to(START_MS + hour * HOUR_MS)
            found.append([system.members(name) for name in ("fresh", "twice", "lost", "rich")])
        left = {told.definition: told.at_ms for told in system.ledger() if told.kind == "exited"}
        return found, left, system.reader.status().figures["late_events"]


@pytest.mark.parametrize(("late_ms", "counted"), [(1, 0), (3 * HOUR_MS, 0), (5 * HOUR_MS, 1)])
async def test_a_late_event_changes_the_present_as_if_it_had_been_on_time(late_ms, counted):
    on_time, left, none = await play(0)
    late, late_left, figures = await play(late_ms)
    assert late == on_time
    assert late_left == left
    assert (none, figures) == (0, counted)
    assert left == {"fresh": START_MS + 12 * HOUR_MS, "twice": START_MS + 25 * HOUR_MS}
