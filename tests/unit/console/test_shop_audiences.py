"""The shop template's audiences are all at work when the simulated shop opens."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import apsw
import msgspec
import pytest

import ebbline.console
from ebbline.console.shop import Shop
from ebbline.console.shop.limits import MINUTE_MS, SECOND_MS
from ebbline.definitions.project import load_project
from ebbline.events.event import Event
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.hosts.embedded.log import Entry
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

OPENS_MS = 1_800_000_000_000
STEP_MS = 10 * SECOND_MS
TEMPLATE = Path(ebbline.console.__path__[0]) / "templates" / "shop"


@pytest.fixture(scope="module")
def plan():
    loaded = load_project(TEMPLATE)
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


@pytest.fixture(scope="module")
def turns(plan, tmp_path_factory):
    """(audience, kind) to milliseconds after the opening, of the first ninety minutes."""
    path = tmp_path_factory.mktemp("shop") / "state.db"
    store = StateStore(path)
    fold = Fold(store, plan)
    shop = Shop(seed=7, people=40, opens_ms=OPENS_MS)
    read = Parser(Names()).parse_line
    steps = range(OPENS_MS, OPENS_MS + 90 * MINUTE_MS, STEP_MS)
    live = [(from_ms + STEP_MS, shop.calls(from_ms, from_ms + STEP_MS)) for from_ms in steps]
    batches = [(OPENS_MS - 1, shop.history()), *live]
    for offset, (now_ms, calls) in enumerate(batches, 1):
        events = [read(msgspec.json.encode(call), received_ms=now_ms) for call in calls]
        assert all(isinstance(event, Event) for event in events)
        fold.take(Entry(offset, now_ms, "events", len(events), b""), events)
    fold.commit()
    store.close()
    found = defaultdict(list)
    rows = apsw.Connection(str(path)).execute(
        "SELECT definition, kind, at_ms FROM ledger_entries WHERE at_ms >= ?", (OPENS_MS,)
    )
    for audience, kind, at_ms in rows:
        found[audience, kind].append(at_ms - OPENS_MS)
    return found


def test_every_audience_changes_in_the_first_ten_seconds(plan, turns):
    # Batches of ten seconds: what arrives in the first one becomes known at its end.
    first = {name for (name, _), times in turns.items() if min(times) <= STEP_MS}
    assert {audience.name for audience in plan.audiences} <= first


def test_every_audience_is_entered_and_left_within_ninety_minutes(plan, turns):
    for audience in plan.audiences:
        assert turns[audience.name, "entered"], audience.name
        assert turns[audience.name, "exited"], audience.name
