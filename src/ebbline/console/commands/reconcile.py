"""`ebbline reconcile`: does a destination hold what it should, and set right what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.output import plural, say, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.hosts.embedded.deliver.reconcile import Report

EXIT_DRIFT = 5
EXAMPLES_SHOWN = 10
WORDS = {
    "missing": "lacks what it should hold",
    "extra": "holds what it should not",
    "different": "holds another value",
    "unknown": "does not know the person",
}


def reconcile(
    destination: Annotated[
        str | None, typer.Argument(metavar="DESTINATION", help="Left out: every one")
    ] = None,
    sample: Annotated[
        int, typer.Option(min=0, metavar="PEOPLE", help="So many people by chance; 0: everybody")
    ] = 0,
    heal: Annotated[
        bool, typer.Option("--heal/--no-heal", help="Send again what has drifted")
    ] = True,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a destination back and compare it with the memberships; ends with 5 on drift.

    What differs counts when it still does a minute later.

    `ebbline run` has to be running: it does the work, at the destination's pace.
    """
    from ebbline.hosts.embedded.deliver import reading  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.deliver.reconcile import asking  # noqa: PLC0415 - heavy

    folder = Place(project, data).data
    names = [destination] if destination else _all(reading, folder)
    drifted = failed = False
    for name in names:
        asked = asking.ask(folder, name, sample=sample, heal=heal)
        report = asking.await_report(folder, asked, lambda _: None)
        if as_json:
            show_json(_document(report))
        else:
            _show(report, heal=heal)
        drifted, failed = drifted or report.drifts > 0, failed or report.state == "failed"
    if failed:
        raise typer.Exit(1)
    if drifted:
        raise typer.Exit(EXIT_DRIFT)


def _all(reading: Any, folder: Any) -> list[str]:
    return [each.name for each in reading.destination_status(folder) if each.state != "problem"]


def _document(report: Report) -> dict[str, Any]:
    import msgspec  # noqa: PLC0415 - `--help` needs none of it

    found: dict[str, Any] = msgspec.to_builtins(report)
    return found


def _show(report: Report, *, heal: bool) -> None:
    if report.problem:
        show(f"{report.destination}: not reconciled: {report.problem}")
        return
    show(f"{report.destination}: {_summary(report, heal=heal)}")
    for kind, number in sorted(report.kinds.items()):
        say(f"  {plural(number, 'field')} where it {WORDS[kind]}")
    for each in report.examples[:EXAMPLES_SHOWN]:
        say(f"    {each.address}  {each.field}: should be {each.expected}, found {each.found}")
    if len(report.examples) > EXAMPLES_SHOWN:
        say(f"    and {report.drifts - EXAMPLES_SHOWN:,} more; --json has them")
    if report.counts:
        heads = ["audience", "members", "reachable", "acknowledged", "waiting", "found there"]
        rows = [
            [each.audience, f"{each.members:,}", f"{each.reachable:,}", f"{each.acknowledged:,}",
             f"{each.waiting:,}", "" if each.found is None else f"{each.found:,}"]
            for each in report.counts
        ]  # fmt: skip
        show_table(heads, rows, right=[1, 2, 3, 4, 5])


def _summary(report: Report, *, heal: bool) -> str:
    if report.method == "ledger":
        return "it cannot be read back; the counts are those it has acknowledged"
    compared = plural(report.compared, "person", "people")
    left = f", {report.moving:,} left out while something of theirs is under way"
    looked = f"{compared} compared{left if report.moving else ''}"
    if not report.drifts:
        return f"{looked}, no drift"
    done = f"{report.healed:,} sent again" if heal else "nothing sent again (--no-heal)"
    return f"{looked}, {plural(report.drifts, 'drift')}, {done}"
