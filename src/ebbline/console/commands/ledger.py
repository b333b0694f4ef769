"""`ebbline ledger`: what changed, when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.commands.looking import event_words
from ebbline.console.output import iso, moment, say, show_json, show_table, value_text
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption

if TYPE_CHECKING:
    from ebbline.hosts.embedded.reading import Reader, Told

ENTRIES_SHOWN = 50  # entries when nobody says how many


def ledger(
    user: Annotated[
        str | None, typer.Option(metavar="USER", help="Only this person: any identifier")
    ] = None,
    audience: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this audience or trait")
    ] = None,
    after: Annotated[
        int | None, typer.Option(min=0, metavar="SEQ", help="The entries after this number")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many entries")] = ENTRIES_SHOWN,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List changes, newest last: who entered and left what, at which instant, and why."""
    with Place(project, data).reader() as reader:
        number = reader.find(user) if user is not None else None
        told = reader.ledger(profile=number, definition=audience, after=after, limit=limit)
        if as_json:
            for entry in told:
                show_json(_document(reader, entry))
            return
        if not told:
            say("no entries")
            return
        rows = [_row(reader, entry) for entry in told]
    show_table(["seq", "at", "person", "what", "", "because of"], rows, right=[0])


def cause_text(reader: Reader, entry: Told) -> str:
    """What made an entry, for people: an event's name or the clock."""
    if entry.cause is None:
        return "the clock" if entry.kind not in ("linked", "merged") else ""
    event = reader.cause(entry)
    return event_words(event.name) if event is not None else entry.cause


def entry_text(entry: Told) -> tuple[str, str]:
    """What happened, as a verb and its object."""
    match entry.kind:
        case "entered":
            suppressed = "  (suppressed)" if entry.value is False else ""
            return "entered", entry.definition + suppressed
        case "exited":
            return "left", entry.definition
        case "trait":
            return "trait", f"{entry.definition} = {value_text(entry.value)}"
        case "linked":
            gained = f"{entry.definition} {entry.value}"
            return "linked", gained if entry.value else f"{entry.definition} handed over"
        case "merged":
            return "merged", f"into profile {entry.value}"
        case "unmerged":
            return "unmerged", f"from profile {entry.value}"
        case _:
            return entry.kind, entry.definition


def _row(reader: Reader, entry: Told) -> list[str]:
    verb, what = entry_text(entry)
    person = entry.person or f"profile {entry.profile}"
    return [str(entry.seq), moment(entry.at_ms), person, verb, what, cause_text(reader, entry)]


def _document(reader: Reader, entry: Told) -> dict[str, Any]:
    event = reader.cause(entry)
    return {
        "seq": entry.seq,
        "profile": entry.profile,
        "person": entry.person or None,
        "number": entry.number,
        "kind": entry.kind,
        "definition": entry.definition,
        "at": iso(entry.at_ms),
        "cause": entry.cause,
        "cause_event": event.name if event is not None else None,
        "log_offset": entry.log_offset,
        "value": entry.value,
    }
