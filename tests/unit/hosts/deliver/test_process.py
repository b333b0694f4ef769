"""The deliver loop against the sandbox over real HTTP."""

from __future__ import annotations

import asyncio
import time

import pytest
from prometheus_client import CollectorRegistry

from ebbline.errors import NotFound
from ebbline.hosts.embedded.deliver.commands import Pause, Renew, Spool
from ebbline.hosts.embedded.deliver.reading import (
    destination_status,
    list_deliveries,
    retry_deliveries,
    show_delivery,
)
from tests.unit.hosts.deliver.rig import (
    KEY,
    SYNCS,
    Running,
    braze_at,
    introduce,
    make_deliver,
    plan_of,
    tell,
    until,
    users,
)
from tests.unit.hosts.deliver.state_file import LINKED, MERGED, TRAIT, StateFile


@pytest.fixture
def plan(sandbox):
    return plan_of(braze_at(sandbox.url))


async def test_an_entry_and_an_exit_reach_braze(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": True}})
        assert sandbox.app.requests[0]["body"] == {
            "attributes": [{"external_id": "ana", "segment_high_intent": True}]
        }
        state.leave(1, "high_intent")
        deliver.wake()
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": False}})
    assert [delivery.state for delivery in list_deliveries(tmp_path)] == ["done", "done"]


async def test_attempts_are_kept_without_secrets(tmp_path, state, sandbox, plan):
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent", at_ms=int(time.time() * 1000) - 5_000)
    registry = CollectorRegistry()
    async with Running(make_deliver(tmp_path, plan, registry=registry)):
        await until(lambda: users(sandbox))
    (listed,) = list_deliveries(tmp_path, destination="braze", state="done")
    assert listed.changed_ms < listed.queued_ms <= listed.sent_ms <= listed.answered_ms
    shown = show_delivery(tmp_path, listed.id)
    assert shown.request["headers"]["Authorization"] == "***"
    assert '"external_id":"ana"' in shown.request["body"]
    assert (shown.response["status"], shown.delivery.status) == (201, 201)
    assert shown.items == [
        {
            "address": "external_id:ana",
            "values": {"segment_high_intent": True},
            "versions": {"segment_high_intent": 1},
            "verdict": "done",
            "reason": "",
        }
    ]
    assert KEY.encode() not in (tmp_path / "delivery.db").read_bytes()
    labels = {"destination": "braze", "state": "done"}
    assert registry.get_sample_value("ebbline_deliver_requests_total", labels) == 1
    labels = {"destination": "braze", "stage": "request"}
    assert registry.get_sample_value("ebbline_deliver_stage_seconds_count", labels) == 1
    with pytest.raises(NotFound):
        show_delivery(tmp_path, 99)
    assert list_deliveries(tmp_path / "nowhere") == []


async def test_history_is_sent_as_what_it_came_to(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    for profile in range(1, 121):
        state.person(profile, ("user_id", f"u{profile}"))
        state.enter(profile, "high_intent")
        state.row(profile, TRAIT, "lead_score", 10)
        if profile % 2:
            state.leave(profile, "high_intent")
        state.row(profile, TRAIT, "lead_score", profile)
    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: len(users(sandbox)) == 120)
    assert users(sandbox)["u2"] == {"segment_high_intent": True, "lead_score": 2}
    assert users(sandbox)["u3"] == {"lead_score": 3}
    assert sandbox.app.received == 3


async def test_identity(tmp_path, state, sandbox, plan):
    state.person(1, ("anonymous_id", "a1"))
    state.person(2, ("anonymous_id", "a2"))
    state.enter(1, "high_intent")
    state.enter(2, "churn")
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: len(users(sandbox)) == 2)
        state.person(1, ("user_id", "ana"), ("anonymous_id", "a1"))
        state.row(1, LINKED, "user_id", "ana")
        deliver.wake()
        await until(lambda: "ana" in users(sandbox))
        state.gone(2)
        state.person(1, ("user_id", "ana"), ("anonymous_id", "a1"), ("anonymous_id", "a2"))
        state.row(2, MERGED, "", 1)
        state.enter(1, "churn")
        deliver.wake()
        await until(lambda: users(sandbox)["ana"].get("churn"))
    assert users(sandbox) == {
        "a1": {"segment_high_intent": False},
        "a2": {"churn": False},
        "ana": {"segment_high_intent": True, "churn": True},
    }


async def test_what_is_refused_is_laid_aside_and_retried_on_order(tmp_path, state, sandbox, plan):
    for profile, name in ((1, "ana"), (2, "null"), (3, "cem")):
        state.person(profile, ("user_id", name))
        state.enter(profile, "high_intent")
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: len(users(sandbox)) == 2)
        await until(lambda: destination_status(tmp_path)[0].dead == 1)
        (dead,) = list_deliveries(tmp_path, state="dead")
        assert (dead.state, dead.dead) == ("partly", 1)
        assert "blacklisted" in dead.reason
        requests = sandbox.app.received
        assert not retry_deliveries(tmp_path, dead.id)  # nobody listens to the bell here
        deliver.wake()
        await until(lambda: sandbox.app.received > requests)
        assert len(sandbox.app.requests[-1]["body"]["attributes"]) == 1
        await until(lambda: destination_status(tmp_path)[0].dead == 1)
        retry_deliveries(tmp_path)
        deliver.wake()
        await until(lambda: sandbox.app.received == requests + 2)
    assert not list((tmp_path / "deliver-orders").glob("*.json"))


async def test_errors_and_ends_of_connections(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    tell(sandbox, status=503, next=2)
    tell(sandbox, status=429, next=1, headers={"x-ratelimit-reset": "0"})
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": True}}, seconds=9)
    states = [delivery.state for delivery in list_deliveries(tmp_path)]
    assert states == ["done", "throttled", "retry", "retry"]


async def test_a_dropped_connection_fences(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    tell(sandbox, drop="after", next=1)
    state.person(1, ("user_id", "ana"))
    state.person(2, ("user_id", "bob"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: list_deliveries(tmp_path, state="unknown"))
        state.leave(1, "high_intent")
        state.enter(2, "high_intent")
        deliver.wake()
        await until(lambda: "bob" in users(sandbox))
        assert users(sandbox)["ana"] == {"segment_high_intent": True}
        await until(lambda: destination_status(tmp_path)[0].pending == 1)
        assert destination_status(tmp_path)[0].state == "closed"


async def test_a_wrong_key_is_noticed_before_anything_is_sent(tmp_path, state, sandbox, plan):
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan, environ={"BRAZE_KEY": "other"})):
        await until(lambda: [s.state for s in destination_status(tmp_path)] == ["open"])
    (status,) = destination_status(tmp_path)
    assert "401 Invalid API key" in status.reason
    assert not list_deliveries(tmp_path)
    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: users(sandbox))
    assert destination_status(tmp_path)[0].state == "closed"


async def test_a_key_that_is_taken_away_opens_the_breaker(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    tell(sandbox, status=401, next=1, message="Invalid API key")
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: list_deliveries(tmp_path, state="misconfigured"))
        await until(lambda: [s.state for s in destination_status(tmp_path)] == ["open"])
    assert destination_status(tmp_path)[0].reason.startswith("401 Invalid API key")


async def test_one_destination_does_not_hold_up_another(tmp_path, state, sandbox):
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    plan = plan_of(
        braze_at(sandbox.url, "no_secret", key="env:NOT_THERE"),
        braze_at("http://127.0.0.1:9", "nobody_there"),
        braze_at(sandbox.url, "bad_field", (SYNCS[0].__class__("external_id", audience="x"),)),
        braze_at(sandbox.url),
    )

    def named(name):
        return {status.name: status for status in destination_status(tmp_path)}[name]

    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: users(sandbox))
        await until(lambda: named("nobody_there").state == "open")
    assert "refused address" in named("nobody_there").reason
    assert named("no_secret").reason == "The environment variable NOT_THERE is not set."
    assert named("bad_field").state == "problem"
    assert (named("braze").pending, named("nobody_there").pending) == (0, 1)


async def test_a_pause_holds_everything_back_and_loses_nothing(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    spool = Spool(tmp_path)
    spool.put(Pause("braze", paused=True), "1")
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: [s.state for s in destination_status(tmp_path)] == ["paused"])
        state.enter(1, "churn")
        deliver.wake()
        await until(lambda: destination_status(tmp_path)[0].position == 2)
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await asyncio.sleep(0.1)
        assert not sandbox.app.received  # a restart does not end a pause
        spool.put(Pause("braze", paused=False), "2")
        deliver.wake()
        await until(lambda: users(sandbox) == {"ana": {"segment_high_intent": True, "churn": True}})


async def test_a_sync_that_is_added_later_gets_its_history(tmp_path, state, sandbox):
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    state.enter(1, "churn")
    async with Running(make_deliver(tmp_path, plan_of(braze_at(sandbox.url, syncs=SYNCS[:1])))):
        await until(lambda: users(sandbox))
    async with Running(make_deliver(tmp_path, plan_of(braze_at(sandbox.url)))):
        await until(lambda: len(users(sandbox)["ana"]) == 2)
    assert sandbox.app.requests[-1]["body"]["attributes"] == [{"external_id": "ana", "churn": True}]


async def test_a_field_that_comes_to_mean_something_else(tmp_path, state, sandbox):
    state.person(1, ("user_id", "ana"))
    state.person(2, ("user_id", "bob"))
    state.enter(1, "high_intent")
    state.enter(2, "churn")
    sync = SYNCS[0].__class__
    first = plan_of(braze_at(sandbox.url, syncs=(sync("seg", audience="high_intent"),)))
    async with Running(make_deliver(tmp_path, first)):
        await until(lambda: users(sandbox) == {"ana": {"seg": True}})
    second = plan_of(braze_at(sandbox.url, syncs=(sync("seg", audience="churn"),)))
    async with Running(make_deliver(tmp_path, second)):
        await until(lambda: users(sandbox) == {"ana": {"seg": False}, "bob": {"seg": True}})


async def test_nothing_is_sent_again_after_a_restart(tmp_path, state, sandbox, plan):
    await introduce(tmp_path, plan, sandbox)
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    for _ in range(3):
        async with Running(make_deliver(tmp_path, plan)):
            await until(lambda: users(sandbox))
            await asyncio.sleep(0.1)
    assert sandbox.app.received == 1


async def test_it_starts_before_there_is_any_state(tmp_path, sandbox, plan):
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await asyncio.sleep(0.05)
        state = StateFile(tmp_path / "state.db")
        state.person(1, ("user_id", "ana"))
        state.enter(1, "high_intent")
        deliver.wake()
        await until(lambda: users(sandbox))


async def test_a_stop_does_not_wait_for_who_never_answers(
    tmp_path, state, sandbox, plan, monkeypatch
):
    monkeypatch.setattr("ebbline.hosts.embedded.deliver.process.STOP_GRACE_SECONDS", 0.1)
    await introduce(tmp_path, plan, sandbox)
    tell(sandbox, timeout=True, hold_ms=1_000, next=1)
    state.person(1, ("user_id", "ana"))
    state.enter(1, "high_intent")
    async with Running(make_deliver(tmp_path, plan)):
        await until(lambda: sandbox.app.received == 1)
        started = time.monotonic()
    assert time.monotonic() - started < 0.6
    (listed,) = list_deliveries(tmp_path)
    assert (listed.state, listed.reason) == ("unknown", "deliver was stopped meanwhile")


async def test_an_idle_process_sleeps(tmp_path, state, sandbox, plan, monkeypatch):
    await introduce(tmp_path, plan, sandbox)
    deliver = make_deliver(tmp_path, plan)
    rounds = []
    once = deliver.round
    monkeypatch.setattr(deliver, "round", lambda: rounds.append(1) or once())
    async with Running(deliver):
        await asyncio.sleep(0.3)
        assert len(rounds) == 1


async def test_orders_that_renew_and_orders_that_are_none(tmp_path, state, sandbox, plan, capsys):
    await introduce(tmp_path, plan, sandbox)
    async with Running(make_deliver(tmp_path, plan)) as deliver:
        await until(lambda: deliver.stations)
        before = deliver.stations["braze"]
        Spool(tmp_path).put(Renew(), "2")
        (tmp_path / "deliver-orders" / "1.json").write_text("this is no order")
        deliver.wake()
        await until(lambda: deliver.stations.get("braze") not in (None, before))
    assert "cannot be read" in capsys.readouterr().out
    assert not list((tmp_path / "deliver-orders").glob("*.json"))
