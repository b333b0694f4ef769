"""Many appends, few writes; a bounded queue; every waiter hears what became of its events."""

from __future__ import annotations

import asyncio
import errno

import pytest

from ebbline.hosts.embedded.collect import DiskFull, Limits, NotStored, Overloaded

ROUNDS = 50


@pytest.mark.parametrize("inline", [True, False])
async def test_concurrent_appends_share_a_write(make, inline):
    collector = make(inline=inline)
    if not inline:
        collector.log.gate.clear()
    appends = [
        asyncio.create_task(collector.commit.append([number], [], 1)) for number in range(ROUNDS)
    ]
    await asyncio.sleep(0.01)
    collector.log.gate.set()
    await asyncio.gather(*appends)
    assert collector.log.events == list(range(ROUNDS))
    assert len(collector.log.groups) <= 2
    assert collector.metric("ebbline_collect_queue_events") == 0
    await collector.commit.close()


async def test_nobody_hears_of_success_before_the_write(make):
    collector = make(inline=False)
    collector.log.gate.clear()
    append = asyncio.create_task(collector.commit.append(["a"], [], 1))
    await asyncio.sleep(0.02)
    assert not append.done()
    collector.log.gate.set()
    await append
    await collector.commit.close()


async def test_a_group_is_bounded(make):
    collector = make(limits=Limits(group_events_max=10))
    await asyncio.gather(*(collector.commit.append([1, 2, 3], [4], 1) for _ in range(10)))
    assert collector.log.groups == [8] * 5
    await collector.commit.append([0] * 30, [], 1)
    assert collector.log.groups[-1] == 30


@pytest.mark.parametrize(
    "limits", [Limits(queue_events_max=10), Limits(queue_bytes_max=100)], ids=["events", "bytes"]
)
async def test_a_full_queue_refuses_and_loses_nothing(make, limits):
    collector = make(limits=limits)
    results = await asyncio.gather(
        *(collector.commit.append([number], [], 10) for number in range(15)),
        return_exceptions=True,
    )
    assert results == [None] * 10 + results[10:]
    assert all(isinstance(result, Overloaded) for result in results[10:])
    assert collector.log.events == list(range(10))
    await collector.commit.append([1] * 99, [], 999)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ENOSPC, "no space"), DiskFull),
        (OSError(errno.EIO, "input/output error"), NotStored),
        (DiskFull("the store says so"), DiskFull),
        (RuntimeError("anything"), NotStored),
    ],
)
@pytest.mark.parametrize("inline", [True, False])
async def test_a_failed_write_fails_its_waiters_only(make, error, kind, inline):
    collector = make(inline=inline)
    collector.log.error = error
    results = await asyncio.gather(
        *(collector.commit.append([number], [], 10) for number in range(3)),
        return_exceptions=True,
    )
    assert {type(result) for result in results} == {kind}
    assert collector.commit.trouble
    collector.log.error = None
    await collector.commit.append(["after"], [], 1)
    assert collector.log.events == ["after"]
    assert collector.commit.trouble is None
    assert collector.metric("ebbline_collect_queue_bytes") == 0
    await collector.commit.close()


async def test_trouble_is_forgotten_when_senders_may_try_again(make, monkeypatch):
    collector = make()
    monkeypatch.setattr(DiskFull, "retry_after_s", 0)
    collector.log.error = DiskFull("no room")
    with pytest.raises(DiskFull):
        await collector.commit.append(["a"], [], 1)
    assert collector.commit.trouble
    await asyncio.sleep(0.01)
    assert collector.commit.trouble is None, "a balancer would never send anything again"
    await collector.commit.close()


async def test_a_waiter_that_went_away_is_stored_all_the_same(make):
    collector = make(inline=False)
    collector.log.gate.clear()
    append = asyncio.create_task(collector.commit.append(["a"], [], 1))
    await asyncio.sleep(0.01)
    append.cancel()
    collector.log.gate.set()
    await collector.commit.close()
    assert collector.log.events == ["a"]


async def test_closing_writes_what_waits_and_takes_no_more(make):
    collector = make(inline=False)
    append = asyncio.create_task(collector.commit.append(["a"], [], 1))
    await asyncio.sleep(0)
    await collector.commit.close()
    await append
    with pytest.raises(Overloaded):
        await collector.commit.append(["b"], [], 1)
    assert collector.log.events == ["a"]


async def test_a_refusal_over_http(make):
    collector = make(limits=Limits(queue_events_max=1), inline=False)
    collector.log.gate.clear()
    event = {"userId": "ana", "event": "X", "messageId": "m"}
    first = asyncio.create_task(collector.client.post("/v1/track", event))
    await asyncio.sleep(0.01)
    second = await collector.client.post("/v1/track", event)
    assert (second.status, second.json["code"]) == (429, "overloaded")
    assert second.headers["retry-after"] == second.headers["x-ratelimit-reset"] == "2"
    collector.log.gate.set()
    assert (await first).status == 200
    await collector.commit.close()
