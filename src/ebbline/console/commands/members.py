"""`ebbline members`: who is in an audience."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ebbline.console.commands.looking import AtOption, folding, looking
from ebbline.console.output import iso, moment, plural, say, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption, instant

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Member

RulesWord = Literal["then", "now"]

_ANSWERED = {
    "ledger": "what the ledger said then",
    "sql": "a query over the history",
    "refold": "the log folded up to then",
    "clock": "the state as it stands, if nothing else happens",
}

TABLE_ROWS = 1_000  # rows laid out together; what follows keeps the first ones' widths


def members(
    audience: Annotated[str, typer.Argument(metavar="AUDIENCE", help="An audience's name")],
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with a header")] = False,
    effective: Annotated[
        bool, typer.Option(help="Leave out people for whom a priority group suppresses it")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 is everybody")] = 0,
    at: AtOption = None,
    rules: Annotated[
        RulesWord | None,
        typer.Option(help="With --at: by the definitions that were live then, or by those of now"),
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List who is in an audience, and since when."""
    if as_csv and as_json:
        message = "--csv and --json are two formats; choose one."
        raise typer.BadParameter(message, param_hint="--csv")
    at_ms = instant(at, "--at")
    if rules is not None and at_ms is None:
        message = "--rules says whose rules of the past to go by; it goes with --at."
        raise typer.BadParameter(message, param_hint="--rules")
    if at_ms is None:
        with looking(Place(project, data)) as (reader, _):
            found = reader.members(audience, limit or -1, effective=effective)
            _show(audience, found, as_csv=as_csv, as_json=as_json)
        return
    from ebbline.hosts.embedded.reading import members_then  # noqa: PLC0415 - heavy

    with Place(project, data).reader() as reader:
        told = members_then(
            reader, audience, at_ms, rules,
            effective=effective, limit=limit or -1, progress=folding,
        )  # fmt: skip
    _show(audience, iter(told.members), as_csv=as_csv, as_json=as_json)
    say(f"\nat {moment(at_ms)} UTC, by {_ANSWERED[told.how]} (definitions: version {told.version})")


def _show(audience: str, found: Iterator[Member], *, as_csv: bool, as_json: bool) -> None:
    if as_csv:
        _csv(found)
    elif as_json:
        for member in found:
            show_json(
                {"profile": member.profile, "type": member.type, "value": member.identifier,
                 "since": iso(member.since_ms), "effective": member.effective}
            )  # fmt: skip
    else:
        _table(audience, found)


def _csv(found: Iterator[Member]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["profile", "type", "value", "since", "effective"])
    for each in found:
        effective = "true" if each.effective else "false"
        writer.writerow([each.profile, each.type, each.identifier, iso(each.since_ms), effective])


def _table(audience: str, found: Iterator[Member]) -> None:
    first = next(found, None)
    if first is None:
        say(f"nobody is in {audience}")
        return
    number, heads = 0, ["person", "", "since", ""]
    whole = chain([first], found)
    while rows := [_row(each) for each in islice(whole, TABLE_ROWS)]:
        show_table(heads, rows)
        number += len(rows)
    say(f"\n{plural(number, 'person', 'people')} in {audience}")


def _row(member: Member) -> list[str]:
    note = "" if member.effective else "suppressed"
    return [member.identifier, member.type, moment(member.since_ms), note]
