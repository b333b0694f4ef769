"""One measurement: prepares a folder, runs the system, sends, watches."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from benchmarks.latency.past import DAY_MS, write_calls, write_history
from benchmarks.latency.project import CROWD, project_at, traits
from benchmarks.latency.readings import Drain, Phase, drain_of, phase_of
from benchmarks.latency.report import Latencies
from benchmarks.latency.sending import Sent
from benchmarks.latency.watching import Watcher
from benchmarks.options import priority, say
from benchmarks.rules import plan_of
from benchmarks.system import Stuck, System, cpu_seconds, machine_cpu_seconds, one, wait_until
from benchmarks.workload import Workload
from ebbline.definitions import load_project
from ebbline.hosts.embedded.importing import replay

SETTLE_SECONDS_MAX = 900.0
DRAIN_SECONDS_MAX = 600.0
LEAD_SECONDS = 5.0  # of events before the crowd's instant, and at least so many after it


def measure(options: argparse.Namespace, folder: Path, hook: str | None) -> Latencies:
    """Prepare and measure in a folder; `hook` is where the destination listens."""
    workload = Workload(options.workload)
    live = options.per_second * options.seconds * (2 if options.expire else 1)
    file = workload.file(options.history + live, options.data)
    lines = file.read_bytes().splitlines()
    plan = plan_of(workload, options.audiences)
    project = project_at(folder / "project", plan, hook)
    write_calls(folder / "calls.ndjson", lines[options.history :])
    ends_ms = _instant(options)
    say("preparing")
    _prepare(options, lines, folder, project, ends_ms)
    with (
        priority(options.nice),
        System(project, folder / "data", folder / "system.log") as system,
    ):
        say("settling")
        wait_until(lambda: _settled(system.data), "settled", SETTLE_SECONDS_MAX)
        made = _run(options, system, folder, ends_ms)
        system.stop()
    return made


def _instant(options: argparse.Namespace) -> int:
    """When the crowd's windows end: after preparing, settling and the calm stretch."""
    ahead = options.ahead or 120 + options.expire // 2_500
    return int(time.time() + ahead + options.seconds + LEAD_SECONDS) * 1000


def _prepare(options: argparse.Namespace, lines: list[bytes], folder: Path, project: Path,
             ends_ms: int) -> None:  # fmt: skip
    archive = folder / "history.ndjson"
    now_ms = int(time.time() * 1000)
    write_history(archive, lines[: options.history], now_ms, options.expire, ends_ms - DAY_MS)
    loaded = load_project(project)
    assert loaded.plan is not None, loaded.errors
    replay(loaded.plan, folder / "data", archive)
    archive.unlink()


def _run(options: argparse.Namespace, system: System, folder: Path, ends_ms: int) -> Latencies:
    phases: list[Phase] = []
    drain: Drain | None = None
    calls = (folder / "calls.ndjson").read_bytes().splitlines(keepends=True)
    size = options.per_second * options.seconds
    people = one(system.data / "state.db", "SELECT count(*) FROM profiles")
    with Watcher(system.data / "state.db") as watcher:
        crowd = next(n for n, name in watcher.definitions().items() if name == CROWD)
        usage = _Usage(system)
        say("sending, calm")
        sent = _send(options, system, folder, calls[:size])
        cores = usage.cores()
        time.sleep(1)
        phases.append(phase_of("calm", sent, watcher.rows, without=crowd))
        if options.expire:
            spare = ends_ms / 1000 - LEAD_SECONDS - time.time()
            if spare < 0:
                raise Stuck(f"the crowd's instant came {-spare:.0f} s too early: use --ahead")
            time.sleep(spare)
            say("sending, while the crowd leaves")
            sent = _send(options, system, folder, calls[size:])
            wait_until(
                lambda: drain_of(watcher.rows, crowd, ends_ms).exits >= options.expire,
                "the crowd has left", DRAIN_SECONDS_MAX, every=1.0,
            )  # fmt: skip
            drain = drain_of(watcher.rows, crowd, ends_ms)
            ends = ends_ms / 1000
            during = (ends, ends + max(drain.last_seconds, 1.0))
            phases += [
                phase_of("while the crowd leaves", sent, watcher.rows, during, without=crowd),
                phase_of("all of that stretch", sent, watcher.rows, without=crowd),
            ]
    return Latencies(
        options.audiences, len(traits()), options.per_second, options.batch, people,
        options.expire, not options.no_destination, options.nice, phases, drain, cores,
    )  # fmt: skip


def _send(options: argparse.Namespace, system: System, folder: Path,
          calls: list[bytes]) -> list[Sent]:  # fmt: skip
    file, report = folder / "now.ndjson", folder / "sent.json"
    file.write_bytes(b"".join(calls))
    command = [sys.executable, "-m", "benchmarks.latency.sending", system.url, str(file),
               str(report), str(options.per_second), str(options.batch)]  # fmt: skip
    subprocess.run(command, check=True)
    return msgspec.json.decode(report.read_bytes(), type=list[Sent])


class _Usage:
    """CPU seconds of the system's processes from here on."""

    def __init__(self, system: System) -> None:
        self._pids = system.processes()
        self._before = {role: cpu_seconds(pid) for role, pid in self._pids.items()}
        self._machine = machine_cpu_seconds()
        self._began = time.monotonic()

    def cores(self) -> dict[str, float]:
        """Cores used by each, and by everything else on the machine, senders included."""
        seconds = time.monotonic() - self._began
        used = {r: cpu_seconds(pid) - self._before[r] for r, pid in self._pids.items()}
        used["others"] = machine_cpu_seconds() - self._machine - sum(used.values())
        return {role: round(spent / seconds, 2) for role, spent in used.items()}


def _settled(data: Path) -> bool:
    """Whether everything is folded, and the destination, if there is one, up to date."""
    log_end = one(data / "log.db", "SELECT max(offset) FROM log")
    folded = one(data / "state.db", "SELECT value FROM meta WHERE key = 'offset'")
    ledger_end = one(data / "state.db", "SELECT coalesce(max(seq), 0) FROM ledger")
    delivery = data / "delivery.db"
    behind = one(delivery, f"SELECT count(*) FROM destinations WHERE position < {int(ledger_end)}")
    waiting = one(delivery, "SELECT count(*) FROM people WHERE pending OR sending")
    return bool(log_end == folded and not behind and not waiting)
