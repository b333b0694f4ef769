"""`ebbline sweep`: what other thresholds would make of an audience."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.changing import bar
from ebbline.console.output import iso, moment, say, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.definitions.plan import AudienceDef
    from ebbline.definitions.tree import Compare
    from ebbline.hosts.embedded.sweeping import Sweep

DAYS = 30

_FLIPS = {
    "replay": "entries and exits are exact, by a replay of the log",
    "sql": "entries and exits are what differs from one day's end to the next, by queries over"
    " the history (--replay counts all)",
}


def sweep(
    audience: Annotated[str, typer.Argument(metavar="AUDIENCE", help="An audience's name")],
    thresholds: Annotated[
        str, typer.Option("--threshold", metavar="LIST", help="Numbers to try, as in 70,75,80")
    ],
    of: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Which comparison, where the rule has several"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="Days looked back at")] = DAYS,
    replay: Annotated[
        bool | None,
        typer.Option(
            "--replay/--no-replay", show_default=False,
            help="Count entries and exits by a replay of the log, or by a query for each day;"
            " else by a replay where it is not too long",
        ),
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Try thresholds: how many would be in, how many would come and go a day."""
    from ebbline.definitions import print_rule  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.sweeping import sweep as work_out  # noqa: PLC0415
    from ebbline.hosts.embedded.sweeping.limits import DAYS_MAX  # noqa: PLC0415

    if days > DAYS_MAX:
        message = f"at most {DAYS_MAX} days are looked back at"
        raise typer.BadParameter(message, param_hint="--days")
    values = _numbers(thresholds)
    place = Place(project, data)
    plan = place.plan()
    definition = _named(plan.audiences, audience)
    node = _comparison(definition, of)
    with place.reader() as reader:
        folder = reader.folder
    with bar("replaying the log") as progress:
        found = work_out(
            folder, plan, definition, node, values, days, replay=replay, progress=progress
        )
    if as_json:
        show_json(_document(audience, print_rule(node), days, found))
        return
    _table(found, node)
    say(f"\nas of {moment(found.at_ms)} UTC, over {days} days of 24 hours; {_FLIPS[found.flips]}")


def _numbers(text: str) -> list[float]:
    from ebbline.hosts.embedded.sweeping.limits import THRESHOLDS_MAX  # noqa: PLC0415 - heavy

    found: list[float] = []
    for word in text.split(","):
        try:
            number = float(word)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            message = f'"{word.strip()}" is no number; write them like 70,75,80'
            raise typer.BadParameter(message, param_hint="--threshold")
        found.append(int(number) if number.is_integer() else number)
    if len(found) > THRESHOLDS_MAX:
        message = f"at most {THRESHOLDS_MAX} thresholds at once"
        raise typer.BadParameter(message, param_hint="--threshold")
    return list(dict.fromkeys(found))


def _named(audiences: tuple[AudienceDef, ...], name: str) -> AudienceDef:
    from ebbline.definitions.findings import did_you_mean  # noqa: PLC0415 - heavy
    from ebbline.errors import NotFound  # noqa: PLC0415

    known = {each.name: each for each in audiences}
    if name not in known:
        hint = did_you_mean(name, known) or f"There are: {', '.join(sorted(known)) or 'none'}."
        message = f'No audience of the project is called "{name}": {hint}'
        raise NotFound(message)
    return known[name]


def _comparison(audience: AudienceDef, of: str | None) -> Compare:
    """The comparison that is meant: the only one with a number, or the one that is named."""
    from ebbline.definitions import parse_rule, print_rule  # noqa: PLC0415 - heavy
    from ebbline.definitions.thresholds import comparisons  # noqa: PLC0415
    from ebbline.errors import Refused  # noqa: PLC0415

    known = {print_rule(node): node for node in comparisons(audience)}
    listed = "; ".join(known)
    if not known:
        message = f"The rule of {audience.name} compares nothing with a written number."
        raise Refused(message)
    if of is None:
        if len(known) > 1:
            message = f"The rule of {audience.name} has several: name one with --of. {listed}"
            raise Refused(message)
        return next(iter(known.values()))
    read = parse_rule(of).tree
    node = known.get(of.strip()) or (known.get(print_rule(read)) if read is not None else None)
    if node is None:
        message = f'The rule of {audience.name} has no comparison "{of}". It has: {listed}'
        raise Refused(message)
    return node


def _table(found: Sweep, node: Compare) -> None:
    from ebbline.definitions.thresholds import threshold  # noqa: PLC0415 - heavy

    rows = []
    for row in found.rows:
        entered = sum(day.entered for day in row.days)
        exited = sum(day.exited for day in row.days)
        most = max(day.entered + day.exited for day in row.days)
        note = "as written" if row.threshold == threshold(node) else ""
        rows.append([f"{row.threshold:g}", f"{row.people:,}", f"{entered:,}", f"{exited:,}",
                     f"{row.flips_a_day:,.1f}", f"{most:,}", note])  # fmt: skip
    heads = ["threshold", "people", "entered", "left", "flips a day", "most in a day", ""]
    show_table(heads, rows, right=range(6))


def _document(audience: str, of: str, days: int, found: Sweep) -> dict[str, Any]:
    return {
        "audience": audience,
        "of": of,
        "at": iso(found.at_ms),
        "days": days,
        "sizes_by": found.sizes,
        "flips_by": found.flips,
        "thresholds": [
            {
                "threshold": row.threshold,
                "people": row.people,
                "flips_a_day": round(row.flips_a_day, 3),
                "days": [
                    {"until": iso(day.until_ms), "entered": day.entered, "exited": day.exited}
                    for day in row.days
                ],
            }
            for row in found.rows
        ],
    }
