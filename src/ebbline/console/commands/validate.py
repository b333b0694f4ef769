"""`ebbline validate`: every problem of a project at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ebbline.console.output import paint, plural, say, show, show_json
from ebbline.console.place import JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.definitions import Loaded, Plan

EXIT_PROJECT = 3


def validate(project: ProjectOption = None, as_json: JsonOption = False) -> None:
    """Check every file of the project: each problem with file, line and column."""
    from ebbline.definitions import render_all  # noqa: PLC0415 - heavy

    place = Place(project)
    loaded = place.loaded()
    if as_json:
        show_json({"valid": not loaded.errors, "findings": loaded.findings})
    elif loaded.findings:
        show(render_all(loaded.findings))
    warnings = len(loaded.findings) - len(loaded.errors)
    if loaded.findings and not as_json:
        say()
    say(_verdict(place, loaded, warnings))
    if any(each.code in ("missing_folder", "missing_file") for each in loaded.errors):
        say("`ebbline init shop` makes a project; --project names one that is elsewhere.")
    if loaded.errors:
        raise typer.Exit(EXIT_PROJECT)


def _verdict(place: Place, loaded: Loaded, warnings: int) -> str:
    if loaded.plan is None:
        text = plural(len(loaded.errors), "error")
        return f"{text}, {plural(warnings, 'warning')}" if warnings else text
    found = f", {plural(warnings, 'warning')}" if warnings else ""
    return f"{paint('valid', 'green')}{found}: {contents(loaded.plan, loaded)} in {place.where}"


def contents(plan: Plan, loaded: Loaded) -> str:
    """What a project holds, in a line."""
    counted = [
        plural(len(plan.audiences), "audience"),
        plural(len(plan.traits), "computed trait"),
        plural(len(loaded.examples), "example"),
        plural(len(plan.destinations), "destination"),
    ]
    return ", ".join(counted)
