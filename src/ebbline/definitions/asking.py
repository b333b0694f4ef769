"""A rule that no project holds, checked against a plan: a question rather than a definition."""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace

from ebbline.definitions.check import check_rule
from ebbline.definitions.findings import Problem
from ebbline.definitions.functions import Kind
from ebbline.definitions.kinds import of_literal
from ebbline.definitions.known import Known, planned_kind
from ebbline.definitions.naming import event_aliases
from ebbline.definitions.parse import parse_rule
from ebbline.definitions.plan import AudienceDef, Plan
from ebbline.events.names import Names

ASKED = "$asked"
"""The audience that a question makes; no project can have one of this name."""


def with_question(plan: Plan, text: str) -> tuple[Plan | None, tuple[Problem, ...]]:
    """The plan with one audience more, `ASKED`, whose rule is the text; no plan when the rule
    has errors. Problems are by character offset in the text.

    >>> from ebbline.definitions.plan import DEFAULT_IDENTIFIERS
    >>> plan, problems = with_question(Plan("shop", DEFAULT_IDENTIFIERS), "count('A') >= ")
    >>> plan, [problem.code for problem in problems]
    (None, ['syntax'])
    """
    names = Names(event_aliases(plan.tracking))
    known = known_of(plan, names)
    times = frozenset(trait.name for trait in plan.traits if trait.type == "timestamp")
    parsed = parse_rule(text, names, times, lists=known.lists)
    if parsed.tree is None:
        return None, parsed.problems
    checked = check_rule(parsed.tree, known, parsed.spans, condition=True)
    problems = (*parsed.problems, *checked.problems)
    if any(problem.severity == "error" for problem in problems):
        return None, problems
    asked = AudienceDef(ASKED, parsed.tree)
    return replace(plan, audiences=(*plan.audiences, asked)), problems


def known_of(plan: Plan, names: Names) -> Known:
    """What a rule may refer to in a checked plan."""
    planned = {name: planned_kind(rule.type) for name, rule in plan.tracking.traits.items()}
    computed = {trait.name: cast("Kind", trait.type) for trait in plan.traits}
    return Known(
        {**planned, **computed},
        frozenset(computed),
        frozenset(audience.name for audience in plan.audiences),
        frozenset(),
        {name: frozenset(map(of_literal, values)) for name, values in plan.lists.items()},
        {names.canonical(name): rule for name, rule in plan.tracking.events.items()},
        bool(plan.tracking.events) and plan.tracking.unplanned != "allow",
    )
