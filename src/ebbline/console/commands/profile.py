"""`ebbline profile`: one person: identifiers, traits, audiences, and the latest events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ebbline.console.commands.looking import AtOption, UserArgument, event_words, looking
from ebbline.console.output import (
    iso,
    moment,
    paint,
    say,
    show,
    show_json,
    show_table,
    value_text,
)
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption, instant

if TYPE_CHECKING:
    from ebbline.definitions import Plan
    from ebbline.hosts.embedded.history import Page
    from ebbline.hosts.embedded.reading import Person, Reader


EVENTS_SHOWN = 20
PROPERTIES_SHOWN = 80  # characters of an event's properties; --json gives all


def profile(
    user: UserArgument,
    at: AtOption = None,
    limit: Annotated[
        int, typer.Option(min=0, metavar="N", help="Show so many of the latest events")
    ] = EVENTS_SHOWN,
    before: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Show older events: the place that the last page named"),
    ] = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one person: identifiers and their first events, traits, audiences, latest events."""
    with looking(Place(project, data), instant(at, "--at")) as (reader, now_ms):
        person = reader.person(reader.find(user), now_ms)
        kinds = _kinds(reader.plan())
        page = _page(reader, person.profile, limit, before)
        if as_json:
            show_json(_document(person, kinds) | _events(page))
            return
        _show_identifiers(person)
        _show_traits(person, kinds)
        _show_audiences(person)
        if limit:
            _show_events(page)


def _page(reader: Reader, profile_id: int, limit: int, before: str | None) -> Page:
    from ebbline.hosts.embedded.history import History, read_place  # noqa: PLC0415 - heavy

    place = None if before is None else read_place(before)
    if before is not None and place is None:
        message = f'"{before}" is no place; copy it from the end of a page.'
        raise typer.BadParameter(message, param_hint="--before")
    with History(reader.folder) as history:
        # A reader of the past has a state of its own that ends at its instant.
        return history.timeline(profile_id, limit=limit, before=place)


def _show_identifiers(person: Person) -> None:
    show(f"{paint('profile', 'bold')} {person.profile}\n")
    rows = [
        [link.type, link.value, moment(link.first_ms), link.first_message_id]
        for link in person.identifiers
    ]
    show_table(["identifier", "value", "first seen", "by message"], rows)


def _show_traits(person: Person, kinds: dict[str, str]) -> None:
    rows = [
        [name, _value(value, kinds.get(name, "any")), "computed"]
        for name, value in person.computed.items()
    ]
    rows += [
        [each.name, value_text(each.value), f"sent {moment(each.at_ms)}"] for each in person.sent
    ]
    show()
    if rows:
        show_table(["trait", "value", ""], rows)
    else:
        show("no traits")


def _show_audiences(person: Person) -> None:
    show()
    if not person.memberships:
        show("in no audience")
    else:
        rows = [
            [
                each.audience,
                moment(each.since_ms),
                "" if each.effective else f"suppressed by {each.suppressed_by}",
            ]
            for each in person.memberships
        ]
        show_table(["audience", "since", ""], rows)
    if person.wake_ms is not None:
        show(f"\ntime alone changes something at {moment(person.wake_ms)} at the earliest")


def _show_events(page: Page) -> None:
    from ebbline.hosts.embedded.history import place_text  # noqa: PLC0415 - heavy

    show()
    if not page.rows:
        show("no events")
        return
    rows = [
        [moment(row.time_ms), event_words(row.name), _short(row.properties)] for row in page.rows
    ]
    show_table(["event at", "name", "properties"], rows)
    if page.older is not None:
        say(f"\nthere are older ones: --before {place_text(page.older)}")


def _short(properties: str) -> str:
    if properties == "{}":
        return ""
    cut = len(properties) > PROPERTIES_SHOWN
    return properties[: PROPERTIES_SHOWN - 1] + "…" if cut else properties


def _events(page: Page) -> dict[str, Any]:
    from ebbline.hosts.embedded.history import place_text  # noqa: PLC0415 - heavy

    return {
        "events": [
            {"at": iso(row.time_ms), "known": iso(row.known_ms), "type": row.type,
             "name": row.name, "message_id": row.message_id, "source": row.source,
             "properties": event.properties, "traits": event.traits, "context": event.context,
             "log_offset": row.log_offset}
            for row in page.rows for event in [row.event()]
        ],
        "older": None if page.older is None else place_text(page.older),
    }  # fmt: skip


def _kinds(plan: Plan) -> dict[str, str]:
    return {trait.name: trait.type for trait in plan.traits}


def _value(value: Any, kind: str) -> str:
    return moment(value) if kind == "timestamp" and isinstance(value, int) else value_text(value)


def _document(person: Person, kinds: dict[str, str]) -> dict[str, Any]:
    computed = {
        name: iso(value) if kinds.get(name) == "timestamp" and isinstance(value, int) else value
        for name, value in person.computed.items()
    }
    return {
        "profile": person.profile,
        "now": iso(person.now_ms),
        "identifiers": [
            {"type": link.type, "value": link.value, "first": iso(link.first_ms),
             "message_id": link.first_message_id}
            for link in person.identifiers
        ],
        "traits": {
            each.name: {"value": each.value, "at": iso(each.at_ms), "message_id": each.message_id}
            for each in person.sent
        },
        "computed": computed,
        "audiences": [
            {"audience": each.audience, "since": iso(each.since_ms), "effective": each.effective,
             "suppressed_by": each.suppressed_by or None}
            for each in person.memberships
        ],
        "next_change": iso(person.wake_ms),
    }  # fmt: skip
