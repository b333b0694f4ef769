"""A plan with one Braze destination, and deliver running inside the test's loop."""

from __future__ import annotations

import asyncio
import time

from prometheus_client import CollectorRegistry

from ebbline.connectors.sandbox import Fault
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef, TraitDef
from ebbline.definitions.tree import Literal
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.deliver import Deliver, HttpTransport
from ebbline.hosts.embedded.deliver.guard import Guard

KEY = "a-secret-key"
SYNCS = (
    SyncDef("segment_high_intent", audience="high_intent"),
    SyncDef("churn", audience="churn"),
    SyncDef("lead_score", trait="lead_score", min_change=5),
)


def braze_at(url, name="braze", syncs=SYNCS, **settings):
    """A Braze destination."""
    return DestinationDef(
        name, "braze", {"endpoint": url, "key": "env:BRAZE_KEY", **settings}, syncs
    )


def plan_of(*destinations):
    """A plan with these destinations."""
    traits = (TraitDef("lead_score", Literal(1), "number"),)
    return Plan("shop", (), traits=traits, destinations=destinations)


def make_deliver(path, plan, **kept):
    made = {
        "clock": SystemClock(),
        "transport": HttpTransport(Guard(allow=("127.0.0.1",))),
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


async def introduce(path, plan, sandbox, **kept):
    """Let destinations be met, so that whatever comes next is a delivery."""
    async with Running(make_deliver(path, plan, **kept)) as deliver:
        met = deliver.stations
        await until(lambda: met and all(each.introduction.prepared for each in met.values()))
    sandbox.app.requests.clear()
    sandbox.app.received = 0


def users(sandbox):
    """What was applied, by external id or alias."""
    return {
        user.get("external_id") or user["user_alias"]["alias_name"]: user["custom_attributes"]
        for user in sandbox.app.vendor.users.listed()
    }


def tell(sandbox, **fault):
    """Have the sandbox fail."""
    sandbox.app.faults.active.append(Fault(**fault))
