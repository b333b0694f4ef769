"""The supervisor: children live on, die together, and cost nothing while all is well."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from ebbline.hosts.embedded import limits, supervisor
from ebbline.hosts.embedded.doorbell import make_bell
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
STUBBORN = WORK.replace("lambda *_: sys.exit(0)", "signal.SIG_IGN")
RING = """
import sys, time
from ebbline.hosts.embedded.doorbell import Bell
Bell.inherited(int(sys.argv[1])).ring()
time.sleep(60)
"""
PARENT = f"""
import asyncio, sys
from ebbline.hosts.embedded.supervisor import Child, Supervisor
argv = (sys.executable, "-c", {WORK!r})
def say(happening):
    print(happening.name, happening.what, int(happening.detail), flush=True)
run = lambda: Supervisor([Child("a", argv), Child("b", argv)], say).run()
async def main():
    return await run()
sys.exit(asyncio.run(main()))
"""


def python(text: str, *rest: object) -> tuple[str, ...]:
    return (sys.executable, "-c", text, *map(str, rest))


async def supervised(
    children: list[Child], act: Callable[[Supervisor], Awaitable[None]]
) -> tuple[int, list[Happening]]:
    """Run children, do something once, stop; the exit code and what happened."""
    happened: list[Happening] = []
    running = Supervisor(children, happened.append)
    task = asyncio.create_task(running.run())
    await asyncio.wait_for(act(running), 30)
    running.stop()
    return await asyncio.wait_for(task, limits.SHUTDOWN_SECONDS_MAX), happened


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    """Wait for something other processes do."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


async def test_all_become_ready_and_stop_cleanly() -> None:
    pids: list[int] = []

    async def act(running: Supervisor) -> None:
        await running.ready.wait()
        pids.extend(running.pids.values())

    code, happened = await supervised([Child("a", python(WORK)), Child("b", python(WORK))], act)
    assert code == 0
    assert len(pids) == 2
    assert all(gone(pid) for pid in pids)
    assert {(one.name, one.what, one.detail) for one in happened if one.what == "stopped"} == {
        ("a", "stopped", 0),
        ("b", "stopped", 0),
    }


async def test_a_killed_child_is_back_at_once_and_the_others_stay() -> None:
    async def act(running: Supervisor) -> None:
        await running.ready.wait()
        before = dict(running.pids)
        os.kill(before["a"], signal.SIGKILL)
        began = time.monotonic()
        await until(lambda: running.pids.get("a", before["a"]) != before["a"])
        assert time.monotonic() - began < 1
        await until(running.ready.is_set)
        assert running.pids["b"] == before["b"]
        assert running.restarts == {"a": 1, "b": 0}

    code, happened = await supervised([Child("a", python(WORK)), Child("b", python(WORK))], act)
    assert code == 0
    assert Happening("a", "died", -signal.SIGKILL) in happened


async def test_a_child_that_keeps_dying_is_restarted_ever_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "RESTART_SECONDS_MIN", 0.01)

    async def act(running: Supervisor) -> None:
        await until(lambda: running.restarts["a"] >= 4)

    _, happened = await supervised([Child("a", python("raise SystemExit(3)"))], act)
    waits = [one.detail for one in happened if one.what == "waits"]
    assert waits[:3] == [0.01, 0.02, 0.04]
    assert Happening("a", "died", 3) in happened


async def test_a_program_that_is_not_there_counts_as_dying() -> None:
    async def act(running: Supervisor) -> None:
        await until(lambda: running.restarts["a"] >= 1)

    _, happened = await supervised([Child("a", ("/nowhere/at/all",))], act)
    assert Happening("a", "died", 127) in happened


async def test_a_broken_set_up_ends_everything() -> None:
    children = [Child("a", python(WORK)), Child("b", python(f"raise SystemExit({EXIT_SETUP})"))]
    running = Supervisor(children)
    assert await asyncio.wait_for(running.run(), 20) == EXIT_SETUP
    assert running.pids == {}


async def test_a_child_that_will_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "TERM_SECONDS_MAX", 0.1)

    async def act(running: Supervisor) -> None:
        await running.ready.wait()

    code, happened = await supervised([Child("a", python(STUBBORN))], act)
    assert code == 0
    assert happened[-1] == Happening("a", "killed", -signal.SIGKILL)


async def test_a_second_order_to_stop_does_not_wait() -> None:
    async def act(running: Supervisor) -> None:
        await running.ready.wait()
        running.stop()
        await asyncio.sleep(0.05)

    began = time.monotonic()
    _, happened = await supervised([Child("a", python(STUBBORN))], act)
    assert time.monotonic() - began < 5
    assert happened[-1].detail == -signal.SIGKILL


async def test_cancelling_leaves_nothing_running() -> None:
    running = Supervisor([Child("a", python(STUBBORN))])
    task = asyncio.create_task(running.run())
    await asyncio.wait_for(running.ready.wait(), 20)
    pid = running.pids["a"]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pid)


async def test_descriptors_are_inherited_by_number_again_after_a_restart() -> None:
    bell, listener = make_bell()
    child = Child("a", python(RING, bell.fileno()), (bell.fileno(),))

    async def act(running: Supervisor) -> None:
        await until(listener.drain)
        os.kill(running.pids["a"], signal.SIGKILL)
        await until(listener.drain)

    await supervised([child], act)
    bell.close()
    listener.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_whole_family_cleanly(number: signal.Signals) -> None:
    with subprocess.Popen(python(PARENT), stdout=subprocess.PIPE, text=True) as parent:
        children = wait_ready(parent)
        parent.send_signal(number)
        output, _ = parent.communicate(timeout=limits.SHUTDOWN_SECONDS_MAX)
        assert sorted(output.splitlines()) == ["a stopped 0", "b stopped 0"]
        assert parent.returncode == 0
        assert all(gone(pid) for pid in children)


def test_children_end_with_a_killed_supervisor() -> None:
    with subprocess.Popen(python(PARENT), stdout=subprocess.PIPE, text=True) as parent:
        children = wait_ready(parent)
        parent.kill()
        asyncio.run(until(lambda: all(ended(pid) for pid in children), 5))


def test_an_idle_family_uses_no_cpu() -> None:
    with subprocess.Popen(python(PARENT), stdout=subprocess.PIPE, text=True) as parent:
        family = [parent.pid, *wait_ready(parent)]
        time.sleep(0.2)
        before = [switches(pid) for pid in family]
        time.sleep(1.0)
        assert [switches(pid) for pid in family] == before
        parent.terminate()


def wait_ready(parent: subprocess.Popen[str]) -> list[int]:
    """Wait until both children are ready; their process ids."""
    assert parent.stdout is not None
    pids: list[int] = []
    while len(pids) < 2:
        _, what, detail = parent.stdout.readline().split()
        if what == "ready":
            pids.append(int(detail))
    return pids


def ended(pid: int) -> bool:
    """Whether a process nobody here can reap has ended (it may stay listed as a zombie)."""
    try:
        return ") Z" in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return True


def switches(pid: int) -> list[str]:
    """Lines of all threads of a process that count how often they were woken."""
    return [
        line
        for task in sorted(Path(f"/proc/{pid}/task").iterdir())
        for line in (task / "status").read_text().splitlines()
        if line.startswith("voluntary_ctxt")
    ]
