"""The parser of one project: its event names and what its tracking plan says."""

from __future__ import annotations

from typing import cast

from ebbline.definitions import event_aliases
from ebbline.definitions.plan import Plan, PropertyRule
from ebbline.events.declared import Declared
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.planned import Choice, Planned, Rules


def parser_for(plan: Plan) -> Parser:
    """A parser that reads events as the project names and declares them."""
    names, tracking = Names(event_aliases(plan.tracking)), plan.tracking
    if not tracking.events and not tracking.traits:
        return Parser(names)
    rules = Rules(
        {event.name: _declared(event.properties) for event in tracking.events.values()},
        _declared(tracking.traits),
        cast("Choice", tracking.unplanned),
        cast("Choice", tracking.on_violation),
        frozenset(identifier.type for identifier in plan.identifiers),
    )
    return Parser(names, Planned(rules, names))


def _declared(rules: dict[str, PropertyRule]) -> dict[str, Declared]:
    """The definitions' words as the parser's; the two rooms share no type."""
    return {
        name: Declared(rule.type, rule.required, rule.aliases, rule.pii, rule.schema)
        for name, rule in rules.items()
    }
