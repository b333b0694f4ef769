"""A backup taken while events pour in: what is restored from it goes on to the same result."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.e2e.kill import checks
from tests.e2e.kill.load import Sender
from tests.e2e.whole.door import Door
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import Sandboxes
from tests.e2e.whole.system import WholeSystem, is_quiet, query, until

pytestmark = [pytest.mark.slow]

EARLY, SENDERS, PEOPLE = 30, 2, 40
LOAD_SECONDS = 2.0  # before the backup, and again after it
QUIET_SECONDS_MAX = 60
BATCH_CALLS = 50
MEMBERSHIPS = """
SELECT i.value, d.name FROM memberships m
JOIN definitions d ON d.id = m.definition
JOIN identifiers i ON i.profile = m.profile AND i.type = 'user_id'
WHERE m.effective
"""


@pytest.fixture
def sandboxes(tmp_path):
    with Sandboxes(tmp_path / "applied.jsonl") as sandboxes:
        yield sandboxes


@pytest.fixture
def project(tmp_path, sandboxes):
    return project_at(tmp_path / "project", Path(__file__).parent / "project", sandboxes)


def memberships(data):
    return set(map(tuple, query(data / "state.db", MEMBERSHIPS)))


def command(*words):
    done = subprocess.run(
        [sys.executable, "-m", "ebbline.console.cli", *map(str, words), "--json"],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def quiet(system):
    until(lambda: is_quiet(system), "all is folded and delivered", QUIET_SECONDS_MAX)


def early_people(door):
    """People who do all they ever do before the load begins."""
    for number in range(EARLY):
        person = f"early-{number}"
        viewed = {"type": "track", "userId": person, "event": "Product Viewed"}
        calls = [viewed | {"messageId": f"{person}-{each}"} for each in range(3)]
        assert door.post("/v1/batch", {"batch": calls}).status == 200


def backed_up_under_load(system, file):
    """What was acknowledged before the backup began, all that ever was, and what it told."""
    senders = [Sender(system.port, f"s{n}", PEOPLE, seed=n) for n in range(SENDERS)]
    for sender in senders:
        sender.start()
    time.sleep(LOAD_SECONDS)
    before: dict[str, dict] = {}
    for sender in senders:
        before |= dict(sender.acknowledged)
    told = command("backup", file, "--data", system.data)
    time.sleep(LOAD_SECONDS)
    for sender in senders:
        sender.end()
    everything: dict[str, dict] = {}
    for sender in senders:
        everything |= sender.acknowledged
    return before, everything, told


def test_what_is_restored_goes_on_to_the_same_memberships_and_repeats_nothing(
    sandboxes, project, tmp_path
):
    with WholeSystem(project, tmp_path / "data", tmp_path / "one.log") as system:
        early_people(system.door)
        quiet(system)
        before, everything, told = backed_up_under_load(system, tmp_path / "b")
        quiet(system)
        assert system.stop() == 0
    assert len(everything) > len(before) > 100
    log_end = query(tmp_path / "data" / "log.db", "SELECT max(offset) FROM log")[0][0]
    assert 0 < told["offset"] < log_end  # taken in the middle

    command("restore", tmp_path / "b", "--data", tmp_path / "new")
    new = tmp_path / "new"
    assert checks.lost(new, before) == []
    positions = query(new / "delivery.db", "SELECT max(position) FROM destinations")[0][0]
    assert (
        positions <= told["ledger"] == query(new / "state.db", "SELECT max(seq) FROM ledger")[0][0]
    )
    folded = dict(query(new / "state.db", "SELECT key, value FROM meta"))["offset"]
    assert folded <= told["offset"]
    sent = len(sandboxes.applied())
    assert {item["external_id"] for _, item in sandboxes.applied()[:sent] if "external_id" in item}

    with WholeSystem(project, new, tmp_path / "two.log") as system:
        quiet(system)
        send_again(system.door, everything)
        quiet(system)
        time.sleep(1)
        quiet(system)
        assert memberships(new) == memberships(tmp_path / "data")
        assert system.stop() == 0
    early = {f"early-{number}" for number in range(EARLY)}
    assert {name for name, _ in memberships(new)} >= early
    told_first = [item for _, item in sandboxes.applied()[:sent]]
    assert {item.get("external_id") for item in told_first} >= early
    told_again = [item for _, item in sandboxes.applied()[sent:]]
    assert told_again  # what followed the backup is told again: nobody knows it in there
    assert not [item for item in told_again if item.get("external_id") in early]
    users = checks.all_of(Door(sandboxes.braze_port))
    assert checks.differing(users, checks.wanted(new, checks.plan_at(project))) == []


def send_again(door, calls):
    """What senders still have: all of it, since each messageId counts once."""
    queue = list(calls.values())
    for first in range(0, len(queue), BATCH_CALLS):
        answer = door.post("/v1/batch", {"batch": queue[first : first + BATCH_CALLS]})
        assert answer.status == 200, answer.body
