"""Service levels as the deliver process counts them, over real HTTP to the sandbox."""

from __future__ import annotations

import msgspec
from prometheus_client import CollectorRegistry

from ebbline.definitions.plan import SloDef
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.deliver.reading import list_deliveries
from ebbline.hosts.embedded.reading.levels import service_levels
from tests.unit.hosts.deliver.rig import (
    Running,
    braze_at,
    introduce,
    make_deliver,
    plan_of,
    tell,
    until,
    users,
)

PEOPLE = 1_500
FAILING = 0.0664  # a large vendor's published share of first tries that fail


def levels(path):
    """The destination's own figures."""
    (standing,) = service_levels(path, SloDef(), SystemClock().now_ms())
    return standing.rows[0].levels


def enter(state, first, last):
    now_ms = SystemClock().now_ms()
    with state.db:
        for profile in range(first, last):
            state.person(profile, ("user_id", f"u{profile}"))
            state.enter(profile, "high_intent", now_ms)


async def test_with_a_fifteenth_of_first_tries_failing_everything_arrives_and_is_counted_once(
    tmp_path, state, sandbox
):
    plan, registry = plan_of(braze_at(sandbox.url)), CollectorRegistry()
    async with Running(make_deliver(tmp_path, plan, registry=registry)) as deliver:
        await until(lambda: deliver.stations)
        tell(sandbox, status=500, probability=FAILING, seed=3)
        for first in range(1, PEOPLE, 10):  # batches of ten: a hundred and fifty requests
            enter(state, first, first + 10)
            deliver.wake()
            want = first + 9
            await until(lambda want=want: len(users(sandbox)) + 150 > want, 20)
        await until(lambda: len(users(sandbox)) >= PEOPLE, 20)
        await until(lambda: levels(tmp_path).changes >= PEOPLE, 20)
    found = levels(tmp_path)
    assert (found.changes, found.dead, found.final) == (PEOPLE, 0, 1.0)
    assert 0.85 < found.first_try < 0.99
    assert found.within_objective == 1.0
    labels = {"destination": "braze", "source": "audience:high_intent", "outcome": "retried"}
    retried = registry.get_sample_value("ebbline_slo_changes_total", labels)
    assert retried == round((1 - found.first_try) * PEOPLE)


async def test_a_restart_between_request_and_answer_is_a_second_try_of_one_change(
    tmp_path, state, sandbox
):
    plan = plan_of(braze_at(sandbox.url, fence_seconds=0.2))
    await introduce(tmp_path, plan, sandbox)
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: deliver.stations)
        enter(state, 1, 2)
        tell(sandbox, timeout=True, hold_ms=700, next=1)
        deliver.wake()
        await until(lambda: any(each.state == "sending" for each in list_deliveries(tmp_path)))
        snapshot = tmp_path / "killed"
        snapshot.mkdir()
        deliver._store.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        # What a kill at this moment would leave.
        (snapshot / "delivery.db").write_bytes((tmp_path / "delivery.db").read_bytes())
        state.db.execute("VACUUM INTO ?", (str(snapshot / "state.db"),))
    async with Running(make_deliver(snapshot, plan)):
        await until(lambda: levels(snapshot).changes, 10)
    found = levels(snapshot)
    assert (found.changes, found.first_try, found.final) == (1, 0.0, 1.0)


async def test_a_new_sync_sends_history_that_has_no_latency(tmp_path, state, sandbox):
    for profile in range(1, 21):
        state.person(profile, ("user_id", f"u{profile}"))
        state.enter(profile, "high_intent", 1_000)
    async with Running(make_deliver(tmp_path, plan_of(braze_at(sandbox.url)))):
        await until(lambda: len(users(sandbox)) == 20)
        await until(lambda: levels(tmp_path).changes == 20)
    found = levels(tmp_path)
    assert (found.history, found.p95_ms, found.latency_left) == (20, None, 1.0)
    assert msgspec.to_builtins(found)["final"] == 1.0
