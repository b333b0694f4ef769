"""A whole system in one loop: what comes in, how time passes, what survives a restart."""

from __future__ import annotations

import asyncio
import doctest
import json
import subprocess
import sys
import urllib.request

import pytest

from ebbline.definitions import load_files
from ebbline.errors import FolderInUse, ProjectError
from ebbline.testing import START_MS, System, VirtualClock, system
from tests.unit.testing.projects import project

HOUR_MS = 3_600_000
AUDIENCES = """
audiences:
  warm: {when: 'count("Demo Watched", within="1h") >= 2', owner: me, review_by: 2100-01-01}
  fan: {when: 'count("Demo Watched", within="30d") >= 2', owner: me, review_by: 2100-01-01}
groups:
  heat: {priority: [warm, fan]}
"""
DEMO = {"type": "track", "userId": "ana", "event": "Demo Watched"}


def flips(system, audience):
    return [(one.kind, one.at_ms - START_MS) for one in system.ledger(audience)]


async def test_time_passes_from_one_due_instant_to_the_next():
    async with System(project(AUDIENCES)) as system:
        await system.send(DEMO)
        await system.advance("10m")
        await system.send(DEMO)
        await system.settle()
        assert system.next_due_ms() == START_MS + HOUR_MS
        assert (system.members("warm"), system.members("fan")) == (["ana"], [])
        await system.advance_to(START_MS + HOUR_MS - 1)
        assert system.members("warm") == ["ana"]
        await system.advance(1)
        assert (system.members("warm"), system.members("fan")) == ([], ["ana"])
        await system.advance("60d")
        assert flips(system, "warm") == [("entered", 600_000), ("exited", HOUR_MS)]
        assert flips(system, "fan")[-1] == ("exited", 30 * 24 * HOUR_MS)
        assert system.next_due_ms() is None
        assert system.clock.now_ms() == START_MS + 60 * 24 * HOUR_MS + 600_000 + HOUR_MS - 600_000


async def test_calls_of_one_instant_count_together_and_each_once():
    async with System(project(AUDIENCES)) as system:
        await system.send({**DEMO, "messageId": "m1"}, {**DEMO, "messageId": "m1"})
        await system.settle()
        assert system.members("warm") == []
        await system.send(DEMO, DEMO)
        await system.settle()
        (entered,) = system.ledger("warm")
        assert (entered.kind, entered.at_ms, entered.person) == ("entered", START_MS, "ana")


async def test_what_is_refused_is_an_error_of_the_test():
    async with System(project(AUDIENCES)) as system:
        with pytest.raises(AssertionError, match="no_user_anon_id"):
            await system.send({"type": "track", "event": "Demo Watched"})
        answer = await system.post("/v1/track", b"{", "dev")
        assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
        answer = await system.post("/v1/track", json.dumps(DEMO).encode(), "wrong")
        assert answer.status == 401


async def test_a_restart_keeps_everything(tmp_path):
    async with System(project(AUDIENCES), folder=tmp_path / "data") as system:
        await system.send(DEMO)
        await system.advance("1m")
        await system.restart()
        await system.send(DEMO)
        await system.settle()
        assert system.members("warm") == ["ana"]
        clock = system.clock
    async with System(project(AUDIENCES), clock, tmp_path / "data") as system:
        await system.advance("2h")
        assert flips(system, "warm") == [("entered", 60_000), ("exited", HOUR_MS)]


async def test_what_fell_due_while_it_was_stopped_has_its_own_instant(tmp_path):
    clock = VirtualClock()
    async with System(project(AUDIENCES), clock, tmp_path) as system:
        await system.send(DEMO, DEMO)
    await clock.advance("5h")
    async with System(project(AUDIENCES), clock, tmp_path) as system:
        assert flips(system, "warm") == [("entered", 0), ("exited", HOUR_MS)]


async def test_another_project_from_now_on():
    async with System(project(AUDIENCES)) as system:
        await system.send(DEMO)
        await system.advance("1m")
        await system.restart(project(AUDIENCES.replace(">= 2", ">= 1")))
        assert system.members("warm") == ["ana"]


async def test_a_folder_has_one_system(tmp_path):
    async with System(project(AUDIENCES), folder=tmp_path / "data"):
        second = System(project(AUDIENCES), folder=tmp_path / "data")
        with pytest.raises(FolderInUse):
            await second.start()


async def test_a_temporary_folder_goes_with_the_system():
    async with System(project(AUDIENCES)) as system:
        path = system.folder.path
        assert path.is_dir()
    assert not path.exists()


async def test_a_stopped_system_says_so():
    system = System(project(AUDIENCES))
    with pytest.raises(RuntimeError, match="async with"):
        await system.settle()


def test_a_project_with_errors_is_refused_with_its_findings():
    with pytest.raises(ProjectError, match=r"ebbline\.yml"):
        System(load_files({"ebbline.yml": b"nonsense: 1"}))


async def test_the_door_can_be_served():
    async with System(project(AUDIENCES)) as system:
        url = await system.serve()
        assert await system.serve() == url
        body = json.dumps({"writeKey": "dev", "batch": [DEMO, {**DEMO, "messageId": "m"}]})

        def post():
            with urllib.request.urlopen(f"{url}/v1/batch", body.encode(), timeout=30) as answer:
                return answer.status

        assert await asyncio.to_thread(post) == 200
        await system.settle()
        assert system.members("warm") == ["ana"]


def test_the_documented_example_runs():
    assert doctest.testmod(system).failed == 0


def test_examples_run_without_the_servers_of_a_whole_system():
    code = "import sys, ebbline.testing as t; print({'uvicorn', 'aiohttp'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
