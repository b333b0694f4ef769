"""A data folder, a plan with one Braze destination, and a sandbox on a local port."""

from __future__ import annotations

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from ebbline.connectors.braze.sandbox import braze_sandbox
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef, TraitDef
from ebbline.definitions.tree import Literal
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.deliver import Deliver, HttpTransport
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer
from tests.unit.hosts.deliver.state_file import StateFile

KEY = "a-secret-key"


@pytest.fixture
def state(tmp_path):
    return StateFile(tmp_path / "state.db")


@pytest.fixture
async def sandbox():
    app = braze_sandbox(lambda: time.time_ns() // 1_000_000, asyncio.sleep, key=KEY)
    async with SandboxServer(app) as server:
        yield server


def plan_for(url, **settings):
    syncs = (
        SyncDef("segment_high_intent", audience="high_intent"),
        SyncDef("churn", audience="churn"),
        SyncDef("lead_score", trait="lead_score", min_change=5),
    )
    braze = DestinationDef(
        "braze", "braze", {"endpoint": url, "key": "env:BRAZE_KEY", **settings}, syncs
    )
    trait = TraitDef("lead_score", Literal(1), "number")
    return Plan("shop", (), traits=(trait,), destinations=(braze,))


def make_deliver(path, plan, **kept):
    made = {
        "clock": SystemClock(),
        "transport": HttpTransport(),
        "registry": CollectorRegistry(),
        "jitter": lambda: 0.1,
        "environ": {"BRAZE_KEY": KEY},
    } | kept
    return Deliver(path, plan, **made)


async def until(check, seconds=5.0):
    """Wait until `check()` holds."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come about in time"
        await asyncio.sleep(0.005)


class Running:
    """A deliver process's loop inside this one."""

    def __init__(self, deliver):
        self.deliver = deliver

    async def __aenter__(self):
        self.task = asyncio.create_task(self.deliver.run())
        return self.deliver

    async def __aexit__(self, *_):
        self.deliver.stop()
        await self.task
