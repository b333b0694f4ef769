"""Whose each event was, entry by entry, and who became part of whom."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from ebbline.definitions import load_files
from ebbline.events.event import Event
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.state.placements import holds, pack, unpack
from ebbline.testing import START_MS, VirtualClock


def loop_at(path: Path) -> EngineLoop:
    """An engine on a folder, under a project that asks for nothing."""
    plan = load_files({"ebbline.yml": b"name: placements\n"}).plan
    assert plan is not None
    return EngineLoop(open_folder(path), plan, VirtualClock())


def call(number: int, user: str | None, device: str | None = None) -> Event:
    """An event of now."""
    name = f"m{number}"
    return Event(name, "track", "E", START_MS, START_MS + number, user, device, {}, {}, {})


def rows(loop: EngineLoop, sql: str) -> list[Any]:
    return loop.fold.store._run(sql).fetchall()


def placed(loop: EngineLoop) -> list[list[int]]:
    """The numbers of every entry that has events."""
    found = rows(loop, 'SELECT profiles FROM placements ORDER BY "offset"')
    return [list(unpack(row[0])) for row in found]


def fill(loop: EngineLoop) -> None:
    """Ana, a visitor, nobody, a copy; then Ana on the visitor's phone."""
    first = [call(1, "ana"), call(2, None, "phone"), call(3, "null"), call(1, "ana")]
    loop.log.append("events", first)
    loop.log.append("tick")
    loop.log.append("replayed", [call(4, None, "phone"), call(5, "ana", "phone"), call(6, "ben")])
    loop.step()


def test_every_event_of_an_entry_has_its_number(tmp_path: Path) -> None:
    """0 for nobody's and for one that counted before; the numbers of that moment otherwise."""
    loop = loop_at(tmp_path / "data")
    fill(loop)
    assert placed(loop) == [[1, 2, 0, 0], [2, 1, 3]]
    assert rows(loop, "SELECT loser, winner, at_ms FROM merged") == [(2, 1, START_MS + 5)]
    assert rows(loop, "SELECT * FROM replaced") == []


def test_the_log_alone_gives_the_same(tmp_path: Path) -> None:
    """Folded anew from nothing, every byte."""
    loop = loop_at(tmp_path / "data")
    fill(loop)
    loop.close()
    (tmp_path / "again").mkdir()
    for name in ("log.db", "version"):
        shutil.copy(tmp_path / "data" / name, tmp_path / "again" / name)
    again = loop_at(tmp_path / "again")
    again.step()
    loop = loop_at(tmp_path / "data")
    for table in ("placements", "merged", "replaced"):
        sql = f"SELECT * FROM {table} ORDER BY 1"
        assert rows(loop, sql) == rows(again, sql)
    assert placed(again)


def test_only_what_differs_is_noted_and_each_time_anew(tmp_path: Path) -> None:
    """Writing the same again is no news; a later change has a greater number."""
    loop = loop_at(tmp_path / "data")
    fill(loop)
    store = loop.fold.store
    before = rows(loop, 'SELECT "offset", profiles FROM placements ORDER BY 1')
    store.put_placements(before)
    assert rows(loop, "SELECT * FROM replaced") == []
    one, two = before[0][0], before[1][0]
    store.put_placements([(one, pack([9]))])
    store.put_placements([(two, pack([9]))])
    store.put_placements([(one, pack([8]))])
    found = rows(loop, 'SELECT "offset", seq FROM replaced ORDER BY seq')
    assert found == [(two, 2), (one, 3)]


@pytest.mark.parametrize("people", [[], [0], [1, 2, 3] * 100, [2**32 - 1, 0], [2**40, 7]])
def test_numbers_come_back_as_they_went_in(people: list[int]) -> None:
    """Narrow and wide."""
    packed = pack(people)
    assert list(unpack(packed)) == people
    assert all(holds(packed, [who]) for who in people)
    assert not holds(packed, [2**33 + 5])
