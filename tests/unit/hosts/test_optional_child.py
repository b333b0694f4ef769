"""A child that is not essential: it starts last, and nobody waits or dies for it."""

from __future__ import annotations

import asyncio
import sys

from ebbline.hosts.embedded.supervisor import EXIT_SETUP, Child, Happening, Supervisor

WORK = """
import signal, sys
from ebbline.hosts.embedded.lifeline import hold_lifeline, say_ready
hold_lifeline()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
say_ready()
while True:
    signal.pause()
"""
SILENT = WORK.replace("\nsay_ready()", "")


def child(name, text, *, essential=True):
    return Child(name, (sys.executable, "-c", text), essential=essential)


async def supervised(children, act):
    """Run children, do something, stop; the exit code and what happened."""
    happened: list[Happening] = []
    running = Supervisor(children, happened.append)
    task = asyncio.create_task(running.run())
    await asyncio.wait_for(act(running, happened), 30)
    running.stop()
    return await asyncio.wait_for(task, 10), [(each.name, each.what) for each in happened]


async def until(true):
    while not true():  # noqa: ASYNC110 - other processes set no event of ours
        await asyncio.sleep(0.02)


async def test_it_starts_after_all_others_are_ready():
    async def act(running, happened):
        await until(lambda: ("extra", "ready") in [(each.name, each.what) for each in happened])

    children = [child("extra", WORK, essential=False), child("a", WORK), child("b", WORK)]
    code, happened = await supervised(children, act)
    started = happened.index(("extra", "started"))
    assert code == 0
    assert {("a", "ready"), ("b", "ready")} <= set(happened[:started])


async def test_the_system_is_ready_without_it():
    async def act(running, happened):
        await running.ready.wait()
        await until(lambda: ("extra", "started") in [(each.name, each.what) for each in happened])
        assert running.ready.is_set()

    code, happened = await supervised([child("a", WORK), child("extra", SILENT, essential=False)],
                                      act)  # fmt: skip
    assert code == 0
    assert ("extra", "ready") not in happened


async def test_its_wrong_set_up_ends_it_alone():
    async def act(running, happened):
        await until(lambda: ("extra", "died") in [(each.name, each.what) for each in happened])
        await asyncio.sleep(0.3)
        assert running.ready.is_set()
        assert set(running.pids) == {"a"}

    broken = child("extra", f"raise SystemExit({EXIT_SETUP})", essential=False)
    code, happened = await supervised([child("a", WORK), broken], act)
    assert code == 0
    assert happened.count(("extra", "started")) == 1


async def test_an_order_to_stop_comes_before_it_ever_starts():
    async def act(running, happened):
        await until(lambda: ("a", "started") in [(each.name, each.what) for each in happened])

    children = [child("a", SILENT), child("extra", WORK, essential=False)]
    code, happened = await supervised(children, act)
    assert code == 0
    assert ("extra", "started") not in happened
