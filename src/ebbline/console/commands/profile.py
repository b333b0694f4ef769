"""`ebbline profile`: one person: identifiers, traits, audiences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ebbline.console.commands.looking import AtOption, UserArgument, looking
from ebbline.console.output import iso, moment, paint, show, show_json, show_table, value_text
from ebbline.console.place import DataOption, JsonOption, Place, ProjectOption, instant

if TYPE_CHECKING:
    from ebbline.definitions import Plan
    from ebbline.hosts.embedded.reading import Person


def profile(
    user: UserArgument,
    at: AtOption = None,
    project: ProjectOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one person: identifiers and their first events, traits, audiences."""
    with looking(Place(project, data), instant(at, "--at")) as (reader, now_ms):
        person = reader.person(reader.find(user), now_ms)
        kinds = _kinds(reader.plan())
        if as_json:
            show_json(_document(person, kinds))
            return
        _show_identifiers(person)
        _show_traits(person, kinds)
        _show_audiences(person)


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
