"""Whether a rule makes sense: kinds, names, windows and thresholds, over the tree alone.

Finds every problem of the rule, not the first; never changes the tree. How kinds combine is
in `kinds`, event sets and windows are in `check_events`.
"""

from __future__ import annotations

import msgspec

from ebbline.definitions import check_events, kinds
from ebbline.definitions.findings import Problem, did_you_mean
from ebbline.definitions.functions import Kind
from ebbline.definitions.known import ALWAYS_TRAITS, Known, planned_kind
from ebbline.definitions.limits import RULE_DEPTH_MAX, RULE_NODES_MAX
from ebbline.definitions.plan import EventRule
from ebbline.definitions.tree import (
    Aggregate,
    And,
    AnyNode,
    Arith,
    AudienceRef,
    Call,
    Compare,
    Duration,
    IsNull,
    Items,
    LastN,
    ListRef,
    Literal,
    Matched,
    Missed,
    Moment,
    Not,
    Or,
    Property,
    Score,
    Sequence,
    Trait,
)
from ebbline.definitions.walk import size

Scope = tuple[EventRule, ...] | None  # planned events at hand, or None: the profile


class Checked(msgspec.Struct, frozen=True):
    """The kind of a rule's value, and its problems."""

    kind: Kind
    problems: tuple[Problem, ...]


def check_rule(
    tree: AnyNode,
    known: Known,
    spans: dict[int, tuple[int, int]] | None = None,
    *,
    condition: bool = False,
) -> Checked:
    """Check a rule; `spans` is `Parsed.spans`; `condition`: it must be true or false."""
    count, depth = size(tree)
    if count > 4 * RULE_NODES_MAX or depth > 4 * RULE_DEPTH_MAX:
        # Trees from text are limited by `parse`; this guards those that came as JSON.
        return Checked("any", (Problem(0, 1, "too_many_nodes", "the rule is too large"),))
    checker = Checker(known, spans or {})
    kind = checker.kind(tree, None)
    if condition:
        checker.expect(tree, kind, ("boolean",), "a condition")
    elif kind == "duration":
        hint = "write days_since(...) for a number"
        checker.problem(tree, "wrong_kind", "a length of time changes all the time", hint)
    return Checked(kind, tuple(checker.problems))


class Checker:
    """One pass over one rule."""

    def __init__(self, known: Known, spans: dict[int, tuple[int, int]]) -> None:
        self.known = known
        self.problems: list[Problem] = []
        self._spans = spans

    def problem(
        self, at: msgspec.Struct, code: str, message: str, hint: str = "",
        *, within: msgspec.Struct | None = None, warning: bool = False,
    ) -> None:  # fmt: skip
        """Note a problem at a node, or at `within` when the node has no place of its own."""
        span = self._spans.get(id(at))
        if span is None and within is not None:
            span = self._spans.get(id(within))
        start, end = span or (0, 1)
        severity: kinds.Severity = "warning" if warning else "error"
        self.problems.append(Problem(start, end - start, code, message, hint, severity))

    def expect(self, node: AnyNode, kind: Kind, wanted: tuple[Kind, ...], what: str) -> None:
        """Note a problem when `kind` can never be one of `wanted`."""
        if kind == "any" or kind in wanted:
            return
        hint = kinds.hint_for(kind, wanted)
        message = f"{what} is expected here, this is {kinds.PHRASES[kind]}"
        self.problem(node, "wrong_kind", message, hint)

    def kind(self, node: AnyNode, scope: Scope) -> Kind:
        """The kind of a node's value, noting its problems on the way."""
        match node:
            case Literal(value=value):
                return kinds.of_literal(value)
            case Duration():
                return "duration"
            case Moment():
                return "timestamp"
            case Items():
                return "list"
            case Trait():
                return self._trait(node, scope)
            case Property():
                return self._property(node, scope)
            case Not(item=item):
                self.expect(item, self.kind(item, scope), ("boolean",), "a condition")
                return "boolean"
            case And(items=items) | Or(items=items):
                for item in items:
                    self.expect(item, self.kind(item, scope), ("boolean",), "a condition")
                return "boolean"
            case IsNull(item=item):
                self.kind(item, scope)
                return "boolean"
            case Compare():
                return self._compare(node, scope)
            case Arith(left=left, right=right):
                for side in (left, right):
                    self.expect(side, self.kind(side, scope), ("number",), "a number")
                return "number"
            case ListRef():
                message = f"the list {node.name} stands after in and in contains(...)"
                self.problem(node, "wrong_place", message)
                return "list"
            case Call():
                return kinds.call(self, node, scope)
            case AudienceRef():
                return self._audience(node)
            case Aggregate() | LastN() | Matched() | Missed() | Sequence() | Score():
                return check_events.check(self, node)

    def _compare(self, node: Compare, scope: Scope) -> Kind:
        left = self.kind(node.left, scope)
        searched = node.op in ("in", "not in")
        right = self.listed(node.right, scope) if searched else self.kind(node.right, scope)
        kinds.comparison(self, node, left, right)
        check_events.threshold(self, node)
        return "boolean"

    def listed(self, node: AnyNode, scope: Scope) -> Kind:
        """The kind of a node where a list of the project may stand."""
        if not isinstance(node, ListRef):
            name = node.name if isinstance(node, Trait) else getattr(node, "path", "")
            hint = did_you_mean(name, self.known.lists, quoted=False)
            if hint and name not in self.known.traits:
                message = f"{name} is no list of the project"
                self.problem(node, "unknown_list", message, hint, warning=True)
            return self.kind(node, scope)
        if node.name not in self.known.lists:
            hint = did_you_mean(node.name, self.known.lists, quoted=False)
            self.problem(node, "unknown_list", f"unknown list {node.name}", hint)
        return "list"

    def _trait(self, node: Trait, scope: Scope) -> Kind:
        traits = self.known.traits
        if scope is not None:
            message = "traits cannot be read about a single event"
            self.problem(node, "wrong_place", message)
            return "any"
        if node.name in traits:
            return traits[node.name]
        if node.name in ALWAYS_TRAITS:
            return ALWAYS_TRAITS[node.name]
        if node.name in self.known.lists:
            message = f"{node.name} is a list: it stands after in and in contains(...)"
            self.problem(node, "wrong_kind", message)
        elif node.name.split(".")[0] not in (*traits, *ALWAYS_TRAITS):
            hint = did_you_mean(node.name, traits, quoted=False)
            if hint:
                message = f"unknown trait {node.name}"
                self.problem(node, "unknown_trait", message, hint, warning=True)
        return "any"

    def _property(self, node: Property, scope: Scope) -> Kind:
        if scope is None:
            message = "properties are read only about a single event, as in where="
            self.problem(node, "wrong_place", message)
            return "any"
        if node.path.startswith("context.") or not scope:
            return "any"
        found = [rule.properties[node.path] for rule in scope if node.path in rule.properties]
        if found:
            types = {planned_kind(rule.type) for rule in found}
            return types.pop() if len(types) == 1 and len(found) == len(scope) else "any"
        self._near_property(node, scope)
        return "any"

    def _near_property(self, node: Property, scope: tuple[EventRule, ...]) -> None:
        declared = [name for rule in scope for name in rule.properties]
        aliases = {
            alias: name
            for rule in scope
            for name, property_ in rule.properties.items()
            for alias in property_.aliases
        }
        if node.path in aliases:
            message = f"{node.path} is an alias, events hold it as {aliases[node.path]}"
            hint = f"write {aliases[node.path]}"
            self.problem(node, "unknown_property", message, hint, warning=True)
            return
        hint = did_you_mean(node.path, declared, quoted=False)
        if hint and "." not in node.path:
            message = f"unknown property {node.path}"
            self.problem(node, "unknown_property", message, hint, warning=True)

    def _audience(self, node: AudienceRef) -> Kind:
        if node.name in self.known.archived:
            self.problem(node, "archived_audience", f'audience "{node.name}" is archived')
        elif node.name not in self.known.audiences:
            hint = did_you_mean(node.name, self.known.audiences)
            self.problem(node, "unknown_audience", f'unknown audience "{node.name}"', hint)
        return "boolean"
