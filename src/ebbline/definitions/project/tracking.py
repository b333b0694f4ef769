"""`tracking-plan/*.yml`: events and traits that may come in, from all files together."""

from __future__ import annotations

from typing import Any

from ebbline.definitions.plan import EventRule, PropertyRule, TrackingPlan
from ebbline.definitions.project.document import Document
from ebbline.definitions.project.fields import SCHEMA_KEYWORDS, TRACKING
from ebbline.definitions.project.reading import Named, Read, read
from ebbline.events.declared import KEYWORDS


def read_tracking(documents: list[Document]) -> TrackingPlan:
    """The tracking plan; problems are noted in the documents."""
    events: dict[str, EventRule] = {}
    traits: dict[str, PropertyRule] = {}
    choices: dict[str, str] = {}
    spellings: dict[str, str] = {}
    for document in documents:
        made = None if document.root is None else read(document, TRACKING, document.root)
        if made is None:
            continue
        for name, named in _new(document, made.get("events", {}), events, "event"):
            events[name] = _event(name, named.value)
            _spellings(document, named, events[name], spellings)
        for name, named in _new(document, made.get("traits", {}), traits, "trait"):
            traits[name] = _property(named.value)
        for key in ("unplanned", "on_violation"):
            value = made.get(key)
            if value is not None and choices.setdefault(key, value) != value:
                message = f"{key} is {choices[key]} in another file"
                made.problem(key, "duplicate_key", message, "say it in one file")
    unplanned = choices.get("unplanned", "allow")
    return TrackingPlan(events, traits, unplanned, choices.get("on_violation", "allow"))


def _new(
    document: Document, named: dict[str, Named], known: dict[str, Any], what: str
) -> list[tuple[str, Named]]:
    """The definitions that are read and not yet known."""
    fresh = []
    for name, one in named.items():
        if name in known:
            message = f'{what} "{name}" is planned in another file already'
            document.problem(one.key, "duplicate_name", message)
        elif one.value is not None:
            fresh.append((name, one))
    return fresh


def _spellings(
    document: Document, named: Named, rule: EventRule, spellings: dict[str, str]
) -> None:
    for spelling in (rule.name, *rule.aliases):
        key = spelling.casefold().replace("_", " ")
        if spellings.setdefault(key, rule.name) != rule.name:
            message = f'"{spelling}" is already a name of event "{spellings[key]}"'
            document.problem(named.key, "duplicate_name", message)


def _event(name: str, made: Read) -> EventRule:
    properties: dict[str, Named] = made.get("properties", {})
    rules = {key: _property(one.value) for key, one in properties.items() if one.value is not None}
    return EventRule(name, tuple(made.get("aliases", ())), rules)


def _property(made: Read) -> PropertyRule:
    schema = {key: made.values[key] for key in SCHEMA_KEYWORDS if key in made.values}
    for key in schema.keys() - KEYWORDS.keys():
        made.not_enforced(key)
    return PropertyRule(
        made.get("type") or "any",
        made.get("required") or False,
        tuple(made.get("aliases") or ()),
        made.get("pii") or False,
        schema,
    )
