"""Processes that append to one log and are killed in the middle of it."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Log

APPEND = """
import sys
from pathlib import Path
from ebbline.events.event import Event, Rejection
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.log import Log

path, name, first, last, size = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
log = Log(Path(path), SystemClock())
clock = SystemClock()
print("open", flush=True)
for number in range(first, last):
    ids = [f"{name}-{number}-{place}" for place in range(size)]
    now = clock.now_ms()
    batch = [Event(i, "track", "X", now, now, "u", None, {"n": number}, {}, {}) for i in ids]
    log.append("events", batch, [Rejection("r", "", "", b"", now)])
    print(number, flush=True)
"""
KILLS = 25
BATCH = 20


def appender(path: Path, name: str, first: int, last: int) -> subprocess.Popen[str]:
    """A process that appends batches `first` to `last` and prints each acknowledged number."""
    argv = [sys.executable, "-c", APPEND, str(path), name, str(first), str(last), str(BATCH)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def kept(path: Path) -> tuple[list[str], list[int]]:
    """All messageIds in the log, in order, and all stamps."""
    log = Log(path, SystemClock())
    entries = list(log.read(0))
    ids = [event.message_id for entry in entries for event in log.events(entry)]
    refused = sum(log.quarantined())
    log.close()
    assert refused == len(entries)
    return ids, [entry.now_ms for entry in entries]


def test_killed_at_any_moment_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    chance = Random(7)
    acknowledged: list[int] = []
    first = 0
    for _ in range(KILLS):
        with appender(path, "a", first, first + 1_000_000) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "open\n"
            time.sleep(chance.random() * 0.06)
            process.kill()
            # The last line may have been cut by the kill; whole ones were acknowledged.
            lines = process.stdout.read().splitlines(keepends=True)
        acknowledged += [int(line) for line in lines if line.endswith("\n")]
        first += 1_000_000
    ids, stamps = kept(path)
    present = set(ids)
    assert len(present) == len(ids)
    assert len(acknowledged) > KILLS
    for number in acknowledged:
        assert {f"a-{number}-{place}" for place in range(BATCH)} <= present
    # A batch is there whole or not at all, and at most one per kill was not yet acknowledged.
    assert len(ids) % BATCH == 0
    assert len(ids) // BATCH - len(acknowledged) <= KILLS
    assert stamps == sorted(stamps)


def test_two_writers_at_once_lose_nothing_and_share_one_order(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    rounds = 150
    writers = [appender(path, name, 0, rounds) for name in "ab"]
    for writer in writers:
        output, _ = writer.communicate(timeout=120)
        assert output.split() == ["open", *map(str, range(rounds))]
        assert writer.returncode == 0
    ids, stamps = kept(path)
    assert len(ids) == len(set(ids)) == 2 * rounds * BATCH
    assert stamps == sorted(stamps)
    for name in "ab":
        own = [one for one in ids if one.startswith(name)]
        assert own == [f"{name}-{n}-{place}" for n in range(rounds) for place in range(BATCH)]
