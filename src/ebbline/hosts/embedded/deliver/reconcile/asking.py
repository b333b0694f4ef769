"""Asking the running deliver process for a reconciliation, and reading reports."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec

from ebbline.errors import SetupError
from ebbline.hosts.embedded.deliver.commands import Pause, Reconcile, Spool
from ebbline.hosts.embedded.deliver.limits import BUSY_MS_MAX
from ebbline.hosts.embedded.deliver.reading import destination_status
from ebbline.hosts.embedded.deliver.reconcile.report import Report

LOOK_SECONDS = 0.2
START_SECONDS = 30.0
NOT_RUNNING = "deliver does not run here; start `ebbline run` and ask again"


def ask(folder: Path, destination: str, *, sample: int, heal: bool) -> str:
    """Order a reconciliation; the id of its report. SetupError when nobody is there to do it."""
    known(folder, destination)
    name = f"{destination}-{time.time_ns()}"
    order = Reconcile(name, destination, sample, heal)
    if not Spool(folder).put(order, name):
        raise SetupError(NOT_RUNNING)
    return name


def await_report(folder: Path, name: str, seen: Callable[[Report], object]) -> Report:
    """The report once it has ended; `seen` is told of it on the way. Looks at the file until
    then: the report lives in another process. SetupError when none is ever begun."""
    patience = START_SECONDS / LOOK_SECONDS
    while True:
        report = report_of(folder, name)
        patience -= 1
        if report is None and patience < 0:
            raise SetupError(NOT_RUNNING)
        if report is not None:
            seen(report)
            if report.ended_ms is not None:
                return report
        time.sleep(LOOK_SECONDS)


def report_of(folder: Path, name: str) -> Report | None:
    """One report; None while there is none of that name."""
    found = _reports(folder, "id = ?", (name,), 1)
    return found[0] if found else None


def reports(folder: Path, destination: str | None, limit: int) -> list[Report]:
    """Reports, the newest first."""
    if destination is None:
        return _reports(folder, "1", (), limit)
    return _reports(folder, "destination = ?", (destination,), limit)


def pause(folder: Path, destination: str, *, paused: bool) -> bool:
    """Order that nothing leaves for a destination, or that it does again; whether deliver was
    there to hear it (else it does so when it starts)."""
    known(folder, destination)
    order = Pause(destination, paused)
    return Spool(folder).put(order, f"{time.time_ns()}-{os.getpid()}")


def known(folder: Path, destination: str) -> None:
    """SetupError when no destination of that name was ever set up here."""
    names = [each.name for each in destination_status(folder)]
    if destination not in names:
        there = ", ".join(names) or "none"
        raise SetupError(f'There is no destination "{destination}"; there is {there}.')


def _reports(folder: Path, where: str, values: tuple[Any, ...], limit: int) -> list[Report]:
    path = folder / "delivery.db"
    if not path.exists():
        return []
    db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        db.set_busy_timeout(BUSY_MS_MAX)
        rows: Any = db.execute(
            f"SELECT report FROM reconciliations WHERE {where}"  # noqa: S608 - ours
            " ORDER BY started_ms DESC LIMIT ?",
            (*values, limit),
        ).fetchall()
    finally:
        db.close(True)
    return [msgspec.json.decode(row[0], type=Report) for row in rows]
