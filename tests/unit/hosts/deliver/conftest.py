"""A state.db as the engine would leave it, and a Braze sandbox on a local port."""

from __future__ import annotations

import asyncio
import time

import pytest

from ebbline.connectors.braze.sandbox import braze_sandbox
from ebbline.hosts.embedded.deliver.sandbox_server import SandboxServer
from tests.unit.hosts.deliver.rig import KEY
from tests.unit.hosts.deliver.state_file import StateFile


@pytest.fixture
def state(tmp_path):
    return StateFile(tmp_path / "state.db")


@pytest.fixture
async def sandbox():
    app = braze_sandbox(lambda: time.time_ns() // 1_000_000, asyncio.sleep, key=KEY)
    async with SandboxServer(app) as server:
        yield server
