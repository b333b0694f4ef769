"""The checks of `ebbline doctor`: each looks at one thing and says what to do about it.

They look only; nothing is made, opened for writing or sent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from ebbline.connectors.registry import CONNECTORS
from ebbline.console.output import moment, plural
from ebbline.console.place import Place
from ebbline.definitions import Plan
from ebbline.errors import EbblineError
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import FORMAT, DataFolder
from ebbline.hosts.embedded.reading import Reader, machine
from ebbline.hosts.embedded.secrets.references import Places, references_of, resolve

PYTHON_MIN = (3, 11)  # the oldest release the code is written for
SQLITE_MIN = (3, 37)  # the oldest release the tables need
DISK_BYTES_WARN = 1 << 30  # bytes; below it a busy day of events may fill the disk
CLOCK_MS_MIN = 1_735_689_600_000  # milliseconds; a clock before 2025 was never set
CLOCK_AHEAD_MS_MAX = 5_000  # milliseconds a log may be ahead of the clock without worry
HOST_DEFAULT, PORT_DEFAULT = "127.0.0.1", 8080


class Check(msgspec.Struct, frozen=True):
    """One thing looked at; `do` is empty when there is nothing to do."""

    verdict: Literal["ok", "warn", "fail"]
    about: str
    found: str
    do: str = ""


def examine(place: Place) -> list[Check]:
    """All checks, in the order in which one would mend things."""
    plan, project = _project(place)
    running = _running(place)
    return [
        _python(),
        _sqlite(),
        *project,
        *([] if plan is None else _secrets(plan, place)),
        *_folder(place.data, running=running),
        _disk(place.data),
        _port(place, running=running),
        _clock(place.data),
    ]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < PYTHON_MIN:
        return Check("fail", "python", found, "Install Python 3.11 or newer.")
    return Check("ok", "python", found)


def _sqlite() -> Check:
    found = machine.sqlite_version()
    if tuple(map(int, found.split(".")[:2])) < SQLITE_MIN:
        return Check("fail", "sqlite", found, "Install a newer apsw: pip install -U apsw.")
    return Check("ok", "sqlite", found)


def _project(place: Place) -> tuple[Plan | None, list[Check]]:
    loaded = place.loaded()
    warnings = len(loaded.findings) - len(loaded.errors)
    if loaded.plan is None:
        found = f"{place.where}: {plural(len(loaded.errors), 'error')}"
        do = "`ebbline validate` lists them; `ebbline init shop` makes a new project."
        return None, [Check("fail", "project", found, do)]
    found = f"{loaded.plan.name} in {place.where}, {plural(len(loaded.plan.audiences), 'audience')}"
    if warnings:
        found += f", {plural(warnings, 'warning')}"
        return loaded.plan, [Check("warn", "project", found, "`ebbline validate` lists them.")]
    return loaded.plan, [Check("ok", "project", found)]


def _secrets(plan: Plan, place: Place) -> Iterator[Check]:
    places = Places(place.project.absolute(), place.data.absolute())
    for destination in plan.destinations:
        references = references_of(CONNECTORS[destination.type], destination.settings)
        problems = [problem for each in references if (problem := _missing(each, places))]
        about = f"to {destination.name}"
        if problems:
            do = "Mend that before `ebbline run`; `ebbline secret check` looks again."
            yield Check("warn", about, " ".join(problems), do)
        else:
            yield Check("ok", about, ", ".join(references) or "needs no secret")


def _missing(reference: str, places: Places) -> str:
    """Why a reference leads to no secret; nothing when it does."""
    try:
        resolve(reference, os.environ, places)
    except EbblineError as error:
        return str(error)
    return ""


def _folder(path: Path, *, running: bool) -> Iterator[Check]:
    folder = DataFolder(path.absolute())
    if not machine.writable(path):
        do = "Give yourself the right to write there, or choose another folder with --data."
        yield Check("fail", "data folder", f"{path} cannot be written", do)
        return
    if not folder.version.exists():
        yield Check("ok", "data folder", f"{path} will be made at the first start")
        return
    text = folder.version.read_text("utf-8", "replace").strip()
    if not text.isdigit() or int(text) > FORMAT:
        do = f"This Ebbline reads format {FORMAT}: upgrade it, or choose another folder (--data)."
        yield Check("fail", "data folder", f"{path} has format {text[:40]}", do)
        return
    state = "in use by a running system" if running else "free"
    yield Check("ok", "data folder", f"{path}, format {text}, {state}")


def _running(place: Place) -> bool:
    return machine.is_running(DataFolder(place.data.absolute()))


def _disk(path: Path) -> Check:
    free = machine.free_bytes(path)
    found = f"{free / (1 << 30):.1f} GiB free"
    if free < DISK_BYTES_WARN:
        return Check("warn", "disk", found, "Make room: a full disk makes senders wait (503).")
    return Check("ok", "disk", found)


def _port(place: Place, *, running: bool) -> Check:
    host = str(os.environ.get("EBBLINE_HOST") or place.setting("host") or HOST_DEFAULT)
    named = os.environ.get("EBBLINE_PORT") or place.setting("port") or PORT_DEFAULT
    try:
        port = int(named)
    except ValueError:
        return Check("fail", "port", f'"{named}" is no port', "Set EBBLINE_PORT to a number.")
    trouble = machine.port_trouble(host, port)
    if trouble is None:
        return Check("ok", "port", f"{port} on {host} is free")
    if running:
        return Check("ok", "port", f"{port} on {host} is taken, by the running system it seems")
    do = "Stop what uses it, or choose another with --port or EBBLINE_PORT."
    return Check("fail", "port", f"{port} on {host} cannot be had: {trouble}", do)


def _clock(path: Path) -> Check:
    now_ms = SystemClock().now_ms()
    found = f"{moment(now_ms)} UTC"
    if now_ms < CLOCK_MS_MIN:
        return Check("fail", "clock", found, "Set the machine's clock; use NTP.")
    try:
        with Reader(path) as reader:
            log_ms = reader.status().log_now_ms
    except EbblineError:
        return Check("ok", "clock", found)
    if log_ms > now_ms + CLOCK_AHEAD_MS_MAX:
        do = "Windows stand still until the clock catches up: set the clock, or use a new --data."
        return Check("warn", "clock", f"{found}, but the log has seen {moment(log_ms)}", do)
    return Check("ok", "clock", found)
