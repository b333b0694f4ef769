"""Traits and audiences: drafts from all files, parsed and checked in dependency order.

A trait's kind is known before anything that uses it is checked, so that a text compared with
a computed timestamp is read as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from typing import Literal as OneOf

from ebbline.definitions.check import check_rule
from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.functions import Kind
from ebbline.definitions.known import Known
from ebbline.definitions.order import in_dependency_order
from ebbline.definitions.parse import Canonical, Parsed, parse_rule
from ebbline.definitions.project.document import Document, Scalar
from ebbline.definitions.project.reading import Named, Read, read
from ebbline.definitions.project.shapes import Record
from ebbline.definitions.tree import And, AnyNode, AudienceRef, Compare, Items, Literal, Trait
from ebbline.definitions.walk import audiences_used, rewrite, traits_used

What = OneOf["trait", "audience"]


class Draft:
    """One definition on its way: where it stands, its record, its rule as parsed."""

    def __init__(self, what: What, name: str, document: Document, key: Scalar, row: Read) -> None:
        self.what = what
        self.name = name
        self.document = document
        self.key = key
        self.row = row
        self.rule: Scalar | None = row.get("value" if what == "trait" else "when")
        self.parsed: Parsed | None = None
        self.kind: Kind = "any"
        self.tree: AnyNode | None = None

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
    lists: Mapping[str, tuple[Any, ...]],
) -> list[Draft]:
    """Parse and check every draft; all drafts in dependency order. `known.traits` gains the
    kinds of the computed traits."""
    drafts = {draft.label: draft for draft in (*traits.values(), *audiences.values())}
    for draft in drafts.values():
        draft.parsed = _parse(draft, names, frozenset())
    uses = {label: _uses(draft, traits, audiences) for label, draft in drafts.items()}
    order, circles = in_dependency_order(uses)
    for circle in circles:
        draft = drafts[circle[0]]
        place = draft.rule or draft.key
        message = "definitions go round in a circle: " + " -> ".join(circle)
        draft.document.problem(place, "cycle", message)
    timestamps: frozenset[str] = frozenset()
    for label in order:
        draft = drafts[label]
        if timestamps and draft.parsed is not None and draft.parsed.tree is not None:
            draft.parsed = _parse(draft, names, timestamps)
        _check(draft, known, lists)
        if draft.what == "trait":
            known.traits[draft.name] = draft.kind
            if draft.kind == "timestamp":
                timestamps |= {draft.name}
    return [drafts[label] for label in order]


def _parse(draft: Draft, names: Canonical, timestamps: frozenset[str]) -> Parsed | None:
    return None if draft.rule is None else parse_rule(draft.rule.text, names, timestamps)


def _uses(draft: Draft, traits: dict[str, Draft], audiences: dict[str, Draft]) -> list[str]:
    used: list[str] = []
    if draft.parent in audiences:
        used.append(audiences[draft.parent].label)
    if draft.parsed is None or draft.parsed.tree is None:
        return used
    for name in traits_used(draft.parsed.tree):
        found = traits.get(name) or traits.get(name.split(".")[0])
        used += [found.label] if found is not None else []
    for name in audiences_used(draft.parsed.tree):
        used += [audiences[name].label] if name in audiences else []
    return used


def _check(draft: Draft, known: Known, lists: Mapping[str, tuple[Any, ...]]) -> None:
    if draft.parsed is None or draft.rule is None:
        return
    problems = draft.parsed.problems
    if draft.parsed.tree is not None:
        condition = draft.what == "audience"
        checked = check_rule(draft.parsed.tree, known, draft.parsed.spans, condition=condition)
        problems += checked.problems
        draft.kind = checked.kind
        draft.tree = _with_lists(draft.parsed.tree, known, lists)
    for problem in problems:
        draft.document.rule_problem(draft.rule, problem)
    if draft.parent and draft.tree is not None:
        draft.tree = And((AudienceRef(draft.parent), draft.tree))
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


def _with_lists(tree: AnyNode, known: Known, lists: Mapping[str, tuple[Any, ...]]) -> AnyNode:
    """The tree with named lists written out, so that a plan needs nothing beside its rules."""

    def write_out(node: Any) -> Any:
        named = isinstance(node, Compare) and isinstance(node.right, Trait)
        if not named or node.op not in ("in", "not in"):
            return node
        name = node.right.name
        if name not in lists or name in known.traits:
            return node
        items = tuple(Literal(value) for value in lists[name])
        return Compare(node.op, node.left, Items(items))

    written: AnyNode = rewrite(tree, write_out)
    return written
