"""A destination that does not answer: the others do not notice, and nothing is lost."""

from __future__ import annotations

import json
import time

import pytest

from tests.e2e.whole.system import WholeSystem, is_quiet, until

pytestmark = pytest.mark.slow

# The clock that fences and retries go by; an HTTP timeout takes its time all the same.
SPEED = 10
PEOPLE = [f"person-{number}" for number in range(12)]
UNAFFECTED_SECONDS_MAX = 15  # the one that hangs does so for 20 s at least
# Of a webhook: 20 s to the timeout; then a fence, and a probe or two.
RECOVERY_SECONDS_MAX = 60
# Requests hang; some time later, when nobody counts on it any more, they are applied after all.
HANGS = {"timeout": True, "late_ms": 15_000, "probability": 1}


@pytest.fixture
def system(tmp_path, project):
    log = tmp_path / "system.log"
    with WholeSystem(project, tmp_path / "data", log, ["--speed", str(SPEED)]) as system:
        yield system


def audiences(hook):
    """What the webhook's receiver knows of each person."""
    return hook.ask("GET", "/sandbox/users").json()["users"]


def test_one_that_hangs_holds_up_nobody_and_catches_up(system, braze, hook):
    hook.ask("POST", "/sandbox/faults", json.dumps(HANGS).encode())
    for name in PEOPLE:
        call = {"userId": name, "event": "Product Viewed"}
        assert system.door.post("/v1/track", call).status == 200

    def in_braze():
        users = braze.ask("GET", "/sandbox/users").json()["users"]
        held = {"in_viewer": True, "in_glance": False}  # a glance has ended meanwhile
        mine = [user for user in users if user["external_id"] in PEOPLE]
        return len(mine) == len(PEOPLE) and all(u["custom_attributes"] == held for u in mine)

    until(in_braze, "the other destination has everything", UNAFFECTED_SECONDS_MAX)
    assert audiences(hook) == {}
    until(lambda: hook.ask("GET", "/sandbox/requests").json()["received"], "requests hang")
    time.sleep(1)
    hook.ask("DELETE", "/sandbox/faults")
    until(lambda: is_quiet(system), "the one that hung has caught up", RECOVERY_SECONDS_MAX)
    wanted = {"in_viewer": True, "in_glance": False}
    held = audiences(hook)
    assert set(held) == {f"user_id:{name}" for name in PEOPLE}
    # Who was never told of a glance need not be told of its end.
    assert all(wanted | found == wanted and found["in_viewer"] for found in held.values())
    assert "Traceback" not in system.said()
    assert system.stop() == 0
