"""One timer ends all waits that are too long, and no other."""

from __future__ import annotations

import asyncio

import pytest

from ebbline.hosts.embedded.collect.deadlines import Deadlines


async def wait(deadlines, seconds):
    """Whether a wait of so many seconds was ended."""
    task = deadlines.begin()
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        if not deadlines.end(task):
            raise
        return True
    return deadlines.end(task)


async def test_long_waits_end_and_short_ones_do_not():
    deadlines = Deadlines(0.1)
    ended = await asyncio.gather(*[wait(deadlines, seconds) for seconds in (0, 9, 0.01, 9, 0.05)])
    assert ended == [False, True, False, True, False]
    assert await wait(deadlines, 9)
    assert not await wait(deadlines, 0.01)


async def test_a_later_wait_has_its_own_time():
    deadlines = Deadlines(0.2)
    first = asyncio.create_task(wait(deadlines, 9))
    await asyncio.sleep(0.1)
    second = asyncio.create_task(wait(deadlines, 9))
    assert await first
    assert not second.done()
    assert await second


async def test_a_task_that_is_cancelled_by_somebody_else_stays_cancelled():
    deadlines = Deadlines(9)
    task = asyncio.create_task(wait(deadlines, 9))
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
