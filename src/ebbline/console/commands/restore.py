"""`ebbline restore`: a new data folder from a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ebbline.console.changing import bar
from ebbline.console.commands.backup import document, show_members
from ebbline.console.output import moment, say, show, show_json
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `ebbline backup` has written")],
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an empty or new data folder what a backup holds; every checksum is verified first."""
    from ebbline.hosts.embedded import backup as backups  # noqa: PLC0415 - heavy

    place = Place(project, data)
    with bar("verifying" if dry_run else "restoring") as advance:
        if dry_run:
            manifest = backups.verify(file, advance)
        else:
            manifest = backups.restore(file, place.data, advance)
    if as_json:
        told = {"file": str(file), "data": str(place.data), "restored": not dry_run}
        show_json(told | document(manifest))
        return
    if dry_run:
        show(f"{file} is whole: the data of {moment(manifest.instant_ms)} UTC")
        show_members(manifest)
        say("Nothing was written (--dry-run).")
        return
    show(f"{place.data} holds the data of {moment(manifest.instant_ms)} UTC")
    show_members(manifest)
    if manifest.holds("secrets.json"):
        say("The secrets open with the key they were stored with, which is not in a backup:"
            " `ebbline secret check` says whether it is here.")  # fmt: skip
    say("`ebbline run` goes on from there. The system that was backed up must not run any more:"
        " both would send to the same destinations.")  # fmt: skip
