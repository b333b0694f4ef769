"""The same questions answered in other ways, beside the product in the same run."""

from __future__ import annotations

import os
import time

from benchmarks.answers import hold
from benchmarks.case import Case
from benchmarks.peers import duck
from benchmarks.peers.calls import call_of
from benchmarks.peers.loop import ExactLoop
from benchmarks.peers.stream import run_stream
from benchmarks.peers.timers import Questions


def duckdb_stage(case: Case) -> tuple[float, str]:
    """All audiences anew from all stored events: what one refresh costs for each of them."""
    names = [audience.name for audience in case.plan.audiences]
    warehouse = duck.Warehouse(case.file, case.until_ms)
    began = cpu_seconds()
    rows = warehouse.refresh(case.workload.sql(case.audiences))
    seconds = cpu_seconds() - began
    warehouse.close()
    hold(case, duck.members(rows, names), "duckdb")
    return seconds, "full recompute: for each stored event at every refresh"


def loop_stage(case: Case) -> tuple[float, str]:
    """The exact loop from lines to memberships."""
    began = cpu_seconds()
    loop = ExactLoop(questions_of(case))
    loop.take(call for call in map(call_of, case.lines) if call.received_ms <= case.until_ms)
    loop.pass_time(case.until_ms)
    members = loop.members()
    seconds = cpu_seconds() - began
    hold(case, members, "loop")
    return seconds, f"plain Python, timers in a heap; nothing durable; {_size(case)}"


def bytewax_stage(case: Case) -> tuple[float, str]:
    """The same in a stream processor, from lines to memberships."""
    began = cpu_seconds()
    members = run_stream(case.lines, questions_of(case), case.until_ms)
    seconds = cpu_seconds() - began
    hold(case, members, "bytewax")
    return seconds, f"the loop's logic keyed by person; nothing durable; {_size(case)}"


def questions_of(case: Case) -> Questions:
    """The case's questions for the loop and the stream."""
    workload = case.workload
    return Questions(
        workload.questions(case.audiences), workload.points, workload.half_life_ms
    )  # fmt: skip


def cpu_seconds() -> float:
    """CPU seconds of this process, all its threads, and children that have ended."""
    times = os.times()
    return time.process_time() + times.children_user + times.children_system


def _size(case: Case) -> str:
    return f"on {len(case.lines):,} events"
