"""Editing a live audience at many profiles: how long each part takes, and whether what was
foretold came true.

    python -m benchmarks.live_edit --events 2600000 --data DIR

The workload is replayed into a folder once. Then one audience is edited: the preview is timed and
its counts are kept; the new version is built; the swap is timed; what the ledger was told is
compared with what was foretold, to the person. The edit is then taken back the same way while
events keep coming, to time the pauses of the engine under it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from pathlib import Path

import msgspec
from msgspec.structs import replace

from benchmarks.rules import plan_of
from benchmarks.workload import DEFAULT_FOLDER, Workload
from ebbline.definitions.plan import Plan
from ebbline.definitions.tree import AnyNode, Compare, Literal
from ebbline.events.event import Event
from ebbline.hosts.embedded import importing
from ebbline.hosts.embedded.applying import Conduct, Outcome
from ebbline.hosts.embedded.builder import Builder
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.engine_loop import EngineLoop
from ebbline.hosts.embedded.folder import DataFolder, open_folder
from ebbline.hosts.embedded.preview import Preview, preview
from ebbline.hosts.embedded.versions import Proposal, propose

LIVE_EVENTS = 50  # between two steps of the builder, in the second half


class Edit(msgspec.Struct):
    """One edit: seconds by part, what was foretold and what was told."""

    preview_seconds: float
    how: str
    build_seconds: float
    swap_seconds: float
    swap_cpu_seconds: float
    pause_seconds: float  # the longest turn of the engine while it was built
    foretold: dict[str, tuple[int, int]]
    told: dict[str, tuple[int, int]]


class _Still(SystemClock):
    """Stands where the replay ended, so that windows hold what they held."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms


def edited(plan: Plan) -> Plan:
    """The plan with the first bar of a count lowered or raised by one."""
    for place, audience in enumerate(plan.audiences):
        rule = _moved(audience.when)
        if rule is not None:
            audiences = list(plan.audiences)
            audiences[place] = replace(audience, when=rule)
            return replace(plan, audiences=tuple(audiences))
    message = "no audience of the workload counts anything"
    raise SystemExit(message)


def _moved(node: AnyNode) -> AnyNode | None:
    if isinstance(node, Compare) and node.op == ">=" and isinstance(node.right, Literal):
        value = node.right.value
        if isinstance(value, int) and not isinstance(value, bool) and value > 1:
            return replace(node, right=Literal(value - 1))
    return None


def folder_of(data: Path, workload: Workload, events: int, plan: Plan) -> DataFolder:
    """The workload replayed, unless that was done before."""
    path = data / f"live-edit-{events}"
    if not (path / "state.db").exists():
        file, began = workload.file(events, data), time.perf_counter()
        found = importing.replay(plan, path, file, workload.until_ms)
        importing.write_history(path)
        _say(f"replayed {found.events:,} events, {found.profiles:,} profiles in"
             f" {time.perf_counter() - began:.0f} s")  # fmt: skip
    return open_folder(path)


def one(folder: DataFolder, plan: Plan, until_ms: int, live_events: int) -> Edit:
    """Make a plan live, and time it."""
    foretold = preview(folder, plan)
    clock = _Still(until_ms)
    engine = EngineLoop(folder, plan, clock, take_up=False)
    builder = Builder(folder, clock)
    engine.step()
    version = propose(engine.log, Proposal(plan, "benchmark")).open
    assert version is not None
    began, pause, number = time.perf_counter(), 0.0, 0
    while builder.step():
        if live_events:
            number += 1
            engine.log.append("events", _live(number, live_events, until_ms))
            pause = max(pause, _timed(engine))
    build_seconds, cpu = time.perf_counter() - began, time.process_time()
    swap_seconds = _timed(engine)
    cpu = time.process_time() - cpu
    builder.step()
    builder.close()
    engine.close()
    with Conduct(folder) as conduct:
        outcome = conduct.outcome(version.number)
    return Edit(foretold.seconds, foretold.how, build_seconds, swap_seconds, cpu, pause,
                _foretold(foretold), _told(outcome, plan))  # fmt: skip


def _live(number: int, events: int, now_ms: int) -> list[Event]:
    return [
        Event(f"live-{number}-{n}", "track", "Product Viewed", now_ms, now_ms, f"live-{n}", None,
              {}, {}, {})
        for n in range(events)
    ]  # fmt: skip


def _timed(engine: EngineLoop) -> float:
    began = time.perf_counter()
    engine.step()
    return time.perf_counter() - began


def _foretold(found: Preview) -> dict[str, tuple[int, int]]:
    return {e.audience: (e.enters, e.leaves) for e in found.effects if e.enters or e.leaves}


def _told(outcome: Outcome, plan: Plan) -> dict[str, tuple[int, int]]:
    told = outcome.told
    pairs = {
        each.name: (told.get(("entered", each.name), 0), told.get(("exited", each.name), 0))
        for each in plan.audiences
    }
    return {name: pair for name, pair in pairs.items() if any(pair)}


def main() -> None:
    """Replay, edit, take back; print what it took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--events", type=int, default=2_600_000)
    options.add_argument("--audiences", type=int, default=10)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--workload", type=Path, default=DEFAULT_FOLDER)
    asked = options.parse_args()
    workload = Workload(asked.workload)
    plan = plan_of(workload, asked.audiences)
    folder = folder_of(asked.data, workload, asked.events, plan)
    first = one(folder, edited(plan), workload.until_ms, 0)
    _report("edit, nothing else going on", first)
    exact = first.foretold == first.told
    _say(f"  foretold and told are {'equal' if exact else 'DIFFERENT'}: {first.told}")
    second = one(folder, plan, workload.until_ms, LIVE_EVENTS)
    _report("taken back, events coming in", second)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _say(f"peak memory {peak:,.0f} MB")
    sys.exit(0 if exact else 1)


def _report(title: str, edit: Edit) -> None:
    _say(
        f"{title}: preview {edit.preview_seconds:.1f} s ({edit.how}), build"
        f" {edit.build_seconds:.1f} s, swap {edit.swap_seconds:.2f} s ({edit.swap_cpu_seconds:.2f}"
        f" s of CPU), longest other turn of the engine {edit.pause_seconds * 1000:.0f} ms"
    )


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
