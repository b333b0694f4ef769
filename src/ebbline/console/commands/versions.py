"""`ebbline versions`: every version of the definitions there has been."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.changing import how_far
from ebbline.console.output import iso, moment, paint, plural, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.hosts.embedded.builder import Progress
    from ebbline.hosts.embedded.versions import Version


def versions(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """List the versions of the definitions: who proposed them, when they were live."""
    from ebbline.hosts.embedded.builder import read_progress  # noqa: PLC0415 - heavy

    with Place(project, data).reader() as reader:
        known, progress = reader.versions(), read_progress(reader.folder)
    rows = []
    for version, made in known.with_differences():
        changes = len(made)
        if as_json:
            show_json(_document(version, progress, changes))
        else:
            rows.append(_row(version, progress, changes))
    if not as_json:
        heads = ["version", "state", "proposed", "live since", "by", "changes", "note"]
        show_table(heads, rows, right=[0])


def state(version: Version, progress: Progress | None) -> str:
    """How a version stands, a build on its way included."""
    if version.standing != "open":
        return version.standing
    if progress is None or progress.version != version.number:
        return "waits to be built"
    return how_far(progress)


def _row(version: Version, progress: Progress | None, changes: int) -> list[str]:
    said = state(version, progress)
    return [
        str(version.number), paint(said, "green") if said == "live" else said,
        moment(version.proposed_ms or None), moment(version.live_ms or None), version.who or "-",
        plural(changes, "change") if changes else "-", version.note,
    ]  # fmt: skip


def _document(version: Version, progress: Progress | None, changes: int) -> dict[str, Any]:
    mine = progress if progress is not None and progress.version == version.number else None
    return {
        "version": version.number,
        "state": version.standing,
        "proposed": iso(version.proposed_ms or None),
        "live": iso(version.live_ms or None),
        "by": version.who,
        "note": version.note,
        "rollback_to": version.of or None,
        "changes": changes,
        "build": mine if version.standing == "open" else None,
    }
