"""Readers that stay open see what is live now, and whatever takes a file's place."""

from __future__ import annotations

import shutil
import threading

import pytest

from ebbline.console.api.context import Context
from ebbline.definitions import load_files
from ebbline.errors import SetupError
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.reading.readers import Readers
from ebbline.hosts.embedded.reading.tail import latest, watch
from ebbline.testing import System

RULES = """
audiences:
  {name}: {{when: 'performed("Demo Watched")', owner: me, review_by: 2100-01-01}}
"""
WATCHED = {"type": "track", "event": "Demo Watched"}


def project(name: str):
    return load_files(
        {"ebbline.yml": b"name: x", "audiences/a.yml": RULES.format(name=name).encode()}
    )


async def test_an_open_reader_follows_the_definitions():
    async with System(project("old")) as system:
        await system.send({**WATCHED, "userId": "u1"})
        await system.settle()
        readers = Readers(system.folder.path, system.clock)
        with readers.reader() as first:
            assert [each.audience for each in first.counts()] == ["old"]
            compiled = first.tables
        with readers.reader() as again:
            assert again is first
            assert again.tables is compiled  # nothing has changed: nothing is done anew
        await system.apply(project("new"))
        with readers.reader() as again:
            assert again is first
            assert [each.audience for each in again.counts()] == ["new"]
            assert [each.identifier for each in again.members_after("new", 0, 10)] == ["u1"]
        readers.close()


async def test_each_borrower_has_a_reader_of_its_own():
    async with System(project("a")) as system:
        readers = Readers(system.folder.path, system.clock)
        with readers.reader() as one, readers.reader() as other:
            assert one is not other
            held = []
            thread = threading.Thread(target=lambda: held.append(one.counts()))
            thread.start()
            thread.join()
            assert held
        readers.close()


async def test_a_file_that_takes_the_states_place_is_opened(tmp_path):
    async with System(project("a"), folder=tmp_path / "data") as system:
        await system.send({**WATCHED, "userId": "u1"})
        await system.settle()
    readers = Readers(tmp_path / "data", SystemClock())
    with readers.reader() as first:
        assert first.counts()[0].members == 1
    state = tmp_path / "data" / "state.db"
    shutil.copy(state, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(state)
    with readers.reader() as other:
        assert other is not first
        assert other.counts()[0].members == 1
    readers.close()


def test_a_folder_without_data_says_so(tmp_path):
    with (
        pytest.raises(SetupError, match="There is no data"),
        Readers(tmp_path, SystemClock()).reader(),
    ):
        pass


async def test_the_logs_end_is_watched_and_read_backwards():
    async with System(project("a")) as system:
        for user in ("u1", "u2", "u3"):
            await system.send(*[{**WATCHED, "userId": user}] * 2)
        found, end = latest(system.folder, 3, lambda _: True)
        assert [each.event.user_id for each in found] == ["u2", "u3", "u3"]
        assert [each.position for each in found] == [1, 0, 1]
        some, _ = latest(system.folder, 9, lambda event: event.user_id == "u1")
        assert len(some) == 2
        seen = []
        async for batch in watch(system.folder, end - 1, 0, lambda _: True):
            seen += batch
        assert [each.event.user_id for each in seen] == ["u3", "u3"]
        stream = watch(system.folder, None, 5, lambda _: True)
        assert await anext(stream) == []
        await system.send({**WATCHED, "userId": "u4"})
        while not (batch := await anext(stream)):
            pass
        assert [each.event.user_id for each in batch] == ["u4"]
        await stream.aclose()


async def test_sizes_are_counted_anew_when_somebody_has_moved():
    async with System(project("a")) as system:
        await system.send({**WATCHED, "userId": "u1"})
        await system.settle()
        context = Context(system.folder.path, system.clock)
        with context.reader() as reader:
            first = context.counts(reader)
            assert context.counts(reader) is first
            assert first[0].members == 1
        await system.send({**WATCHED, "userId": "u2"})
        await system.settle()
        with context.reader() as reader:
            assert context.counts(reader)[0].members == 2
        context.close()
