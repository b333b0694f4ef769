"""`ebbline destination` and `ebbline reconcile` beside a running system."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from tests.e2e.bad_input.conftest import TEMPLATE
from tests.e2e.whole.door import Door
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import BRAZE_KEY, Sandboxes
from tests.e2e.whole.system import WholeSystem, until

pytestmark = pytest.mark.slow

SPEED = 30
"""Times as fast as the machine's clock: the minute before a second look takes two seconds."""
PEOPLE = [f"person-{number}" for number in range(40)]
HEADERS = {"Authorization": f"Bearer {BRAZE_KEY}", "Content-Type": "application/json"}


def test_a_pause_a_drift_and_its_repair(tmp_path):
    with Sandboxes(tmp_path / "applied.jsonl") as sandboxes:
        project = project_at(tmp_path / "project", TEMPLATE, sandboxes)
        braze = Door(sandboxes.braze_port)
        log = tmp_path / "system.log"
        with WholeSystem(project, tmp_path / "data", log, ["--speed", str(SPEED)]) as system:
            for name in PEOPLE:
                call = {"userId": name, "event": "Product Viewed"}
                assert system.door.post("/v1/track", call).status == 200
            until(lambda: len(held(braze)) == len(PEOPLE), "everybody is there")
            holds_back(system, braze)
            drifts_and_is_healed(system, braze)
            assert system.stop() == 0


def holds_back(system, braze):
    assert run(system, "destination", "pause", "braze")[0] == 0
    until(lambda: state_of(system) == "paused", "it is held back")
    system.door.post("/v1/track", {"userId": "late", "event": "Product Viewed"})
    time.sleep(1)
    assert "late" not in held(braze)
    assert run(system, "destination", "resume", "braze")[0] == 0
    until(lambda: "late" in held(braze), "what waited has arrived")


def drifts_and_is_healed(system, braze):
    until(lambda: run(system, "reconcile", "braze", "--json")[0] == 0, "it agrees to begin with")
    wrong = {"external_id": PEOPLE[3], "in_viewer": False}
    body = json.dumps({"attributes": [wrong]}).encode()
    assert braze.ask("POST", "/users/track", body, HEADERS).status == 201
    code, said = run(system, "reconcile", "braze", "--json", "--no-heal")
    assert (code, json.loads(said)["drifts"], json.loads(said)["healed"]) == (5, 1, 0)
    code, said = run(system, "reconcile", "braze")
    assert code == 5
    assert f"external_id:{PEOPLE[3]}  in_viewer: should be True, found False" in said
    until(lambda: held(braze)[PEOPLE[3]]["in_viewer"], "it is right again")
    code, said = run(system, "reconcile", "braze")
    assert (code, "no drift" in said) == (0, True), said
    assert run(system, "reconcile", "nowhere")[0] == 1


def run(system, *words):
    """A command's exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "ebbline.console.cli", *words, "--project", system.project,
         "--data", system.data],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def state_of(system):
    code, said = run(system, "destination", "list", "--json")
    assert code == 0, said
    rows = [json.loads(line) for line in said.splitlines()]
    return next(row["state"] for row in rows if row["name"] == "braze")


def held(braze):
    users = braze.ask("GET", "/sandbox/users").json()["users"]
    return {user["external_id"]: user["custom_attributes"] for user in users}
