"""`ebbline destination`: how destinations do; holding one back and letting it go on."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.output import STATES, moment, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

app = typer.Typer(
    help="How destinations do: list, pause, resume.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A destination of the project")]


@app.command("list")
def list_(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Every destination: its state and why, people known, waiting, and values laid aside."""
    from ebbline.hosts.embedded.deliver import reading  # noqa: PLC0415 - heavy

    found = reading.destination_status(Place(project, data).data)
    if as_json:
        import msgspec  # noqa: PLC0415 - `--help` needs none of it

        for each in found:
            show_json(msgspec.to_builtins(each))
        return
    if not found:
        show("no destination has been set up here yet")
        return
    heads = ["destination", "state", "people", "waiting", "laid aside", "last success", "reason"]
    rows = [
        [each.name, STATES[each.state], f"{each.people:,}", f"{each.pending:,}", f"{each.dead:,}",
         moment(each.last_done_ms), each.reason]
        for each in found
    ]  # fmt: skip
    show_table(heads, rows, right=[2, 3, 4])


@app.command("pause")
def pause(
    name: NameArgument,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let nothing leave for a destination until `resume`; what changes meanwhile waits."""
    _order(name, project, data, as_json=as_json, paused=True)


@app.command("resume")
def resume(
    name: NameArgument,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Go on after a pause: what waits is sent as what it has come to."""
    _order(name, project, data, as_json=as_json, paused=False)


def _order(
    name: str, project: ProjectOption, data: DataOption, *, as_json: bool, paused: bool
) -> None:
    from ebbline.hosts.embedded.deliver.reconcile import asking  # noqa: PLC0415 - heavy

    told = asking.pause(Place(project, data).data, name, paused=paused)
    if as_json:
        show_json({"destination": name, "paused": paused, "running": told})
        return
    when = "now" if told else "when `ebbline run` starts the next time"
    show(f"{name} is held back from {when} on" if paused else f"{name} goes on {when}")
