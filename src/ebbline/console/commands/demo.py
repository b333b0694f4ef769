"""`ebbline demo`: everything at work, with nothing to set up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ebbline.console.output import say, show_json
from ebbline.console.place import DryRunOption, JsonOption

SPEED_MAX = 100_000.0  # times the machine's clock; beyond it a millisecond is minutes


def demo(
    speed: Annotated[
        float,
        typer.Option(min=1.0, max=SPEED_MAX, help="Run time so many times as fast: 60, 600, …"),
    ] = 1.0,
    seconds: Annotated[
        float, typer.Option(min=0.0, help="End after so many seconds; 0 runs until Ctrl-C")
    ] = 0.0,
    plain: Annotated[
        bool, typer.Option("--plain", help="Print lines (of itself where there is no terminal)")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Take in events on this port; 0 is a free one")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Another number is another shop")] = 7,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="At the end, draw the view into a file")
    ] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show a simulated shop, its audiences, and a Braze sandbox that receives them."""
    if dry_run:
        say("A temporary project, a system and a sandbox would be started; nothing was.")
        return
    from ebbline.console.demo.show import Demo, play  # noqa: PLC0415 - heavy

    if as_json and not seconds:
        message = "with --json the demo prints its last figures, so it needs an end: --seconds 20."
        raise typer.BadParameter(message, param_hint="--seconds")
    lines = plain or as_json or not sys.stdout.isatty()
    scene = play(Demo(speed, seconds, lines, port, seed, svg, as_json))
    if as_json and scene is not None:
        show_json(scene)
