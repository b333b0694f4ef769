"""A changed project on a folder with history: exact from the first moment, and only real
differences are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.testing import VirtualClock

HOUR_MS = 3_600_000
PROJECT = """\
audiences:
  buyers: {{owner: a, when: 'count("Order Completed", within="24h") >= {orders}'}}
  {other}: {{owner: a, when: 'performed("Signed Up")'}}
"""


def plan(orders: int, other: str) -> Plan:
    """Buyers with so many orders, and one more audience."""
    files = {
        "ebbline.yml": b"name: rebuild\n",
        "audiences/a.yml": PROJECT.format(orders=orders, other=other).encode(),
    }
    loaded = load_files(files)
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def bought(loop: EngineLoop, clock: VirtualClock, user: str, number: int) -> None:
    """One order, now."""
    now_ms = clock.now_ms()
    name = f"{user}-{number}"
    event = Event(name, "track", "Order Completed", now_ms, now_ms, user, None, {}, {}, {})
    loop.log.append("events", [event])


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """Ana ordered twice, Ben once; buyers are those with one order."""
    data, clock = open_folder(tmp_path / "data"), VirtualClock()
    loop = EngineLoop(data, plan(1, "signed_up"), clock)
    for user, orders in (("ana", 2), ("ben", 1)):
        for number in range(orders):
            bought(loop, clock, user, number)
    loop.step()
    loop.close()
    return data


def ledger(loop: EngineLoop) -> list[tuple[str, int, str, int]]:
    """(kind, profile, definition, at_ms) of every row."""
    rows = loop.fold.store._run(
        "SELECT kind, profile, definition, at_ms FROM ledger_entries ORDER BY seq"
    )
    return list(rows)


def test_only_real_differences_are_told(folder: DataFolder) -> None:
    """With two orders asked for, Ana stays without a word and Ben leaves."""
    clock = VirtualClock()
    before = len(ledger(EngineLoop(folder, plan(1, "signed_up"), clock)))
    loop = EngineLoop(folder, plan(2, "signed_up"), clock)
    loop.step()
    assert [row[:3] for row in ledger(loop)[before:]] == [("exited", 2, "buyers")]
    assert loop.fold.store.member_counts() == {"buyers": 1}


def test_a_rebuilt_state_is_the_state_of_a_folder_that_always_had_the_plan(
    folder: DataFolder, tmp_path: Path
) -> None:
    """Equal but for the numbers of what had been told before."""
    rebuilt = EngineLoop(folder, plan(2, "newcomers"), VirtualClock())
    rebuilt.step()
    fresh = EngineLoop(open_folder(tmp_path / "fresh"), plan(2, "newcomers"), VirtualClock())
    for user, orders in (("ana", 2), ("ben", 1)):
        for number in range(orders):
            bought(fresh, VirtualClock(), user, number)
    fresh.step()
    ours, theirs = (
        [(row[0], *row[2:]) for row in loop.fold.store.profiles()] for loop in (rebuilt, fresh)
    )
    assert ours == theirs
    assert list(rebuilt.fold.store.memberships()) == list(fresh.fold.store.memberships())


def test_the_same_plan_is_no_change(folder: DataFolder) -> None:
    """Starting again with an unchanged project writes nothing to the log."""
    loop = EngineLoop(folder, plan(1, "signed_up"), VirtualClock())
    tail = loop.log.tail()
    loop.step()
    assert loop.log.tail() == tail


def test_what_goes_on_after_a_rebuild_is_exact(folder: DataFolder) -> None:
    """Ana leaves when the first of her two orders is a day old, to the millisecond."""
    clock = VirtualClock()
    loop = EngineLoop(folder, plan(2, "signed_up"), clock)
    due_ms = loop.step()
    assert due_ms == clock.now_ms() + 24 * HOUR_MS
