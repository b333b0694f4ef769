"""`ebbline override`: a membership by hand, whatever the rule says."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.commands.looking import UserArgument
from ebbline.console.commands.ordering import ReasonOption, WhoOption, order, signature, spelled
from ebbline.console.output import moment
from ebbline.console.place import (
    DataOption,
    DryRunOption,
    JsonOption,
    Place,
    ProjectOption,
    instant,
)

app = typer.Typer(
    help="Memberships by hand: set, clear.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_Audience = Annotated[str, typer.Argument(metavar="AUDIENCE", help="The audience's name")]


@app.command("set")
def set_(
    user: UserArgument,
    audience: _Audience,
    state: Annotated[str, typer.Argument(metavar="in|out", help="What holds from now on")],
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="Only until this instant; else for good")
    ] = None,
    who: WhoOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put somebody into an audience, or keep somebody out, whatever its rule says."""
    from ebbline.profiles.commands import Override  # noqa: PLC0415 - heavy

    if state not in ("in", "out"):
        message = f'"{state}" is neither in nor out.'
        raise typer.BadParameter(message, param_hint="in|out")
    until_ms = instant(until, "--until")
    with Place(project, data).reader() as reader:
        pair, _ = reader.named(user)
        command = Override(
            person=pair, audience=reader.audience(audience), inside=state == "in",
            until_ms=until_ms, **signature("override", who, reason),
        )  # fmt: skip
        end = "" if until_ms is None else f" until {moment(until_ms)}"
        sentence = f"{spelled(pair)} is {state} {audience}{end}"
        order(reader, command, sentence, dry_run=dry_run, as_json=as_json)


@app.command("clear")
def clear(
    user: UserArgument,
    audience: _Audience,
    who: WhoOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the audience's rule decide again."""
    from ebbline.profiles.commands import ClearOverride  # noqa: PLC0415 - heavy

    with Place(project, data).reader() as reader:
        pair, _ = reader.named(user)
        command = ClearOverride(
            person=pair, audience=reader.audience(audience), **signature("clear", who, reason)
        )
        sentence = f"the rule of {audience} counts for {spelled(pair)}"
        order(reader, command, sentence, dry_run=dry_run, as_json=as_json)
