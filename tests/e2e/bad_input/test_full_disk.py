"""A full disk: 503, nothing acknowledged is lost, and with room again everything goes on."""

from __future__ import annotations

import pytest

from tests.e2e.bad_input.conftest import Stage
from tests.e2e.bad_input.disks import kinds
from tests.e2e.whole.system import WholeSystem, is_quiet, until

pytestmark = pytest.mark.slow

# Requests whose answers deliver could not write down are fenced for a minute of the system's clock.
SPEED = 10
# The system looks again after at most 5 s, and then has to start.
RECOVERY_SECONDS_MAX = 15


@pytest.fixture(params=kinds(), ids=lambda kind: kind.__name__)
def disk(request, tmp_path):
    disk = request.param(tmp_path / "disk")
    yield disk
    disk.close()


@pytest.fixture
def stage(disk, project, tmp_path):
    log = tmp_path / "system.log"
    with WholeSystem(project, disk.path / "data", log, ["--speed", str(SPEED)]) as system:
        yield Stage(system)


def test_a_full_disk_is_told_and_gone_through(stage, disk, sandboxes):
    system = stage.system
    taken = [f"before {number}" for number in range(10)]
    assert [stage.view(user).status for user in taken] == [200] * 10
    was = system.children()["engine"]
    disk.fill(system)
    refused = 0
    for number in range(200):  # what is reserved already may still be filled
        answer = stage.view(f"during {number}")
        if answer.status == 200:
            taken.append(f"during {number}")
            continue
        refused += 1
        assert (answer.status, answer.json()["code"]) == (503, "disk_full")
        assert int(answer.headers["retry-after"]) > 0
        if refused == 5:
            break
    assert refused == 5
    assert system.door.ask("GET", "/readyz").status == 503
    assert system.door.ask("GET", "/livez").status == 200
    # The engine has something to write now: exits of the short window fall due. It cannot, ends
    # where its last commit left it, and is started again.
    until(lambda: system.children().get("engine", was) != was, "the engine has noticed", 10)

    disk.make_room(system)
    assert stage.view("after").status == 200
    assert system.door.ask("GET", "/readyz").status == 200
    until(lambda: system.query("state.db", "SELECT 1 FROM identifiers WHERE value = 'after'"),
          "the engine goes on", RECOVERY_SECONDS_MAX)  # fmt: skip
    until(lambda: is_quiet(system), "everything is delivered", RECOVERY_SECONDS_MAX)
    known = {row[0] for row in system.query("state.db", "SELECT value FROM identifiers")}
    assert known == {*taken, "after"}
    told = {item["external_id"] for _, item in sandboxes.applied()}
    assert told >= known
    assert system.running
    assert "Traceback" not in system.said()
    assert system.stop() == 0
