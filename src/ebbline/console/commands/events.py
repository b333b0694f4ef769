"""`ebbline import`: events from a file."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import (
    iso,
    moment,
    plural,
    printable,
    say,
    show,
    show_json,
    show_table,
)
from ebbline.console.place import (
    DataOption,
    DryRunOption,
    JsonOption,
    Place,
    ProjectOption,
    instant,
)
from ebbline.errors import SetupError

if TYPE_CHECKING:
    from ebbline.hosts.embedded.importing import Summary

EXIT_FAILED = 1


class ClockChoice(StrEnum):
    """Whose clock an import follows."""

    NOW = "now"
    EVENTS = "events"


def import_events(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="NDJSON, CSV or Parquet; see the how-to")
    ],
    clock: Annotated[
        ClockChoice,
        typer.Option(
            help="now: as if received now, also beside a running system. events: replay on the"
            " file's own clock (receivedAt), so that exits by time happen at their instants",
        ),
    ] = ClockChoice.NOW,
    until: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --clock events: where the clock stops"),
    ] = None,
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take in the events of a file."""
    until_ms = instant(until, "--until")
    if until_ms is not None and clock is ClockChoice.NOW:
        message = "only --clock events has a clock that can stop."
        raise typer.BadParameter(message, param_hint="--until")
    if not file.is_file():
        what = "is no file" if file.exists() else "does not exist"
        message = f"{file} {what}; name an NDJSON, CSV or Parquet file of calls."
        raise SetupError(message)
    place = Place(project, data)
    plan, loaded = place.checked()
    if dry_run:
        told = {"file": str(file), "bytes": file.stat().st_size, "data": str(place.data)}
        if as_json:
            show_json(told | {"written": False})
        else:
            show("\n".join(f"{key:6} {value}" for key, value in told.items()))
            say("Nothing was written (--dry-run).")
        return
    from ebbline.hosts.embedded import importing  # noqa: PLC0415 - heavy

    with _progress("importing") as progress:
        if clock is ClockChoice.EVENTS:
            summary = importing.replay(plan, place.data, file, until_ms, progress)
        else:
            summary = importing.append(plan, place.data, file, progress)
    if clock is ClockChoice.EVENTS:
        with _progress("writing history") as progress:
            keep_days = loaded.system["retention"].get("events")
            importing.write_history(place.data, keep_days, progress)
    if as_json:
        show_json(_document(summary))
    else:
        _tell(summary, clock)
    _tell_refused(summary, place)
    if _nothing_taken(summary):
        raise typer.Exit(EXIT_FAILED)


class _progress:  # noqa: N801 - it is used like a function
    """A bar on stderr while somebody watches, nothing otherwise."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Callable[[int, int], object]:
        if not sys.stderr.isatty():
            return lambda _done, _all: None
        from rich.console import Console  # noqa: PLC0415 - heavy
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            TaskProgressColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            self._what, BarColumn(), TaskProgressColumn(), TimeRemainingColumn(),
            console=Console(stderr=True), transient=True,
        )  # fmt: skip
        self._bar.start()
        self._task = self._bar.add_task(self._what, total=None)
        return lambda done, size: self._bar.update(self._task, completed=done, total=size)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _document(summary: Summary) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - heavy

    made: dict[str, Any] = msgspec.to_builtins(summary)
    return made | {"now": iso(summary.now_ms)}


def _tell(summary: Summary, clock: ClockChoice) -> None:
    told = f"{plural(summary.events, 'event')} taken in, {summary.rejected:,} refused"
    if clock is ClockChoice.NOW:
        show(told)  # which of them were seen before turns out when they are folded
        if summary.events:
            say("The running system folds them now, or `ebbline run` once it starts.")
        return
    show(f"{told}, {summary.duplicates:,} seen before")
    if summary.later:
        show(f"{plural(summary.later, 'event')} left out: received after the clock stopped")
    show(f"{plural(summary.profiles, 'person', 'people')}, {plural(summary.merges, 'merge')}"
         f", {summary.entered:,} entered, {summary.exited:,} left")  # fmt: skip
    show(f"the clock stands at {moment(summary.now_ms)} UTC\n")
    rows = [[name, f"{count:,}"] for name, count in summary.audiences.items()]
    show_table(["audience", "people"], rows, right=[1])


def _tell_refused(summary: Summary, place: Place) -> None:
    if not summary.rejected:
        return
    say()
    for each in summary.refusals:
        say(f"{each.unit} {each.line:,}: {each.code}: {printable(each.message)}")
    more = summary.rejected - len(summary.refusals)
    if more:
        say(f"and {plural(more, f'more refused {summary.refusals[0].unit}')}")
    say(f"They are in the quarantine of {place.data}, each with its reason:"
        " `ebbline quarantine list`.")  # fmt: skip


def _nothing_taken(summary: Summary) -> bool:
    """Whether a file brought refusals and nothing else."""
    known = summary.events + summary.duplicates + summary.later + summary.resumed_at_line
    return bool(summary.rejected) and not known
