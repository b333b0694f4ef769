"""`ebbline backup`: the data folder as one file, also while its system runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.changing import bar
from ebbline.console.commands.status import size_text
from ebbline.console.output import iso, moment, plural, say, show, show_json, show_table
from ebbline.console.place import DataOption, DryRunOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.hosts.embedded.backup import Foreseen, Manifest

WITHOUT_KEY = (
    "The key of the secrets store is not in it, and never is: keep that apart, or the secrets"
    " must be set anew."
)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; a new one")],
    with_history: Annotated[
        bool,
        typer.Option(
            "--with-history",
            help="Take the Parquet files too; without them they are written again from the log",
        ),
    ] = False,
    dry_run: DryRunOption = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the data folder to one file, as it is at this moment; the system may run."""
    from ebbline.hosts.embedded import backup as backups  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415

    place = Place(project, data)
    if dry_run:
        _foretell(backups.foresee(place.data, file, with_history=with_history), file, as_json)
        return
    with bar("backing up") as advance:
        made = backups.back_up(
            place.data, file, SystemClock(), with_history=with_history, progress=advance
        )
    if as_json:
        show_json({"file": str(file), "bytes": made.bytes, **document(made.manifest)})
        return
    show(f"{file}: {size_text(made.bytes)}, the data of {moment(made.manifest.instant_ms)} UTC")
    show_members(made.manifest)
    if made.manifest.holds("secrets.json"):
        say(WITHOUT_KEY)


def _foretell(foreseen: Foreseen, file: Path, as_json: bool) -> None:
    if as_json:
        members = [{"name": name, "bytes": size} for name, size in foreseen.members]
        show_json({"file": str(file), "written": False, "members": members,
                   "free_bytes": foreseen.free_bytes})  # fmt: skip
        return
    show_table(["file", "size"], [[name, size_text(size)] for name, size in foreseen.members], [1])
    say(f"{size_text(foreseen.bytes)} for a while, less when packed;"
        f" {size_text(foreseen.free_bytes)} are free.")  # fmt: skip
    say("Nothing was written (--dry-run).")


def document(manifest: Manifest) -> dict[str, Any]:
    """A backup for machines."""
    import msgspec  # noqa: PLC0415 - heavy

    told: dict[str, Any] = msgspec.to_builtins(manifest)
    return {
        "format": told["format"], "ebbline": told["ebbline"], "folder": told["folder"],
        "instant": iso(manifest.instant_ms), "offset": told["offset"], "ledger": told["ledger"],
        "members": told["members"],
    }  # fmt: skip


def show_members(manifest: Manifest) -> None:
    """A backup's files for people, those of the history as one line."""
    own = [each for each in manifest.members if not each.name.startswith("history/")]
    rows = [[each.name, size_text(each.bytes)] for each in own]
    if parts := [each.bytes for each in manifest.members if each.name.startswith("history/")]:
        rows.append([f"history/ ({plural(len(parts), 'file')})", size_text(sum(parts))])
    show_table(["file", "size"], rows, [1])
