"""`ebbline unmerge`: a person was never one person, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.commands.looking import UserArgument
from ebbline.console.commands.ordering import ReasonOption, WhoOption, order, signature, spelled
from ebbline.console.output import moment, say
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption


def unmerge(
    user: UserArgument,
    cause: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The message or command that merged; else the latest"),
    ] = None,
    identifiers: Annotated[
        list[str] | None,
        typer.Option("--identifiers", "-i", metavar="ID", help="Identifiers that part; repeat it"),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="With --identifiers: those to part from; else USER's"),
    ] = None,
    who: WhoOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Undo one merge: both people as if it had never been, here and at every destination."""
    from ebbline.hosts.embedded.deciding import unmerge_of  # noqa: PLC0415 - heavy

    if (identifiers and cause) or (keep and not identifiers):
        message = "name either a --cause, or --identifiers and what to --keep them from."
        raise typer.BadParameter(message, param_hint="--cause")
    with Place(project, data).reader() as reader:
        signed = signature("unmerge", who, reason)
        command, made_ms = unmerge_of(reader, user, cause, identifiers, keep, signed)
        if made_ms is not None:
            say(f"the latest merge, at {moment(made_ms)}, was made by {command.cause}")
        leave = command.leave
        what = ", ".join(map(spelled, leave)) if leave else f"what {command.cause} merged"
        order(reader, command, f"unmerge {spelled(command.person)}: {what}", dry_run=dry_run,
              as_json=as_json)  # fmt: skip
