"""`ebbline slo`: how fast and how surely changes reach destinations, against what is promised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from ebbline.console.levels import (
    SPEED_HEADS,
    SURENESS_HEADS,
    alarm_lines,
    document,
    probe_words,
    promise,
    speed_row,
    sureness_row,
)
from ebbline.console.output import iso, moment, paint, say, show, show_json, show_table
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption
from ebbline.errors import NotFound

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading.levels import Standing


def slo(
    window: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Over this long, such as 6h; else as promised"),
    ] = None,
    silence: Annotated[
        str | None, typer.Option(metavar="NAME", help="Tell nobody of this destination's alarms")
    ] = None,
    lasting: Annotated[
        str, typer.Option("--for", metavar="TIME", help="How long; 0s ends a silence")
    ] = "1h",
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show latency and success per destination and audience, error budgets and alarms."""
    from ebbline.hosts.embedded.reading.levels import service_levels  # noqa: PLC0415 - heavy

    place, window_ms = Place(project, data), _length(window, "--window")
    with place.reader() as reader:
        promised, name, now_ms = reader.plan().slo, reader.plan().name, reader.now_ms()
        known = [each.name for each in reader.plan().destinations]
    if silence is not None:
        _silence(place, silence, known, _length(lasting, "--for") or 0, as_json=as_json)
        return
    found = service_levels(place.data, promised, now_ms, window_ms)
    asked_ms = window_ms or promised.window_ms
    if as_json:
        show_json({"project": name} | document(found, promised, asked_ms))
        return
    show(f"{paint(name, 'bold')} promises {promise(promised)}")
    rows = [row for each in found for row in each.rows]
    if not any(row.levels.changes or row.levels.overtaken for row in rows):
        say("Nothing has been delivered in this window.")
    else:
        if window_ms:
            from ebbline.definitions.durations import format_duration  # noqa: PLC0415

            show(f"the last {format_duration(asked_ms)}, and what it used of a budget of its own")
        show(f"\n{paint('How fast: from a captured event to the answer', 'bold')}")
        show_table(SPEED_HEADS, map(speed_row, rows), right=[1, 2, 3, 4, 5, 7, 8])
        show(f"\n{paint('How surely', 'bold')}")
        show_table(SURENESS_HEADS, map(sureness_row, rows), right=range(1, 7))
    notes = [line for each in found for line in _notes(each)]
    if notes:
        show()
    for line in notes:
        show(line)


def _notes(each: Standing) -> list[str]:
    """What else is to be said of a destination: what waits, its probe, its alarms."""
    name, notes = each.destination, []
    if each.probe is not None:
        notes.append(f"{name}: probe of {moment(each.probe.sent_ms)}: {probe_words(each.probe)}")
    if each.overdue:
        notes.append(paint(f"{name}: {each.overdue:,} changes are overdue now, in {each.waits_in}",
                           "yellow"))  # fmt: skip
    notes += [paint(f"ALARM {line}", "red") for line in alarm_lines(each)]
    if each.silenced_ms and not each.alarms:
        notes.append(f"{name}: silenced until {moment(each.silenced_ms)}")
    return notes


def _length(text: str | None, option: str) -> int | None:
    from ebbline.definitions.durations import parse_duration  # noqa: PLC0415

    if text is None:
        return None
    ms = parse_duration(text)
    if ms is None or ms < 0 or (ms == 0 and option != "--for"):
        message = f'"{text}" is no length of time; write one like 6h or 30d.'
        raise typer.BadParameter(message, param_hint=option)
    return ms


def _silence(place: Place, name: str, known: list[str], length_ms: int, *, as_json: bool) -> None:
    from ebbline.hosts.embedded.clock import SystemClock  # noqa: PLC0415 - heavy
    from ebbline.hosts.embedded.deliver.objectives.silences import silence  # noqa: PLC0415

    if name not in known:
        message = f'No destination is called "{name}". There are: {", ".join(known) or "none"}.'
        raise NotFound(message)
    now_ms = SystemClock().now_ms()
    until_ms = now_ms + length_ms
    silence(place.data, name, until_ms, now_ms)
    if as_json:
        show_json({"destination": name, "silenced_until": iso(until_ms) if length_ms else None})
    elif length_ms:
        show(f"Nobody is told of {name}'s alarms until {moment(until_ms)} UTC.")
    else:
        show(f"{name}'s alarms are told again.")
