"""Import a crowd, start a system over it with nothing in the disk's cache, send some more."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from benchmarks.options import priority, say
from benchmarks.restart.crowd import crowd_lines, live_lines
from benchmarks.rules import plan_of, write_project
from benchmarks.system import System, cpu_seconds, memory_mib, one, wait_until
from benchmarks.workload import ROOT, Workload
from ebbline.engine import NEVER

FOLD_SECONDS_MAX = 1_200.0
MEMORY_MIB_MAX = 1_536  # of the engine process with a million people
READY_SECONDS_MAX = 5.0  # after a cold start with them


_PENDING = "SELECT count(*) FROM profiles WHERE wake_ms"


class Restart(msgspec.Struct, frozen=True):
    """What was found. Memory is resident MiB of the engine process but for the import's, which
    is the import command's own at the most; seconds are of the clock unless they say CPU."""

    people: int
    audiences: int
    events: int
    pending: int  # people with a wake
    import_cpu_seconds: float
    import_peak_mib: int
    state_mib: int  # of state.db
    log_mib: int  # of log.db
    ready_seconds: float
    ready_engine_cpu_seconds: float
    warm_ready_seconds: float  # a second start, with the files in the disk's cache
    ready_mib: dict[str, int]  # by process, once it serves
    live_events: int
    live_mib: int
    live_peak_mib: int


def measure(options: argparse.Namespace, folder: Path) -> Restart:
    """All of it, in an empty folder."""
    plan = plan_of(Workload(options.workload), options.audiences)
    project, data = write_project(folder / "project", plan), folder / "data"
    archive = folder / "crowd.ndjson"
    say("generating")
    events = _write(archive, crowd_lines(options.people, _now_ms(), options.seed))
    say("importing")
    told = _ebbline(folder, "import", archive, "--clock", "events", project=project)
    archive.unlink()
    say("starting cold")
    evict(data.glob("*.db*"))
    with priority(options.nice):
        ready, cpu, memory = _start(project, data, folder)
        say("starting again")
        live = folder / "live.ndjson"
        _write(live, live_lines(options.people, options.live, _now_ms(), options.seed))
        with System(project, data, folder / "system.log") as system:
            warm = system.ready_seconds
            say("sending")
            _ebbline(folder, "import", live, "--clock", "now", project=project)
            wait_until(lambda: folded(data), "everything is folded", FOLD_SECONDS_MAX)
            after = memory_mib(system.processes()["engine"])
            system.stop()
    state = data / "state.db"
    return Restart(
        people=one(state, "SELECT count(*) FROM profiles"), audiences=options.audiences,
        events=events, pending=one(state, f"{_PENDING} < {NEVER}"),
        import_cpu_seconds=round(told.cpu_seconds, 1), import_peak_mib=told.memory_kib >> 10,
        state_mib=state.stat().st_size >> 20, log_mib=(data / "log.db").stat().st_size >> 20,
        ready_seconds=ready, ready_engine_cpu_seconds=cpu, warm_ready_seconds=warm,
        ready_mib=memory, live_events=options.live, live_mib=after["rss"],
        live_peak_mib=after["peak"],
    )  # fmt: skip


def _start(project: Path, data: Path, folder: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds until it serves, the engine's CPU seconds by then, and memory by process."""
    with System(project, data, folder / "system.log") as system:
        pids = system.processes()
        cpu = cpu_seconds(pids["engine"])
        wait_until(system.is_ready, "ready", READY_SECONDS_MAX)
        memory = {role: memory_mib(pid)["rss"] for role, pid in pids.items()}
        system.stop()
        return system.ready_seconds, cpu, memory


def folded(data: Path) -> bool:
    """Whether the engine has folded the log to its end."""
    end = one(data / "log.db", "SELECT max(offset) FROM log")
    return end == one(data / "state.db", "SELECT value FROM meta WHERE key = 'offset'")


def evict(files: Iterable[Path]) -> None:
    """Let the disk's cache forget files, as after the machine itself was started anew."""
    for file in files:
        handle = os.open(file, os.O_RDONLY)
        try:
            os.fsync(handle)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _write(file: Path, lines: Iterable[bytes]) -> int:
    count = 0
    with file.open("wb", 1 << 20) as out:
        for count, line in enumerate(lines, 1):  # noqa: B007 - the last number is the count
            out.write(line)
    return count


class _Told(msgspec.Struct, frozen=True):
    """What `benchmarks.child` leaves in its report."""

    cpu_seconds: float
    memory_kib: int


def _ebbline(folder: Path, word: str, *words: object, project: Path) -> _Told:
    """Run one command; its CPU seconds and most memory."""
    report = folder / "report.json"
    command: Sequence[str] = [
        sys.executable, "-m", "benchmarks.child", str(report), word, *map(str, words), "--json",
        "--project", str(project), "--data", str(folder / "data"),
    ]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return msgspec.json.decode(report.read_bytes(), type=_Told)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
