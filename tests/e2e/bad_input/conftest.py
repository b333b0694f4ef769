"""A whole system with two destinations, and what tests want to know of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.e2e.whole.door import Door
from tests.e2e.whole.project import project_at
from tests.e2e.whole.sandbox import Sandboxes
from tests.e2e.whole.system import WholeSystem, until

TEMPLATE = Path(__file__).parent / "project"


@pytest.fixture(scope="module")
def sandboxes(tmp_path_factory):
    with Sandboxes(tmp_path_factory.mktemp("sandboxes") / "applied.jsonl") as sandboxes:
        yield sandboxes


@pytest.fixture(scope="module")
def braze(sandboxes):
    return Door(sandboxes.braze_port)


@pytest.fixture(scope="module")
def hook(sandboxes):
    return Door(sandboxes.webhook_port)


@pytest.fixture(scope="module")
def project(tmp_path_factory, sandboxes):
    return project_at(tmp_path_factory.mktemp("project") / "project", TEMPLATE, sandboxes)


@pytest.fixture(scope="module")
def stage(tmp_path_factory, project):
    """One running system for all tests of a module."""
    folder = tmp_path_factory.mktemp("system")
    with WholeSystem(project, folder / "data", folder / "system.log") as system:
        yield Stage(system)


class Stage:
    """A running system with questions about it."""

    def __init__(self, system):
        self.system = system
        self.pids = system.children()

    def view(self, user, message_id=None):
        """A good event; the answer."""
        call = {"userId": user, "event": "Product Viewed", "messageId": message_id or user}
        return self.system.door.post("/v1/track", call)

    def takes_in(self, user):
        """A good event goes all the way into the state, and no process has been replaced."""
        assert self.view(user).status == 200
        sql = "SELECT 1 FROM identifiers WHERE value = ?"
        until(lambda: self.system.query("state.db", sql, user), f"{user} is folded")
        assert self.system.children() == self.pids

    def quarantined(self):
        """Codes of everything refused so far."""
        return [row[0] for row in self.system.query("log.db", "SELECT code FROM quarantine")]

    def counted(self, code):
        """How many refusals of a kind the metrics tell of."""
        text = self.system.door.ask("GET", "/metrics").body.decode()
        found = re.search(
            rf'^ebbline_collect_rejected_total{{code="{code}"}} (\S+)$', text, re.MULTILINE
        )
        return int(float(found.group(1))) if found else 0
