"""`ebbline plan`: what the project folder would change about what runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ebbline.console.changing import bar, document, show_differences, show_preview
from ebbline.console.output import plural, say, show, show_json
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.definitions import Plan
    from ebbline.definitions.differences import Difference
    from ebbline.hosts.embedded.preview import Preview

EXIT_CHANGES = 2


def plan(
    counts: Annotated[
        bool, typer.Option("--counts/--no-counts", help="Work out who would enter and leave")
    ] = True,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit with 2 when there are changes")
    ] = False,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the project with what is live: definitions, people, calls to destinations."""
    place = Place(project, data)
    wanted = place.plan()
    found, foretold = compare(place, wanted, counts=counts)
    if as_json:
        show_json(document(found, foretold))
    elif not found:
        show(f"No changes: {place.where} is what is live.")
    else:
        tell(found, foretold)
        say("`ebbline apply` makes it live.")
    if detailed_exitcode and found:
        raise typer.Exit(EXIT_CHANGES)


def compare(
    place: Place, wanted: Plan, *, counts: bool
) -> tuple[tuple[Difference, ...], Preview | None]:
    """The differences from what is live, and what they would do (None: not asked, or none)."""
    from ebbline.definitions.differences import differences  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.preview import preview  # noqa: PLC0415

    with place.reader() as reader:
        found, folder = differences(reader.plan(), wanted), reader.folder
    if not found or not counts:
        return found, None
    with bar("working it out") as progress:
        return found, preview(folder, wanted, progress)


def tell(found: tuple[Difference, ...], foretold: Preview | None) -> None:
    """All of it for people."""
    show(f"{plural(len(found), 'change')}:")
    show_differences(found)
    if foretold is not None:
        show()
        show_preview(foretold)
