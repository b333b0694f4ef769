"""Destinations in a system under test: sandboxes, their faults, and no real secret anywhere."""

from __future__ import annotations

import pytest

from ebbline.connectors import Failure, Request
from ebbline.connectors.braze.settings import BrazeSettings, limits
from ebbline.connectors.sandbox import Fault
from ebbline.testing import START_MS, System, VirtualClock
from ebbline.testing.sandboxes import STAND_IN_SECRET, Sandboxes
from tests.unit.testing.projects import project

AUDIENCES = """
audiences:
  warm: {when: 'performed("Demo Watched", within="1h")', owner: me, review_by: 2100-01-01}
"""
DESTINATIONS = """
destinations:
  braze:
    type: braze
    endpoint: https://rest.example
    key: env:BRAZE_KEY
    sync: [{audience: warm, as: segment_warm}]
  hook:
    type: webhook
    url: https://hook.example/in?team=1
    secret: env:HOOK_SECRET
    sync: [{audience: warm}]
"""
DEMO = {"type": "track", "userId": "ana", "event": "Demo Watched"}


@pytest.fixture
async def system(monkeypatch):
    monkeypatch.setenv("BRAZE_KEY", "a real secret")
    loaded = project(AUDIENCES, **{"destinations/all.yml": DESTINATIONS})
    async with System(loaded) as system:
        yield system


def statuses(system, name):
    return [entry["status"] for entry in system.sandboxes[name].requests]


def users(system, name):
    return system.sandboxes[name].vendor.views("users", {})["users"]


async def test_every_destination_has_its_sandbox(system):
    await system.send(DEMO)
    await system.advance("1s")
    _, request = system.sandboxes["braze"].requests  # after the check of the key
    assert request["body"] == {"attributes": [{"external_id": "ana", "segment_warm": True}]}
    (request,) = system.sandboxes["hook"].requests
    assert request["status"] == 204
    assert users(system, "hook")["user_id:ana"] == {"warm": True}
    await system.advance("1h")
    assert users(system, "hook")["user_id:ana"] == {"warm": False}
    assert statuses(system, "braze") == [400, 201, 201]


async def test_a_stand_in_takes_the_place_of_every_secret(system):
    assert system.deliver.problems == {}
    assert set(Sandboxes(system.plan, system.clock).environ) == {"BRAZE_KEY", "HOOK_SECRET"}
    assert set(Sandboxes(system.plan, system.clock).environ.values()) == {STAND_IN_SECRET}


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=503, next=2),
        Fault(drop="before", next=1),
        Fault(drop="after", next=1),
        Fault(timeout=True, next=1),
        Fault(timeout=True, late_ms=40_000, next=1),
        Fault(status=429, next=1),
    ],
    ids=lambda fault: str(fault.status or fault.drop or f"timeout {fault.late_ms}"),
)
async def test_values_get_there_through_every_trouble(system, fault):
    system.sandboxes["braze"].faults.active.append(fault)
    await system.send(DEMO)
    await system.advance("30m")
    (user,) = users(system, "braze")
    assert user["custom_attributes"] == {"segment_warm": True}
    assert statuses(system, "braze")[-1] == 201
    assert len(statuses(system, "braze")) > 1
    await system.advance("1h")
    (user,) = users(system, "braze")
    assert user["custom_attributes"] == {"segment_warm": False}


async def test_a_sandbox_outlives_a_restart_in_the_middle_of_a_request(system):
    system.sandboxes["braze"].faults.active.append(Fault(timeout=True, next=1))
    await system.send(DEMO)
    await system.advance("1s")
    await system.restart()
    await system.advance("10m")
    assert statuses(system, "braze")[-1] == 201
    assert system.members("warm") == ["ana"]


async def test_what_leads_nowhere_is_unsent_and_what_is_silent_times_out():
    loaded = project(AUDIENCES, **{"destinations/all.yml": DESTINATIONS})
    clock = VirtualClock()
    sandboxes = Sandboxes(loaded.plan, clock)
    bounds = limits(BrazeSettings("https://rest.example", "k"))
    result = await sandboxes.send(Request("POST", "https://elsewhere.example", (), b""), bounds)
    assert isinstance(result, Failure)
    assert result.kind == "unsent"
    await sandboxes.close()
    assert clock.now_ms() == START_MS
