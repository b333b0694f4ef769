"""`ebbline merge`: two people are one, by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from ebbline.console.commands.ordering import ReasonOption, WhoOption, order, signature, spelled
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption

_Person = Annotated[str, typer.Argument(help="Any identifier: ana, ana@example.com, email:…")]


def merge(
    one: _Person,
    other: _Person,
    who: WhoOption = None,
    reason: ReasonOption = "",
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make two people one, whatever limits say. The stronger identifier, then the older wins."""
    from ebbline.hosts.embedded.deciding import merge_of  # noqa: PLC0415 - heavy

    with Place(project, data).reader() as reader:
        command = merge_of(reader, one, other, signature("merge", who, reason))
        sentence = "merge {} and {}".format(*map(spelled, command.people))
        order(reader, command, sentence, dry_run=dry_run, as_json=as_json)
