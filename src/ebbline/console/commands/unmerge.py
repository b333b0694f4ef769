"""`ebbline unmerge`: a person was never one person, by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ebbline.console.commands.looking import UserArgument
from ebbline.console.commands.ordering import ReasonOption, WhoOption, order, signature, spelled
from ebbline.console.output import moment, say
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption
from ebbline.errors import Refused

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Reader
    from ebbline.profiles.identifiers import Pair


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
    from ebbline.profiles.commands import Unmerge  # noqa: PLC0415 - heavy

    if (identifiers and cause) or (keep and not identifiers):
        message = "name either a --cause, or --identifiers and what to --keep them from."
        raise typer.BadParameter(message, param_hint="--cause")
    with Place(project, data).reader() as reader:
        pair, profile = reader.named(user)
        leave, stay = _theirs(reader, identifiers, profile), _theirs(reader, keep, profile)
        if not leave:
            cause = cause or _latest(reader, profile)
        command = Unmerge(
            person=pair, cause="" if leave else str(cause), leave=leave, keep=stay,
            **signature("unmerge", who, reason),
        )  # fmt: skip
        what = ", ".join(map(spelled, leave)) if leave else f"what {cause} merged"
        order(reader, command, f"unmerge {spelled(pair)}: {what}", dry_run=dry_run,
              as_json=as_json)  # fmt: skip


def _theirs(reader: Reader, names: list[str] | None, profile: int) -> tuple[Pair, ...]:
    """Identifiers of the person; Refused when one is another's."""
    found = []
    for name in names or ():
        pair, owner = reader.named(name)
        if owner != profile:
            message = f"{spelled(pair)} is not an identifier of this person."
            raise Refused(message)
        found.append(pair)
    return tuple(found)


def _latest(reader: Reader, profile: int) -> str:
    """What made the person's latest merge."""
    merges = [each.merging for each in reader.identity(profile).merges if not each.undone_by]
    if not merges:
        message = (
            "No merge made this person. `ebbline identity` shows how identifiers came together;"
            " --identifiers parts some of them."
        )
        raise Refused(message)
    latest = max(merges, key=lambda merging: merging.log_offset)
    say(f"the latest merge, at {moment(latest.at_ms)}, was made by {latest.cause}")
    return latest.cause
