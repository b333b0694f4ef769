"""A ring wakes whoever listens, in this process and across an exec, and never blocks."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from ebbline.hosts.embedded.doorbell import Bell, Listener, make_bell

RING = """
import sys
from ebbline.hosts.embedded.doorbell import Bell
Bell.inherited(int(sys.argv[1])).ring()
"""


Ends = tuple[Bell, Listener]


@pytest.fixture
def ends() -> Iterator[Ends]:
    bell, listener = make_bell()
    yield bell, listener
    bell.close()
    listener.close()


def test_rings_fold_into_one_and_are_heard_once(ends: Ends) -> None:
    bell, listener = ends
    assert not listener.drain()
    bell.ring()
    bell.ring()
    assert listener.wait(5)
    assert not listener.wait(0)


def test_waiting_ends_at_the_timeout_and_not_before(ends: Ends) -> None:
    _, listener = ends
    began = time.monotonic()
    assert not listener.wait(0.05)
    assert 0.05 <= time.monotonic() - began < 1


def test_a_full_socket_neither_blocks_nor_fails(ends: Ends) -> None:
    bell, listener = ends
    for _ in range(200_000):
        bell.ring()
    assert listener.wait(1)
    assert not listener.drain()


def test_ringing_for_nobody_is_harmless(ends: Ends) -> None:
    bell, listener = ends
    listener.close()
    bell.ring()


def test_when_nobody_is_left_to_ring_waiting_sleeps_instead_of_spinning(ends: Ends) -> None:
    bell, listener = ends
    bell.ring()
    bell.close()
    assert listener.wait(1)
    began = time.process_time()
    for _ in range(3):
        assert not listener.wait(0.05)
    assert listener.deserted
    assert time.process_time() - began < 0.05


def test_a_child_rings_over_an_inherited_descriptor(ends: Ends) -> None:
    bell, listener = ends
    argv = [sys.executable, "-c", RING, str(bell.fileno())]
    with subprocess.Popen(argv, pass_fds=[bell.fileno()]):
        assert listener.wait(20)


async def test_an_event_loop_hears_and_can_stop_listening(ends: Ends) -> None:
    bell, listener = ends
    loop = asyncio.get_running_loop()
    heard = asyncio.Event()
    listener.attach(loop, heard.set)
    for _ in range(3):
        bell.ring()
        await asyncio.wait_for(heard.wait(), 5)
        heard.clear()
    listener.detach(loop)
    bell.ring()
    await asyncio.sleep(0.02)
    assert not heard.is_set()
    assert listener.drain()


async def test_an_event_loop_survives_the_last_ringer(ends: Ends) -> None:
    bell, listener = ends
    calls: list[None] = []
    listener.attach(asyncio.get_running_loop(), lambda: calls.append(None))
    bell.ring()
    bell.close()
    await asyncio.sleep(0.02)
    assert listener.deserted
    assert len(calls) == 1


def test_ends_are_of_the_right_kind(ends: Ends) -> None:
    bell, listener = ends
    assert isinstance(bell, Bell)
    assert isinstance(listener, Listener)
    assert bell.fileno() != listener.fileno()
