"""What a template of the body or of a header can name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ebbline.connectors.instants import iso
from ebbline.delivery import Address, Value
from ebbline.delivery.feeds import AUDIENCE, ERASE

OF_A_CHANGE = ("audience", "member", "trait", "value", "change")
OF_ITS_INSTANT = ("version", "timestamp")
EVERYWHERE = ("person", "destination")
OF_A_PERSON = ("changes", "values")

IN_HEADERS = (*EVERYWHERE, *OF_A_CHANGE)
IN_BODIES = (*EVERYWHERE, *OF_A_CHANGE, *OF_ITS_INSTANT)
IN_PERSONS_BODIES = (*EVERYWHERE, *OF_A_PERSON)


def of_change(field: str, kind: str, held: Any) -> dict[str, Any]:
    """What a change is, whoever's and whenever; what does not apply is null."""
    found = dict.fromkeys(OF_A_CHANGE)
    if field == ERASE:
        return found | {"change": "erased"}
    if kind == AUDIENCE:
        word = "entered" if held else "exited"
        return found | {"audience": field, "member": bool(held), "change": word}
    return found | {"trait": field, "value": plain(kind, held), "change": "changed"}


def of_place(person: Address, destination: str) -> dict[str, Any]:
    """Whom a request is about, and which destination it goes to."""
    return {"person": {"type": person.kind, "value": person.value}, "destination": destination}


def of_value(value: Value) -> dict[str, Any]:
    """A change with its version and its instant."""
    found = of_change(value.key, value.kind, value.value)
    return found | {"version": value.version, "timestamp": iso(value.at_ms)}


def of_person(values: Sequence[Value]) -> dict[str, Any]:
    """All that is told of somebody at once: single changes, and the newest value by name."""
    newest = {
        value.key: bool(value.value) if value.kind == AUDIENCE else plain(value.kind, value.value)
        for value in values
    }
    return {"changes": [of_value(value) for value in values], "values": newest}


def plain(kind: str, held: Any) -> Any:
    """A timestamp as ISO 8601 text; everything else as it is."""
    return iso(held) if kind == "timestamp" and type(held) is int else held
