"""The whole import as a person runs it: `ebbline import FILE --clock events --until T`."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.answers import WrongAnswer, hold, members_of
from benchmarks.case import Case
from benchmarks.rules import write_project
from benchmarks.workload import ROOT


def import_stage(case: Case) -> tuple[float, str]:
    """CPU seconds of the replay as the command itself tells them; what it takes besides, to
    start and to write the history, is in the note."""
    with case.folder() as name:
        folder = Path(name)
        project, data, report = folder / "project", folder / "data", folder / "report.json"
        write_project(project, case.plan)
        until = datetime.fromtimestamp(case.until_ms / 1000, UTC).isoformat()
        summary = _run(report, "import", str(case.file.absolute()), "--clock", "events",
                       "--until", until, "--json", "--project", str(project),
                       "--data", str(data))  # fmt: skip
        told = msgspec.json.decode(report.read_bytes())
        names = [audience.name for audience in case.plan.audiences]
        hold(case, members_of(data / "state.db", names), "import")
    seconds = float(summary["cpu_seconds"])
    besides = told["cpu_seconds"] - seconds
    memory = f"{told['memory_kib'] >> 10:,} MiB at most"
    return seconds, f"{memory}; {besides:.2f} s more to start and for the history"


def _run(report: Path, *words: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.child", str(report), *words]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise WrongAnswer(f"`ebbline import` ended with {done.returncode}")
    document: dict[str, Any] = msgspec.json.decode(done.stdout.splitlines()[-1])
    return document
