"""`ebbline doctor`: what on this machine would get in the way, and what to do about it."""

from __future__ import annotations

import typer

from ebbline.console.output import paint, say, show, show_json
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

EXIT_FAILED = 1
_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Look at the machine, the project and the data folder; say what to mend."""
    from ebbline.console.checks import examine  # noqa: PLC0415 - heavy

    checks = examine(Place(project, data))
    for check in checks:
        if as_json:
            show_json(check)
            continue
        mark = paint(check.verdict.ljust(4), _COLOURS[check.verdict])
        show(f"{mark}  {check.about:<12} {check.found}")
        if check.do:
            show(f"      {'':<12} {check.do}")
    failed = [check for check in checks if check.verdict == "fail"]
    if failed:
        say(f"\n{len(failed)} of {len(checks)} checks failed; mend them before `ebbline run`.")
        raise typer.Exit(EXIT_FAILED)
    say("\nready to run")
