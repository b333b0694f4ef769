"""`ebbline status`: how a data folder stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.changing import build_document, build_line
from ebbline.console.levels import document as levels_document
from ebbline.console.levels import status_lines
from ebbline.console.output import iso, moment, paint, plural, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption
from ebbline.console.refreshes import refresh_document, refresh_words, refreshes

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Count, Status


def status(
    project: ProjectOption = None, data: DataOption = None, as_json: JsonOption = False
) -> None:
    """Show whether it runs, how far it has got, and how many are in each audience."""
    from ebbline.hosts.embedded.builder import read_progress  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.reading.levels import service_levels  # noqa: PLC0415

    place = Place(project, data)
    with place.reader() as reader:
        found, counts, name = reader.status(), reader.counts(), reader.plan().name
        refused, known = reader.refused(), reader.versions()
        progress, lists = read_progress(reader.folder), refreshes(reader)
        slo = reader.plan().slo
        levels = service_levels(place.data, slo, found.now_ms)
    if as_json:
        build = build_document(known, progress, found.now_ms)
        show_json(
            _document(name, found, counts, refused)
            | {
                "definitions": build,
                "sql": {audience: refresh_document(each) for audience, each in lists.items()},
                "slo": levels_document(levels, slo, slo.window_ms),
            }
        )
        return
    state = paint("running", "green") if found.running else paint("stopped", "yellow")
    show(f"{paint(name, 'bold')}  {state}, its clock at {moment(found.now_ms)} UTC")
    sizes = f"log {size_text(found.log_bytes)}, state {size_text(found.state_bytes)}"
    show(f"  data       {place.data}  ({sizes})")
    show(f"  log        {found.log_offset:,} entries, the last at {moment(found.log_now_ms)}")
    late = paint(f"{plural(found.behind, 'entry', 'entries')} behind", "yellow")
    behind = late if found.behind else "up to date"
    show(f"  state      {behind}, at {moment(found.state_now_ms)}")
    show(f"  people     {found.profiles:,}, known by {plural(found.identifiers, 'identifier')}")
    show(f"  identity   {_identity(found.figures)}")
    late = plural(found.figures.get("late_events", 0), "event")
    show(f"  late       {late} came later than the horizon")
    show(f"  ledger     {found.ledger:,} changes")
    show(f"  version    {build_line(known, progress, found.now_ms, running=found.running)}")
    if found.next_due_ms is not None:
        show(f"  next       time alone changes something at {moment(found.next_due_ms)}")
    for audience, each in lists.items():
        show(f"  sql        {audience}: {refresh_words(each)}")
    for line in status_lines(levels, slo):
        show(f"  delivery   {line}")
    why = ", ".join(f"{code} {number:,}" for code, number in refused)
    show(f"  refused    {found.quarantined:,} in the quarantine{': ' + why if why else ''}\n")
    rows = [
        [count.audience, f"{count.members:,}", f"{count.members - count.effective:,}"]
        for count in counts
    ]
    show_table(["audience", "people", "suppressed"], rows, right=[1, 2])


def _document(
    name: str, found: Status, counts: tuple[Count, ...], refused: tuple[tuple[str, int], ...]
) -> dict[str, Any]:
    return {
        "project": name,
        "running": found.running,
        "now": iso(found.now_ms),
        "log": {"offset": found.log_offset, "at": iso(found.log_now_ms), "bytes": found.log_bytes},
        "state": {"offset": found.state_offset, "at": iso(found.state_now_ms),
                  "behind": found.behind, "bytes": found.state_bytes},
        "profiles": found.profiles,
        "identifiers": found.identifiers,
        "figures": found.figures,
        "ledger": found.ledger,
        "quarantine": {"kept": found.quarantined, "trimmed": found.quarantine_trimmed,
                       "codes": dict(refused)},
        "next_due": iso(found.next_due_ms),
        "audiences": {count.audience: {"members": count.members, "effective": count.effective}
                      for count in counts},
    }  # fmt: skip


def _identity(figures: dict[str, int]) -> str:
    """What happened to who is who, in a line."""
    kept_out = sum(count for what, count in figures.items() if what.startswith("dropped_"))
    told = [
        plural(figures.get("links", 0), "link"),
        plural(figures.get("merges", 0), "merge"),
        plural(figures.get("unmerges", 0), "unmerge"),
        plural(figures.get("handed_over", 0), "device") + " handed over",
        plural(kept_out, "identifier") + " kept out",
        plural(figures.get("blocked_values", 0), "value") + " blocked",
    ]
    return ", ".join(told)


def size_text(number: int) -> str:
    """Bytes for people.

    >>> size_text(900), size_text(1536), size_text(5 << 20)
    ('900 B', '1.5 KiB', '5.0 MiB')
    """
    size, units = float(number), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1024 and len(units) > 1:
        size /= 1024
        units.pop(0)
    return f"{number} B" if units[0] == "B" else f"{size:.1f} {units[0]}"
