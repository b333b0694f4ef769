"""Function calls of a rule: the arguments bound to a function's parameters, each read as its
parameter's kind, and the node they make (see `build`)."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from ebbline.definitions.build import build
from ebbline.definitions.durations import parse_duration
from ebbline.definitions.findings import did_you_mean, nearest
from ebbline.definitions.functions import FUNCTIONS, Function, Param
from ebbline.definitions.limits import NAME_LENGTH_MAX, REGEX_LENGTH_MAX
from ebbline.definitions.tree import AnyNode, Events, Literal, Points
from ebbline.definitions.zones import zone_problem

if TYPE_CHECKING:
    from ebbline.definitions.parse import Scope, Walk

Bound = dict[str, Any]
_FILTERED = frozenset({"a", "b", "event", "after", "steps"})
"""Parameters whose events may have a filter of their own."""
_STEP_PLACES = "matched(...), missed(...) and sequence(...)"
CALENDAR = ("today", "this_week", "this_month")


def call(walk: Walk, node: ast.Call, scope: Scope, depth: int) -> AnyNode | None:
    """The node of a function call standing where an expression is expected."""
    row = _row(walk, node)
    if row is None:
        return None
    if row.scope == "inner":
        place = "score(...)" if row.name == "points" else _STEP_PLACES
        message = f"{row.name}(...) stands only inside {place}"
        return walk.refuse(node, "wrong_place", message)
    if row.scope == "profile" and scope == "event":
        message = f"{row.name}() cannot be used about a single event"
        hint = "bare names here are properties of the event"
        return walk.refuse(node.func, "wrong_place", message, hint)
    if row.scope == "event" and scope == "profile":
        message = f"{row.name}() is used only about a single event, as in where="
        return walk.refuse(node.func, "wrong_place", message)
    bound = _bind(walk, node, row, scope, depth)
    return None if bound is None else build(walk, node, row, bound)


def _row(walk: Walk, node: ast.Call) -> Function | None:
    if not isinstance(node.func, ast.Name):
        message = "rules call functions by their plain name"
        hint = ""
        if isinstance(node.func, ast.Attribute) and node.func.attr in FUNCTIONS:
            hint = f"write {node.func.attr}(...)"
        return walk.refuse(node.func, "unknown_function", message, hint)
    row = FUNCTIONS.get(node.func.id)
    if row is None:
        hint = did_you_mean(node.func.id, FUNCTIONS, quoted=False)
        message = f"unknown function {node.func.id}()"
        return walk.refuse(node.func, "unknown_function", message, hint)
    return row


def _bind(walk: Walk, node: ast.Call, row: Function, scope: Scope, depth: int) -> Bound | None:
    """Each argument under its parameter's name; all problems noted, None if there were any."""
    before = len(walk.problems)
    bound: Bound = {"repeated": []} if row.repeats else {}
    for param, argument in _positional(walk, node, row):
        value = _read(walk, argument, param, scope, depth)
        if row.repeats:
            bound["repeated"].append(value)
        else:
            bound[param.name] = value
    for keyword in node.keywords:
        keyed = _keyword(walk, node, row, keyword)
        if keyed is None:
            continue
        if keyed.name in bound:
            walk.refuse(keyword, "bad_argument", f"{keyed.name} is given twice")
            continue
        bound[keyed.name] = _read(walk, keyword.value, keyed, scope, depth)
    given = set(bound) | ({row.params[0].name} if bound.get("repeated") else set())
    for param in row.params:
        if param.required and param.name not in given:
            _missing(walk, node, row, param)
    return None if len(walk.problems) > before else bound


def _positional(walk: Walk, node: ast.Call, row: Function) -> list[tuple[Param, ast.expr]]:
    slots = [param for param in row.params if not param.keyword]
    if row.repeats:
        return [(slots[0], argument) for argument in node.args]
    for extra in node.args[len(slots) :]:
        keywords = [param.name for param in row.params if param.keyword]
        hint = f"{keywords[0]}= is given by name" if keywords else ""
        message = f"{row.name}() takes {_number(len(slots))} here"
        walk.refuse(extra, "bad_argument", message, hint)
    return list(zip(slots, node.args, strict=False))


def _number(count: int) -> str:
    if count == 0:
        return "no arguments"
    return "one argument" if count == 1 else f"{count} arguments"


def _keyword(walk: Walk, node: ast.Call, row: Function, keyword: ast.keyword) -> Param | None:
    if keyword.arg is None:
        return walk.refuse(keyword, "bad_argument", "** is not part of rules")
    for param in row.params:
        if param.name == keyword.arg:
            return param
    known = [param.name for param in row.params if param.keyword]
    hint = did_you_mean(keyword.arg, known, quoted=False)
    if keyword.arg == "where" and row.shape == "sequence":
        hint = 'write step("Event", where=...)'
    if not hint and known:
        hint = "it takes " + ", ".join(f"{name}=" for name in known)
    return walk.refuse(keyword, "bad_argument", f"{row.name}() takes no {keyword.arg}=", hint)


def _missing(walk: Walk, node: ast.Call, row: Function, param: Param) -> None:
    form = f"{param.name}=" if param.keyword else _WORDS.get(param.kind, param.name)
    walk.refuse(node, "bad_argument", f"{row.name}() lacks {form}")


_WORDS = {
    "events": "an event name",
    "value": "a property",
    "whole": "a whole number",
    "name": "a name in quotes",
    "condition": "a condition over the event",
    "points": "points(...)",
    "pattern": "a pattern in quotes",
}


def _read(walk: Walk, node: ast.expr, param: Param, scope: Scope, depth: int) -> Any:
    """One argument as its parameter's kind; None after noting a problem."""
    match param.kind:
        case "events":
            return events(walk, node, depth, filtered=param.name in _FILTERED)
        case "value" | "condition":
            return walk.expression(node, "event", depth + 1)
        case "expression":
            return walk.expression(node, scope, depth + 1)
        case "moment":
            tree = walk.expression(node, scope, depth + 1)
            return None if tree is None else walk.as_moment(tree, node)
        case "path":
            return _path(walk, node)
        case "duration":
            return _duration(walk, node, param)
        case "window":
            return _calendar(node) or _duration(walk, node, param)
        case "zone":
            return _zone(walk, node)
        case "whole":
            return _whole(walk, node, param)
        case "number":
            return _literal(walk, node, param, (int, float), "a number", depth)
        case "pattern" | "name":
            return _text(walk, node, param, depth)
        case "points":
            return _points(walk, node, depth)


def events(walk: Walk, node: ast.expr, depth: int, *, filtered: bool) -> Events | None:
    """Event names, or `step(names, where=...)` where `filtered` sets may stand."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
        if not filtered:
            message = f"step(...) stands only inside {_STEP_PLACES}"
            return walk.refuse(node, "wrong_place", message, "write where= here")
        bound = _bind(walk, node, FUNCTIONS["step"], "profile", depth + 1)
        if bound is None:
            return None
        return walk.placed(Events(bound["events"].names, bound.get("where")), node)
    elements = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    names: list[str] = []
    for element in elements:
        name = _event_name(walk, element)
        if name is None:
            return None
        if name not in names:
            names.append(name)
    if not names:
        return walk.refuse(node, "bad_argument", "the list names no event")
    return walk.placed(Events(tuple(names)), node)


def _event_name(walk: Walk, node: ast.expr) -> str | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        hint = f'write "{node.id}"' if isinstance(node, ast.Name) else ""
        message = "an event name in quotes was expected"
        return walk.refuse(node, "bad_event", message, hint)
    name = node.value
    if not name.strip() or len(name) > NAME_LENGTH_MAX or not _is_text(name):
        message = f"an event name has 1 to {NAME_LENGTH_MAX} characters"
        return walk.refuse(node, "bad_event", message)
    return name if name == "*" else walk.names.canonical(name)


def _is_text(value: str) -> bool:
    return not any(0xD800 <= ord(character) < 0xE000 for character in value)


def _path(walk: Walk, node: ast.expr) -> str | None:
    if isinstance(node, ast.Call):
        tree = walk.expression(node, "event", 1)
        if tree is None:
            return None
        path = getattr(tree, "path", None)
        if isinstance(path, str):
            return path
    elif isinstance(node, ast.Name | ast.Attribute):
        return walk.path(node)
    written = isinstance(node, ast.Constant) and isinstance(node.value, str)
    hint = "write it without quotes" if written else ""
    return walk.refuse(node, "bad_argument", "the name of a property was expected", hint)


def _duration(walk: Walk, node: ast.expr, param: Param) -> int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        ms = parse_duration(node.value)
        if ms is not None and ms > 0:
            return ms
        message = f"{param.name}= must be longer than nothing"
        if ms is None:
            message = f'"{node.value}" is no duration'
        if param.kind == "window" and ms is None:
            near = nearest(node.value.strip().replace(" ", "_"), CALENDAR)
            hint = f'did you mean "{near}"?' if near else 'write it like "24h", "1d12h" or "today"'
            return walk.refuse(node, "bad_duration", message, hint)
    else:
        message = f"{param.name}= expects a duration in quotes"
    return walk.refuse(node, "bad_duration", message, 'write it like "24h" or "1d12h"')


def _calendar(node: ast.expr) -> str | None:
    """A window by the calendar, as `within="today"`."""
    written = isinstance(node, ast.Constant) and node.value in CALENDAR
    return str(node.value) if written and isinstance(node, ast.Constant) else None


def _zone(walk: Walk, node: ast.expr) -> Literal | None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        message, hint = "zone= expects the name of a time zone in quotes", 'as in "Europe/Berlin"'
        return walk.refuse(node, "bad_zone", message, hint)
    trouble = zone_problem(node.value)
    if trouble is not None:
        return walk.refuse(node, "unknown_time_zone", *trouble)
    return walk.placed(Literal(node.value), node)


def _whole(walk: Walk, node: ast.expr, param: Param) -> int | None:
    if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 1:
        return node.value
    message = f"{param.name} must be a whole number of at least 1"
    return walk.refuse(node, "bad_argument", message)


def _literal(
    walk: Walk, node: ast.expr, param: Param, kinds: tuple[type, ...], what: str, depth: int
) -> Any:
    tree = walk.expression(node, "profile", depth + 1)
    if tree is None:
        return None
    if isinstance(tree, Literal) and type(tree.value) in kinds:
        return tree
    return walk.refuse(node, "bad_argument", f"{param.name} must be {what} written here")


def _text(walk: Walk, node: ast.expr, param: Param, depth: int) -> Any:
    tree = _literal(walk, node, param, (str, int), "a text in quotes", depth)
    if tree is None or type(tree.value) is int:
        return tree  # timestamp(0) and duration(0) take milliseconds; `build` says who may
    most = REGEX_LENGTH_MAX if param.kind == "pattern" else NAME_LENGTH_MAX
    if not tree.value and param.kind == "name":
        return walk.refuse(node, "bad_argument", f"{param.name} is empty")
    if len(tree.value) > most:
        return walk.refuse(node, "bad_argument", f"{param.name} is longer than {most} characters")
    return tree


def _points(walk: Walk, node: ast.expr, depth: int) -> Points | None:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "points":
        bound = _bind(walk, node, FUNCTIONS["points"], "profile", depth + 1)
        if bound is None:
            return None
        named: Events = bound["events"]
        counted = walk.placed(Events(named.names, bound.get("where")), node)
        return walk.placed(Points(counted, bound["points"]), node)
    hint = 'write score(points("Event", 10), half_life="7d")'
    return walk.refuse(node, "bad_argument", "score() adds up points(...)", hint)
