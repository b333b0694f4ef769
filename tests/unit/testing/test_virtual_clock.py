"""The virtual clock: sleepers wake in order, each at its own instant, and nothing else moves it."""

from __future__ import annotations

import asyncio
import doctest

import pytest

from ebbline.testing import virtual_clock
from ebbline.testing.virtual_clock import START_MS, VirtualClock


async def note(clock, seconds, name, log):
    await clock.sleep(seconds)
    log.append((name, clock.now_ms() - START_MS))


async def test_sleepers_wake_in_order_of_time_and_then_of_falling_asleep():
    clock, log = VirtualClock(), []
    tasks = [
        asyncio.create_task(note(clock, seconds, name, log))
        for name, seconds in (("late", 3), ("first", 1), ("second", 1), ("never", 10))
    ]
    await clock.advance("5s")
    assert log == [("first", 1000), ("second", 1000), ("late", 3000)]
    assert clock.now_ms() == START_MS + 5000
    assert clock.next_ms() == START_MS + 10_000
    await clock.advance(5000)
    assert log[-1] == ("never", 10_000)
    await asyncio.gather(*tasks)


async def test_whoever_sleeps_again_wakes_again_on_the_same_way():
    clock, woken = VirtualClock(), []

    async def heart():
        while True:
            await clock.sleep(3600)
            woken.append(clock.now_ms() - START_MS)

    task = asyncio.create_task(heart())
    await clock.advance("24h")
    assert woken == [hour * 3_600_000 for hour in range(1, 25)]
    task.cancel()


async def test_a_cancelled_sleeper_is_forgotten():
    clock = VirtualClock()
    task = asyncio.create_task(clock.sleep(1))
    await virtual_clock.turns()
    assert clock.next_ms() == START_MS + 1000
    task.cancel()
    await virtual_clock.turns()
    assert clock.next_ms() is None
    await clock.advance("1h")


async def test_no_time_to_sleep_is_a_turn_of_the_loop():
    clock = VirtualClock()
    await asyncio.gather(clock.sleep(0), clock.sleep(-1))
    assert clock.now_ms() == START_MS


async def test_parts_of_a_millisecond_are_slept_in_full():
    clock, log = VirtualClock(), []
    task = asyncio.create_task(note(clock, 0.0001, "short", log))
    await clock.advance(1)
    assert log == [("short", 1)]
    await task


async def test_the_clock_never_goes_back():
    clock = VirtualClock()
    with pytest.raises(ValueError, match="cannot go back"):
        await clock.advance_to(START_MS - 1)
    with pytest.raises(ValueError, match="no length of time"):
        await clock.advance("-1h")
    with pytest.raises(ValueError, match="no length of time"):
        await clock.advance("soon")
    assert clock.now_ms() == START_MS


def test_the_documented_example_runs():
    assert doctest.testmod(virtual_clock).failed == 0
