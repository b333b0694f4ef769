"""How kinds of values combine: literals, plain functions, comparisons; and the words for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import re2

from ebbline.definitions import check_events
from ebbline.definitions.findings import Severity
from ebbline.definitions.functions import FUNCTIONS, Kind
from ebbline.definitions.limits import BUCKETS_MAX, ROUND_DIGITS_MAX
from ebbline.definitions.tree import AnyNode, Call, Compare, Duration, Items, ListRef, Literal
from ebbline.definitions.versions import parse_version

if TYPE_CHECKING:
    from ebbline.definitions.check import Checker, Scope

__all__ = ["PHRASES", "Severity", "call", "comparison", "hint_for", "of_literal"]

PHRASES: dict[Kind, str] = {
    "boolean": "true or false",
    "number": "a number",
    "text": "a text",
    "timestamp": "a timestamp",
    "duration": "a length of time",
    "list": "a list",
    "null": "None",
    "any": "anything",
}
_ORDERS = ("<", "<=", ">", ">=")


def of_literal(value: object) -> Kind:
    """The kind of a literal's value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case _:
            return "text"


def hint_for(kind: Kind, wanted: tuple[Kind, ...]) -> str:
    """What to write instead, where it is plain."""
    if "boolean" in wanted and kind in ("number", "text", "timestamp", "duration"):
        return "compare it with something"
    if kind == "duration":
        return "write days_since(...) for a number"
    if kind == "timestamp" and "number" in wanted:
        return "write days_since(...) for a number"
    return ""


def call(checker: Checker, node: Call, scope: Scope) -> Kind:
    """The kind of a plain function's value; checks its arguments' kinds."""
    row = FUNCTIONS.get(node.name)
    if row is None or row.shape != "call":
        checker.problem(node, "unknown_function", f"unknown function {node.name}()")
        return "any"
    given = [
        checker.listed(arg, scope) if (node.name, place) == ("contains", 0)
        else checker.kind(arg, scope)
        for place, arg in enumerate(node.args)
    ]  # fmt: skip
    for arg, kind, wanted in zip(node.args, given, row.kinds, strict=False):
        what = " or ".join(PHRASES[one] for one in wanted)
        checker.expect(arg, kind, wanted, what)
    if row.scope == "profile" and scope is not None:
        checker.problem(node, "wrong_place", f"{node.name}() cannot be used about a single event")
    if node.name == "matches":
        _pattern(checker, node)
    if node.name in ("hour_of_day", "day_of_week"):
        _clock(checker, node)
    if node.name == "round" and len(node.args) > 1:
        _digits(checker, node.args[1])
    if node.name in _WRITTEN:
        _written(checker, node)
    if node.name in ("default", "if_"):
        return _one_of(checker, node, given[1:] if node.name == "if_" else given)
    return row.result


def _one_of(checker: Checker, node: Call, given: list[Kind]) -> Kind:
    """The kind of a function that gives one of its arguments."""
    known = [kind for kind in given if kind not in ("any", "null")]
    if "duration" in known:
        done = "defaulted" if node.name == "default" else "chosen"
        message = f"a length of time is compared, not {done}"
        checker.problem(node, "wrong_kind", message)
        return "any"
    if len(set(known)) > 1:
        message = f"the two differ: {PHRASES[known[0]]} and {PHRASES[known[1]]}"
        checker.problem(node, "wrong_kind", message)
        return "any"
    return known[0] if known and "any" not in given else "any"


def _clock(checker: Checker, node: Call) -> None:
    for arg in node.args:
        if isinstance(arg, Literal) and isinstance(arg.value, str):
            check_events.zone(checker, arg, arg.value)
        else:
            message = "zone= expects the name of a time zone in quotes"
            checker.problem(arg, "bad_zone", message, within=node)


_WRITTEN = {"version_at_least": 1, "bucket": 0, "consented": 0}
"""Functions with a text that must stand in the rule, and which argument it is."""


def _written(checker: Checker, node: Call) -> None:
    """A text, of a bucket also the number of buckets, that is written in the rule and fits."""
    found = [arg.value if isinstance(arg, Literal) else None for arg in node.args]
    text = found[_WRITTEN[node.name]] if len(found) > _WRITTEN[node.name] else None
    if not isinstance(text, str):
        message = f"{node.name}() takes a text written in the rule"
        checker.problem(node, "bad_argument", message)
    elif node.name == "version_at_least" and parse_version(text) is None:
        message = f'"{text}" is no version'
        checker.problem(node.args[1], "bad_version", message, 'write it like "2.10"', within=node)
    if node.name == "bucket":
        number = found[1] if len(found) > 1 else None
        if type(number) is not int or not 1 <= number <= BUCKETS_MAX:
            message = f"bucket() takes a whole number from 1 to {BUCKETS_MAX:,}"
            checker.problem(node.args[-1] if node.args else node, "bad_argument", message,
                            within=node)  # fmt: skip


def _pattern(checker: Checker, node: Call) -> None:
    pattern = node.args[1] if len(node.args) > 1 else None
    if not (isinstance(pattern, Literal) and isinstance(pattern.value, str)):
        checker.problem(node, "bad_pattern", "matches() takes a pattern written in the rule")
        return
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern.value, options)
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        checker.problem(pattern, "bad_pattern", f"this is no RE2 pattern: {text}", within=node)
        return
    if any(ord(character) < 32 and character not in "\t\n" for character in pattern.value):
        hint = r'write r"\b..." with an r in front of the quote'
        message = "the pattern holds a control character"
        checker.problem(pattern, "bad_pattern", message, hint, within=node, warning=True)


def _digits(checker: Checker, digits: AnyNode) -> None:
    whole = isinstance(digits, Literal) and type(digits.value) is int
    if not whole or not 0 <= digits.value <= ROUND_DIGITS_MAX:  # type: ignore[union-attr,operator]
        message = f"digits must be a whole number from 0 to {ROUND_DIGITS_MAX}"
        checker.problem(digits, "bad_argument", message)


def comparison(checker: Checker, node: Compare, left: Kind, right: Kind) -> None:
    """Note what makes a comparison null for everybody."""
    if "null" in (left, right):
        message = "a comparison with None is never true"
        checker.problem(node, "always_null", message, "write is None or is not None")
    elif "duration" in (left, right):
        _durations(checker, node, left, right)
    elif node.op in ("in", "not in"):
        _membership(checker, node, left, right)
    elif "any" in (left, right) and not {left, right} & {"boolean", "list"}:
        return
    elif node.op in _ORDERS and {left, right} & {"boolean", "list"}:
        which = left if left in ("boolean", "list") else right
        message = f"{PHRASES[which]} has no order, {node.op} is never true"
        checker.problem(node, "wrong_kind", message)
    elif "any" not in (left, right) and left != right:
        message = f"compares {PHRASES[left]} with {PHRASES[right]}, which is never true"
        checker.problem(node, "wrong_kind", message, _quote_hint(node, left, right))


def _quote_hint(node: Compare, left: Kind, right: Kind) -> str:
    texts = [side.value for side in (node.left, node.right) if isinstance(side, Literal)]
    if {left, right} == {"number", "text"} and texts and isinstance(texts[0], str):
        bare = texts[0].removeprefix("-").replace(".", "", 1)
        return f"write {texts[0]} without quotes" if bare.isdecimal() else ""
    if {left, right} == {"timestamp", "text"}:
        return 'write timestamp("2026-01-31")'
    return "write days_since(...) for a number" if "timestamp" in (left, right) else ""


def _durations(checker: Checker, node: Compare, left: Kind, right: Kind) -> None:
    written = isinstance(node.left, Duration) != isinstance(node.right, Duration)
    if left == right and written and node.op not in ("in", "not in"):
        return
    message = "a length of time is compared with a duration in quotes"
    checker.problem(node, "wrong_kind", message, 'such as "30d"')


def _membership(checker: Checker, node: Compare, left: Kind, right: Kind) -> None:
    checker.expect(node.right, right, ("list",), "a list")
    if left == "list":
        message = "in looks for one value in a list"
        checker.problem(node.left, "wrong_kind", message, "write contains(list, value)")
        return
    if isinstance(node.right, Items):
        items = node.right.items
        held = frozenset(of_literal(item.value) for item in items if isinstance(item, Literal))
    elif isinstance(node.right, ListRef):
        held = checker.known.lists.get(node.right.name, frozenset())
    else:
        return
    if left != "any" and held and left not in held:
        message = f"looks for {PHRASES[left]} among other kinds, which is never true"
        numbers = isinstance(node.right, ListRef) and left == "text" and held == {"number"}
        hint = "under the heading text, a file's values are texts" if numbers else ""
        checker.problem(node, "wrong_kind", message, hint)
