"""Rule text to tree: the expression grammar of Python, a listed part of it, nothing evaluated.

Never raises on any text. Kinds, unknown names and windows are judged later, by `check`.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Collection
from typing import Literal as OneOf
from typing import Protocol, TypeVar

import msgspec

from ebbline.definitions import arguments
from ebbline.definitions.durations import parse_duration
from ebbline.definitions.findings import Finding, Problem, locate
from ebbline.definitions.limits import NAME_LENGTH_MAX, RULE_DEPTH_MAX, RULE_NODES_MAX
from ebbline.definitions.moments import parse_moment
from ebbline.definitions.operators import ARITHMETIC, COMPARISONS, refusal
from ebbline.definitions.reading import reading_beside
from ebbline.definitions.scan import scan
from ebbline.definitions.tree import (
    And,
    AnyNode,
    Arith,
    Compare,
    Duration,
    IsNull,
    Items,
    ListRef,
    Literal,
    Moment,
    Not,
    Or,
    Property,
    Trait,
)

Scope = OneOf["profile", "event"]
Span = tuple[int, int]
_T = TypeVar("_T")
_S = TypeVar("_S", bound=msgspec.Struct)

RESERVED = {
    "true": "True", "TRUE": "True", "false": "False", "FALSE": "False",
    "null": "None", "NULL": "None", "none": "None", "nil": "None", "undefined": "None",
    "AND": "and", "OR": "or", "NOT": "not", "IN": "in",
}  # fmt: skip
_INT64 = 2**63


class Canonical(Protocol):
    """What turns an event name into its canonical spelling (`events.names.Names`)."""

    def canonical(self, name: str) -> str:
        """The canonical spelling; applying it twice changes nothing."""


class AsWritten:
    """Names stay as they are written."""

    def canonical(self, name: str) -> str:
        """The name itself."""
        return name


class Parsed(msgspec.Struct, frozen=True):
    """A rule's tree (None when it has errors), its problems by character offset, and where
    each node stands in the text: `spans[id(node)]`, valid as long as the tree is held."""

    text: str
    tree: AnyNode | None
    problems: tuple[Problem, ...]
    spans: dict[int, Span]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The problems with line and column inside the rule's own text."""
        return tuple(locate(problem, "", self.text) for problem in self.problems)


def parse_rule(
    text: str,
    names: Canonical | None = None,
    timestamps: frozenset[str] = frozenset(),
    scope: Scope = "profile",
    lists: Collection[str] = (),
) -> Parsed:
    """The tree of a rule.

    `names` canonicalises event names; `timestamps` names the computed traits known to hold
    timestamps, so that a text compared with one is read as a moment; `lists` names the
    project's lists, which stand after `in` by their bare name.

    >>> parse_rule("lead_score > 80").tree
    Compare(op='>', left=Trait(name='lead_score'), right=Literal(value=80))
    """
    prepared, problems = scan(text)
    if problems:
        return Parsed(text, None, problems, {})
    lead = len(prepared) - len(prepared.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # "\d" in a pattern is not worth a warning
            body = ast.parse(prepared.strip(), mode="eval").body
    except SyntaxError as error:
        return Parsed(text, None, (_syntax(error, prepared.strip(), lead),), {})
    except (RecursionError, MemoryError):
        problem = Problem(lead, 1, "too_deep", "the rule is nested too deeply")
        return Parsed(text, None, (problem,), {})
    except ValueError:
        problem = Problem(lead, 1, "bad_text", "the rule holds characters that are no text")
        return Parsed(text, None, (problem,), {})
    walk = Walk(prepared.strip(), lead, names or AsWritten(), timestamps, lists)
    tree = walk.expression(body, scope, 1)
    failed = any(problem.severity == "error" for problem in walk.problems)
    return Parsed(text, None if failed else tree, tuple(walk.problems), walk.spans)


def _syntax(error: SyntaxError, prepared: str, lead: int) -> Problem:
    if not error.offset:  # the parser came to the end and wanted more
        return Problem(lead + len(prepared) - 1, 1, "syntax", "the rule goes on after this")
    start = min(max((error.offset or 1) - 1, 0), max(len(prepared) - 1, 0))
    rest = prepared[start:]
    hint = ""
    if rest.startswith("=") or "==" in (error.msg or ""):
        hint = "write == to compare"
    word = rest.split(" ")[0]
    if word in RESERVED:
        hint = f"write {RESERVED[word]}"
    message = "this is not an expression" if start else "this is not a rule"
    said = error.msg or ""
    if "unterminated string" in said:
        message = "the text is never closed with its quote"
    elif "forgot a comma" in said:
        hint = hint or "is a comma missing between these?"
    elif "decimal literal" in said:
        hint = 'write a duration in quotes, like "24h"'
    end = start + max(1, (error.end_offset or 0) - (error.offset or 0))
    return Problem(lead + start, min(end, len(prepared)) - start, "syntax", message, hint)


class Walk:
    """One pass over Python's syntax tree; collects problems and goes on."""

    def __init__(
        self, text: str, lead: int, names: Canonical, timestamps: frozenset[str],
        lists: Collection[str],
    ) -> None:  # fmt: skip
        self.names = names
        self.timestamps = timestamps
        self.lists = lists
        self.problems: list[Problem] = []
        self.spans: dict[int, Span] = {}
        self._kept: list[msgspec.Struct] = []  # while all live, no `id` is used twice
        self._lead = lead
        self._bytes = text.encode()
        self._plain = len(self._bytes) == len(text)  # byte and character offsets agree
        self._count = 0

    def expression(self, node: ast.expr, scope: Scope, depth: int) -> AnyNode | None:
        """The tree of one expression, or None after noting why there is none."""
        self._count += 1
        if self._count == RULE_NODES_MAX + 1:
            message = f"the rule has more than {RULE_NODES_MAX} parts"
            self.refuse(node, "too_many_nodes", message)
        if depth == RULE_DEPTH_MAX + 1:
            message = f"the rule is nested deeper than {RULE_DEPTH_MAX}"
            self.refuse(node, "too_deep", message)
        if self._count > RULE_NODES_MAX or depth > RULE_DEPTH_MAX:
            return None
        tree = self._dispatch(node, scope, depth)
        return None if tree is None else self.placed(tree, node)

    def _dispatch(self, node: ast.expr, scope: Scope, depth: int) -> AnyNode | None:
        match node:
            case ast.Constant():
                return self._literal(node, node.value)
            case ast.Name() | ast.Attribute():
                return self._name(node, scope)
            case ast.BoolOp():
                return self._boolean(node, scope, depth)
            case ast.UnaryOp():
                return self._unary(node, scope, depth)
            case ast.Compare():
                return self._compare(node, scope, depth)
            case ast.BinOp() if type(node.op) in ARITHMETIC:
                left = self.expression(node.left, scope, depth + 1)
                right = self.expression(node.right, scope, depth + 1)
                if left is None or right is None:
                    return None
                return Arith(ARITHMETIC[type(node.op)], left, right)
            case ast.List() | ast.Tuple():
                return self._items(node, scope, depth)
            case ast.Call():
                return arguments.call(self, node, scope, depth)
            case _:
                message, hint = refusal(node)
                return self.refuse(node, "not_in_language", message, hint)

    def _literal(self, node: ast.expr, value: object) -> Literal | None:
        match value:
            case None | bool():
                return Literal(value)
            case int():
                if -_INT64 <= value < _INT64:
                    return Literal(value)
                return self.refuse(node, "bad_number", "the number needs more than 64 bits")
            case float() if math.isfinite(value):
                return Literal(value)
            case float():
                return self.refuse(node, "bad_number", "the number is too large")
            case str():
                try:
                    value.encode()
                except UnicodeEncodeError:
                    return self.refuse(node, "bad_text", "half a character is no text")
                return Literal(value)
            case _:
                message, hint = refusal(node)
                return self.refuse(node, "not_in_language", message, hint)

    def _name(self, node: ast.Name | ast.Attribute, scope: Scope) -> AnyNode | None:
        path = self.path(node)
        if path is None:
            return None
        return Property(path) if scope == "event" else Trait(path)

    def path(self, node: ast.expr) -> str | None:
        """The dotted name an expression consists of, or None after noting that it is none."""
        parts: list[str] = []
        inner = node
        while isinstance(inner, ast.Attribute) and len(parts) < RULE_DEPTH_MAX:
            parts.append(inner.attr)
            inner = inner.value
        if not isinstance(inner, ast.Name):
            return self.refuse(node, "not_a_name", "a name was expected here")
        parts.append(inner.id)
        if len(parts) == 1 and inner.id in RESERVED:
            meant = RESERVED[inner.id]
            return self.refuse(node, "unknown_word", f"{inner.id} is no word", f"write {meant}")
        path = ".".join(reversed(parts))
        if len(path) > NAME_LENGTH_MAX:
            message = f"the name is longer than {NAME_LENGTH_MAX} characters"
            return self.refuse(node, "name_too_long", message)
        return path

    def _boolean(self, node: ast.BoolOp, scope: Scope, depth: int) -> AnyNode | None:
        items = [self.expression(value, scope, depth + 1) for value in node.values]
        whole = tuple(item for item in items if item is not None)
        if len(whole) != len(items):
            return None
        return And(whole) if isinstance(node.op, ast.And) else Or(whole)

    def _unary(self, node: ast.UnaryOp, scope: Scope, depth: int) -> AnyNode | None:
        if isinstance(node.op, ast.Invert):
            return self.refuse(node, "not_in_language", "~ is not part of rules", "write not")
        inner = node.operand
        if isinstance(inner, ast.Constant) and type(inner.value) in (int, float):
            negative = isinstance(node.op, ast.USub)
            if isinstance(node.op, ast.Not):
                return self._negate(inner, scope, depth)
            assert isinstance(inner.value, int | float)
            return self._literal(node, -inner.value if negative else inner.value)
        if isinstance(node.op, ast.Not):
            return self._negate(inner, scope, depth)
        item = self.expression(inner, scope, depth + 1)
        if item is None or isinstance(node.op, ast.UAdd):
            return item
        if isinstance(item, Literal) and type(item.value) in (int, float):
            assert isinstance(item.value, int | float)
            return self._literal(node, -item.value)
        return Arith("-", Literal(0), item)

    def _negate(self, inner: ast.expr, scope: Scope, depth: int) -> AnyNode | None:
        item = self.expression(inner, scope, depth + 1)
        return None if item is None else Not(item)

    def _compare(self, node: ast.Compare, scope: Scope, depth: int) -> AnyNode | None:
        sides = [node.left, *node.comparators]
        trees = [self.expression(side, scope, depth + 1) for side in sides]
        links: list[AnyNode | None] = []
        for at, operator in enumerate(node.ops):
            left, right = trees[at], trees[at + 1]
            if left is None or right is None:
                links.append(None)
                continue
            link = self._link(operator, left, right, (sides[at], sides[at + 1]))
            if link is not None:
                self.spans[id(link)] = (self.span(sides[at])[0], self.span(sides[at + 1])[1])
                self._kept.append(link)
            links.append(link)
        whole = tuple(link for link in links if link is not None)
        if len(whole) != len(links):
            return None
        return whole[0] if len(whole) == 1 else And(whole)

    def _link(
        self, operator: ast.cmpop, left: AnyNode, right: AnyNode, sides: tuple[ast.expr, ast.expr]
    ) -> AnyNode | None:
        if isinstance(operator, ast.Is | ast.IsNot):
            if right != Literal(None) or not isinstance(right, Literal):
                return self.refuse(sides[1], "bad_is", "is tests for None only", "write ==")
            return IsNull(left) if isinstance(operator, ast.Is) else Not(IsNull(left))
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(right, Literal):
            message = "in expects a list or a trait that holds one"
            hint = 'write contains(text, "part")' if isinstance(right.value, str) else ""
            return self.refuse(sides[1], "bad_in", message, hint)
        if isinstance(operator, ast.In | ast.NotIn):
            right = self.listed(right)
        first = self.reread(left, right, sides[0])
        second = self.reread(right, left, sides[1])
        if first is None or second is None:
            return None
        return Compare(COMPARISONS[type(operator)], first, second)

    def listed(self, tree: AnyNode) -> AnyNode:
        """A bare name as the list of that name, where there is one; anything else as it is."""
        name = tree.name if isinstance(tree, Trait) else getattr(tree, "path", None)
        if name is None or name not in self.lists:
            return tree
        made = ListRef(name)
        self.spans[id(made)] = self.spans[id(tree)]
        self._kept.append(made)
        return made

    def reread(self, side: AnyNode, other: AnyNode, node: ast.expr) -> AnyNode | None:
        """A text literal as what it is beside `other`: duration, timestamp or plain text."""
        reading = reading_beside(other, self.timestamps)
        if reading == "duration":
            return self.as_duration(side, node)
        return self.as_moment(side, node) if reading == "timestamp" else side

    def as_duration(self, side: AnyNode, node: ast.expr) -> AnyNode | None:
        """A text literal as a duration; anything else as it is."""
        if not (isinstance(side, Literal) and isinstance(side.value, str)):
            return side
        ms = parse_duration(side.value)
        if ms is None:
            message = f'"{side.value}" is no duration'
            return self.refuse(node, "bad_duration", message, 'write it like "24h" or "1d12h"')
        return self.placed(Duration(ms), node)

    def as_moment(self, side: AnyNode, node: ast.expr) -> AnyNode | None:
        """A text literal as a timestamp; anything else as it is."""
        if not (isinstance(side, Literal) and isinstance(side.value, str)):
            return side
        ms = parse_moment(side.value)
        if ms is None:
            message = f'"{side.value}" is no timestamp'
            hint = 'write it like "2026-01-31" or "2026-01-31T10:00:00Z"'
            return self.refuse(node, "bad_timestamp", message, hint)
        return self.placed(Moment(ms), node)

    def _items(self, node: ast.List | ast.Tuple, scope: Scope, depth: int) -> AnyNode | None:
        items: list[AnyNode] = []
        for element in node.elts:
            item = self.expression(element, scope, depth + 1)
            if item is None:
                continue
            if not isinstance(item, Literal):
                self.refuse(element, "bad_list", "a list holds texts, numbers, True and False")
                continue
            items.append(item)
        return Items(tuple(items)) if len(items) == len(node.elts) else None

    def placed(self, tree: _S, node: ast.expr) -> _S:
        """`tree`, remembered to stand where `node` does."""
        self.spans[id(tree)] = self.span(node)
        self._kept.append(tree)
        return tree

    def span(self, node: ast.expr | ast.keyword) -> Span:
        """Start and end of a syntax node as character offsets into the rule's text."""
        start, end = node.col_offset, node.end_col_offset or node.col_offset + 1
        if not self._plain:
            start = len(self._bytes[:start].decode(errors="ignore"))
            end = len(self._bytes[:end].decode(errors="ignore"))
        return start + self._lead, end + self._lead

    def refuse(
        self, node: ast.expr | ast.keyword, code: str, message: str, hint: str = ""
    ) -> _T | None:
        """Note a problem at a syntax node; always None, so that callers can return it."""
        start, end = self.span(node)
        self.problems.append(Problem(start, end - start, code, message, hint))
        return None
