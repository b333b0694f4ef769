"""Golden cases of the rule language: a rule as a person writes it, and what becomes of it.

A case is the rule (lines beginning with `> `), then its printed text (`= `), its sentence
(`~ `) and its tree as JSON, or else its findings, as they are shown. Checked against a small
fixed project.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ebbline.definitions import Known, check_rule, parse_rule, print_rule, render, sentence
from ebbline.definitions.findings import locate
from ebbline.definitions.plan import EventRule, PropertyRule
from ebbline.events.names import Names

FOLDER = Path(__file__).parent
VIEWED = {"product_id": PropertyRule("string"), "price": PropertyRule("number")}
PAGE = {"path": PropertyRule("string"), "title": PropertyRule("string")}
KNOWN = Known(
    traits={
        "lead_score": "number",
        "is_customer": "boolean",
        "plan": "text",
        "joined": "timestamp",
    },
    computed=frozenset({"lead_score", "joined"}),
    audiences=frozenset({"vip", "churn_risk"}),
    archived=frozenset({"old_vip"}),
    lists={"gold_ids": frozenset({"text"})},
    events={
        "Product Viewed": EventRule("Product Viewed", (), VIEWED),
        "Page Viewed": EventRule("Page Viewed", (), PAGE),
        "Product Added": EventRule("Product Added"),
        "Order Completed": EventRule("Order Completed"),
    },
    closed=True,
)


def rules(file: Path) -> Iterator[str]:
    """The rules of a golden file."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        lines = [line[2:] for line in block.splitlines() if line.startswith("> ")]
        if lines:
            yield "\n".join(lines)


def outcome(rule: str) -> str:
    """A case as it must stand in the file."""
    said = "\n".join(f"> {line}" for line in rule.splitlines())
    timestamps = frozenset(name for name, kind in KNOWN.traits.items() if kind == "timestamp")
    parsed = parse_rule(rule, Names({}), timestamps, lists=KNOWN.lists)
    problems = parsed.problems
    if parsed.tree is not None:
        problems += check_rule(parsed.tree, KNOWN, parsed.spans).problems
    if problems or parsed.tree is None:
        found = "\n".join(render(locate(problem, "", rule)) for problem in problems)
        return f"{said}\n{found}"
    tree = msgspec.json.encode(parsed.tree).decode()
    text = print_rule(parsed.tree, timestamps)
    return f"{said}\n= {text}\n~ {sentence(parsed.tree)}\n{tree}"
