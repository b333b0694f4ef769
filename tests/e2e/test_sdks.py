"""End to end with clients nobody here wrote: Segment's SDKs in, Braze's sandbox out.

Only the host of the SDKs is changed. They live on the machine's clock while the system's is
virtual, so what they send happened some real milliseconds before the instant of its arrival;
from there on every instant is exact.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ebbline.testing import START_MS, System, VirtualClock
from tests.e2e import story
from tests.e2e.drivers import install_node_sdk, node_sdk, python_sdk

PROJECT = Path(__file__).parent / "project"
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# A slow machine needs this long from the call to the request at most.
SDK_DELAY_MS_MAX = 60_000


@pytest.fixture(scope="session")
def node_modules():
    install_node_sdk()


# Node is not among what a bare machine needs for `make test`; `make check` needs and runs it.
@pytest.fixture(params=["python", pytest.param("node", marks=pytest.mark.slow)])
def sdk(request):
    """Sends calls with an SDK."""
    if request.param == "node":
        request.getfixturevalue("node_modules")
        return node_sdk
    return python_sdk


@pytest.fixture
async def system(tmp_path):
    async with System(PROJECT, VirtualClock(START_MS), tmp_path / "data") as system:
        yield system


class Stage:
    """The system with an SDK in front of it and what tests want to know of both."""

    def __init__(self, system, sdk):
        self.system = system
        self._sdk = sdk

    async def play(self, calls):
        """Send calls through the SDK; the instant at which they arrived."""
        await self._sdk(await self.system.serve(), self.system.write_key, calls)
        await self.system.settle()
        return self.system.clock.now_ms()

    def events(self, name):
        """What was collected under a name, in order of time."""
        log = self.system.engine.log
        batches = [log.events(entry) for entry in log.read(0) if entry.kind == "events"]
        found = [event for batch in batches for event in batch if event.name == name]
        return sorted(found, key=lambda event: event.time_ms)

    def flips(self, audience):
        """(what, when, whether an event caused it) for everything that changed."""
        told = self.system.ledger(audience)
        return [(one.kind, one.at_ms, one.cause is not None) for one in told]

    def objects(self):
        """Every attributes object Braze was sent, in order."""
        requests = said(self.system)
        assert {entry["path"] for entry in requests} <= {"/users/track"}
        assert {entry["status"] for entry in requests} <= {201}
        return [item for entry in requests for item in entry["body"]["attributes"]]


def said(system):
    """The requests that told Braze something; the check of the key holds nothing."""
    return [entry for entry in system.sandboxes["braze"].requests if entry["body"]]


@pytest.fixture
def stage(system, sdk):
    return Stage(system, sdk)


def alias(name):
    """How Braze is told of a device nobody has logged in on."""
    named = {"alias_name": name, "alias_label": "anonymous_id"}
    return {"user_alias": named, "_update_existing_only": False}


async def test_a_device_logs_in_and_is_told_as_one_person(stage):
    system = stage.system
    began_ms = await stage.play(story.UNKNOWN)
    assert stage.flips("pricing_hot") == [("entered", began_ms, True)]
    await system.advance("10m")
    assert stage.objects() == [{**alias("phone"), "segment_pricing_hot": True}]

    login_ms = await stage.play(story.ANA)
    assert stage.flips("high_intent") == [("entered", login_ms, True)]
    await system.advance("10s")
    after_login = stage.objects()[1:]
    assert {**alias("phone"), "segment_pricing_hot": False} in after_login
    told = [one for one in after_login if one.get("external_id") == "ana"]
    assert merged(told) == {
        "external_id": "ana",
        "segment_high_intent": True,
        "segment_pricing_hot": True,
    }

    view, first_price = stage.events("Product Viewed")[0], stage.events("Page Viewed")[0]
    for event, arrived_ms in ((view, login_ms), (first_price, began_ms)):
        assert arrived_ms - SDK_DELAY_MS_MAX < event.time_ms <= arrived_ms
    sent = len(stage.objects())
    await system.advance_to(first_price.time_ms + HOUR_MS - 1)
    assert system.members("pricing_hot") == ["ana"]
    await system.advance_to(view.time_ms + DAY_MS - 1)
    assert system.members("high_intent") == ["ana"]
    await system.advance("10s")
    assert stage.flips("pricing_hot")[1:] == [("exited", first_price.time_ms + HOUR_MS, False)]
    assert stage.flips("high_intent")[1:] == [("exited", view.time_ms + DAY_MS, False)]
    assert stage.objects()[sent:] == [
        {"external_id": "ana", "segment_pricing_hot": False},
        {"external_id": "ana", "segment_high_intent": False},
    ]


async def test_two_people_turn_out_to_be_one(stage):
    system = stage.system
    await stage.play(story.TWO_PEOPLE)
    assert system.reader.status().profiles == 2
    assert stage.flips("high_intent") == []
    await system.advance("1h")
    login_ms = await stage.play(story.MERGE)
    assert system.reader.status().profiles == 1
    (merge,) = [one for one in system.ledger() if one.kind == "merged"]
    assert merge.at_ms == login_ms
    assert stage.flips("high_intent") == [("entered", login_ms, True)]
    await system.advance("24h")
    left_ms = stage.events("Product Viewed")[0].time_ms + DAY_MS
    assert stage.flips("high_intent")[1:] == [("exited", left_ms, False)]
    assert stage.objects() == [
        {"external_id": "ben", "segment_high_intent": True},
        {"external_id": "ben", "segment_high_intent": False},
    ]


async def test_a_group_call_and_an_alias_call(stage):
    system = stage.system
    team_ms = await stage.play(story.TEAM)
    assert stage.flips("team_on_pro") == [("entered", team_ms, True)]
    await system.advance("1m")
    tablet_ms = await stage.play(story.TABLET)
    await system.advance("1m")
    assert stage.objects() == [
        {"external_id": "ana", "segment_team_on_pro": True},
        {**alias("tablet"), "segment_pricing_hot": True},
    ]
    await stage.play(story.ALIAS)
    await system.advance("1m")
    assert system.members("pricing_hot") == ["cleo"]
    assert sorted(stage.objects()[2:], key=lambda one: "external_id" in one) == [
        {**alias("tablet"), "segment_pricing_hot": False},
        {"external_id": "cleo", "segment_pricing_hot": True},
    ]
    await system.advance("2h")
    assert stage.objects()[4:] == [{"external_id": "cleo", "segment_pricing_hot": False}]
    left_ms = stage.events("Page Viewed")[0].time_ms + HOUR_MS
    assert stage.flips("pricing_hot") == [("entered", tablet_ms, True), ("exited", left_ms, False)]


async def test_the_body_is_what_brazes_documentation_shows(stage):
    await stage.play([*[story.demo(userId="ana")] * 3, story.product(userId="ana")])
    await stage.system.advance("25h")
    bodies = [entry["body"] for entry in said(stage.system)]
    assert bodies == [
        {"attributes": [{"external_id": "ana", "segment_high_intent": True}]},
        {"attributes": [{"external_id": "ana", "segment_high_intent": False}]},
    ]


def merged(objects):
    """The newest value of every field."""
    found = {}
    for one in objects:
        found |= one
    return found
