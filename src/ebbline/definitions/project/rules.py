"""Traits and audiences: drafts from all files, parsed and checked in dependency order.

A trait's kind is known before anything that uses it is checked, so that a text compared with
a computed timestamp is read as one.
"""

from __future__ import annotations

from typing import Literal as OneOf

from ebbline.definitions.check import check_rule
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.functions import Kind
from ebbline.definitions.known import Known
from ebbline.definitions.order import in_dependency_order
from ebbline.definitions.parse import Canonical, Parsed, parse_rule
from ebbline.definitions.project.document import Document, Scalar
from ebbline.definitions.project.options import (
    check_depth,
    check_options,
    entry_rule,
    exit_rule,
)
from ebbline.definitions.project.reading import Named, Read, read
from ebbline.definitions.project.shapes import Record
from ebbline.definitions.refresh import listed_trait, refresh_problem
from ebbline.definitions.tree import AnyNode, Trait
from ebbline.definitions.walk import audiences_used, traits_used

What = OneOf["trait", "audience"]
_RULES: dict[What, tuple[str, ...]] = {
    "trait": ("value",),
    "audience": ("when", "enter_when", "exit_when"),
}


class Part:
    """One rule of a definition on its way: where it stands, as parsed, as checked."""

    def __init__(self, rule: Scalar) -> None:
        self.rule = rule
        self.parsed: Parsed | None = None
        self.kind: Kind = "any"

    @property
    def tree(self) -> AnyNode | None:
        """The rule as written; None while it has errors."""
        return None if self.parsed is None else self.parsed.tree


class Draft:
    """One definition on its way: where it stands, its record, its rules as parsed. `tree` is
    the rule that the plan gets, `exit_tree` the one by which people leave, if it has one."""

    def __init__(self, what: What, name: str, document: Document, key: Scalar, row: Read) -> None:
        self.what = what
        self.name = name
        self.document = document
        self.key = key
        self.row = row
        self.parts = {key: Part(row.get(key)) for key in _RULES[what] if row.get(key) is not None}
        self.kind: Kind = "any"
        self.tree: AnyNode | None = None
        self.exit_tree: AnyNode | None = None

    @property
    def label(self) -> str:
        """How messages about circles call it."""
        return f"{self.what} {self.name}"

    @property
    def parent(self) -> str:
        """The audience it is and-ed with, or nothing."""
        return self.row.get("parent") or ""


def read_drafts(
    documents: list[Document], shape: Record, what: What, taken: dict[str, Draft]
) -> dict[str, Draft]:
    """The definitions of one kind; names must differ from each other and from `taken`."""
    drafts: dict[str, Draft] = {}
    for document in documents:
        made = None if document.root is None else read(document, shape, document.root)
        if made is None:
            continue
        document.root_read = made
        named: dict[str, Named] = made.get(f"{what}s") or {}
        for name, one in named.items():
            other = drafts.get(name) or taken.get(name)
            if other is not None:
                message = f'"{name}" is the name of a {other.what} in {other.document.file} already'
                document.problem(one.key, "duplicate_name", message)
            elif one.value is not None:
                drafts[name] = Draft(what, name, document, one.key, one.value)
    return drafts


def resolve(
    traits: dict[str, Draft],
    audiences: dict[str, Draft],
    known: Known,
    names: Canonical,
) -> list[Draft]:
    """Parse and check every draft; all drafts in dependency order. `known.traits` gains the
    kinds of the computed traits."""
    drafts = {draft.label: draft for draft in (*traits.values(), *audiences.values())}
    for draft in drafts.values():
        _parse(draft, names, frozenset(), known)
    uses = {label: _uses(draft, traits, audiences) for label, draft in drafts.items()}
    order, circles = in_dependency_order(uses)
    for circle in circles:
        draft = drafts[circle[0]]
        place = next((part.rule for part in draft.parts.values()), draft.key)
        message = "definitions go round in a circle: " + " -> ".join(circle)
        draft.document.problem(place, "cycle", message)
    timestamps: frozenset[str] = frozenset()
    for label in order:
        draft = drafts[label]
        if timestamps:
            _parse(draft, names, timestamps, known)
        _check(draft, known)
        if draft.what == "trait":
            known.traits[draft.name] = draft.kind
            if draft.kind == "timestamp":
                timestamps |= {draft.name}
    check_depth(audiences)
    return [drafts[label] for label in order]


def _parse(draft: Draft, names: Canonical, timestamps: frozenset[str], known: Known) -> None:
    for part in draft.parts.values():
        part.parsed = parse_rule(part.rule.text, names, timestamps, lists=known.lists)


def _uses(draft: Draft, traits: dict[str, Draft], audiences: dict[str, Draft]) -> list[str]:
    used: list[str] = []
    if draft.parent in audiences:
        used.append(audiences[draft.parent].label)
    for tree in [part.tree for part in draft.parts.values() if part.tree is not None]:
        for name in traits_used(tree):
            found = traits.get(name) or traits.get(name.split(".")[0])
            used += [found.label] if found is not None else []
        used += [audiences[name].label for name in audiences_used(tree) if name in audiences]
    return used


def _check(draft: Draft, known: Known) -> None:
    for part in draft.parts.values():
        problems = part.parsed.problems if part.parsed is not None else ()
        if part.parsed is not None and part.tree is not None:
            condition = draft.what == "audience"
            checked = check_rule(part.tree, known, part.parsed.spans, condition=condition)
            problems += checked.problems
            part.kind = checked.kind
        for problem in problems:
            draft.document.rule_problem(part.rule, problem)
    if draft.what == "audience":
        _audience(draft, known)
    elif "value" in draft.parts:
        value = draft.parts["value"]
        draft.tree, draft.kind = value.tree, value.kind


def _audience(draft: Draft, known: Known) -> None:
    """The rules by which people enter and leave, with everything that is and-ed to them."""
    enters = draft.parts.get("when") or draft.parts.get("enter_when")
    leaves = draft.parts.get("exit_when")
    if enters is not None and enters.tree is not None:
        draft.tree = entry_rule(enters.tree, draft.row)
    if draft.row.get("sql") is not None:
        draft.tree = entry_rule(Trait(listed_trait(draft.name)), draft.row)
        problem = refresh_problem(draft.row.get("refresh") or "")
        if problem:
            draft.row.problem("refresh", "bad_refresh", problem)
    if leaves is not None and leaves.tree is not None:
        draft.exit_tree = exit_rule(leaves.tree, draft.row)
    check_options(draft.row)
    _parent(draft, known)


def _parent(draft: Draft, known: Known) -> None:
    if not draft.parent or draft.parent in known.audiences:
        return
    if draft.parent in known.archived:
        message, hint = f'audience "{draft.parent}" is archived', ""
    else:
        message = f'unknown audience "{draft.parent}"'
        hint = did_you_mean(draft.parent, known.audiences)
    draft.row.problem("parent", "unknown_audience", message, hint)
