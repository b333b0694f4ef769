"""The node that a call's bound arguments make, one small function per shape."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ebbline.definitions.durations import parse_duration
from ebbline.definitions.functions import Function
from ebbline.definitions.moments import parse_moment
from ebbline.definitions.reading import ALTERNATIVES
from ebbline.definitions.tree import (
    Aggregate,
    AnyNode,
    AudienceRef,
    Call,
    Duration,
    Events,
    LastN,
    ListRef,
    Literal,
    Matched,
    Missed,
    Moment,
    Property,
    Score,
    Sequence,
    Trait,
    Window,
)

if TYPE_CHECKING:
    from ebbline.definitions.parse import Walk

Bound = dict[str, Any]
_DECAYS = ("half_life", "fade", "within")


def build(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    """The node of a call; None after noting a problem."""
    return _BUILDERS[row.shape](walk, node, row, bound)


def _call(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    args = [_literal(bound[param.name]) for param in row.params if param.name in bound]
    if not _alternatives(walk, node, row.name, args):
        return None
    if row.name == "contains":
        args[0] = walk.listed(args[0])
    if row.name == "matches" and not isinstance(args[1].value, str):
        return walk.refuse(node, "bad_argument", "pattern must be a text in quotes")
    return Call(row.name, tuple(args))


def _literal(value: Any) -> Any:
    """An argument that was read as a plain number is a literal in the tree."""
    return Literal(value) if isinstance(value, int) else value


def _alternatives(walk: Walk, node: ast.Call, name: str, args: list[AnyNode]) -> bool:
    """Read a text that stands in for another argument as what it is beside that one."""
    for one, other in ALTERNATIVES.get(name, ()):
        place = node.args[one] if one < len(node.args) else node
        read = walk.reread(args[one], args[other], place)
        if read is None:
            return False
        args[one] = read
    return True


def _window(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> Window:
    within, zone = bound.get("within"), _zone(bound)
    if isinstance(within, str):
        calendar: Any = within
        window = Window(None, bound.get("before"), bound.get("since"), calendar, zone)
    else:  # days_active() has a use of its own for a zone
        zone = "" if row.name == "days_active" else zone
        window = Window(within, bound.get("before"), bound.get("since"), "", zone)
    for keyword in node.keywords:
        if keyword.arg in ("within", "before", "since", "zone"):
            walk.placed(window, keyword.value)
    return window


def _zone(bound: Bound) -> str:
    return bound["zone"].value if "zone" in bound else ""


def _filtered(walk: Walk, bound: Bound, name: str = "events") -> Events:
    named: Events = bound[name]
    if bound.get("where") is None:
        return named
    made = Events(named.names, bound["where"])
    walk.spans[id(made)] = walk.spans[id(named)]
    return made


def _aggregate(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode:
    return Aggregate(
        row.name,  # type: ignore[arg-type]  # the table's rows of this shape are its names
        _filtered(walk, bound),
        bound.get("by" if row.name == "most_repeated" else "x"),
        bound.get("n"),
        _window(walk, node, row, bound),
        _zone(bound) if row.name == "days_active" else "",
    )


def _seen(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode:
    return Aggregate("first_time" if row.name == "first_seen" else "last_time", Events(("*",)))


def _last_n(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode:
    window = _window(walk, node, row, bound)
    return LastN(_filtered(walk, bound), bound["n"], bound["holds"], window)


def _double_filter(walk: Walk, node: ast.Call, bound: Bound, first: str) -> bool:
    events: Events = bound[first]
    if events.where is None or bound.get("where") is None:
        return False
    walk.refuse(node, "bad_argument", "where= is given both in step(...) and outside it")
    return True


def _matched(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    if _double_filter(walk, node, bound, "a"):
        return None
    window = _window(walk, node, row, bound)
    a = _filtered(walk, bound, "a")
    return Matched(a, bound["b"], bound["on"], bound.get("last"), window)


def _missed(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    if _double_filter(walk, node, bound, "event"):
        return None
    awaited = _filtered(walk, bound, "event")
    return Missed(awaited, bound["after"], bound["within"], bound.get("on", ""))


def _sequence(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode:
    since = bound.get("since")
    return Sequence(tuple(bound["repeated"]), bound.get("within"), bound.get("gap"), since)


def _score(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    decays = [name for name in _DECAYS if name in bound]
    if len(decays) != 1:
        message = "score() takes one of half_life=, fade= and within="
        return walk.refuse(node, "bad_argument", message)
    clamps = [float(bound[name].value) if name in bound else None for name in ("floor", "ceiling")]
    if clamps[0] is not None and clamps[1] is not None and clamps[0] > clamps[1]:
        return walk.refuse(node, "bad_argument", "floor= is above ceiling=")
    decay: Any = decays[0]
    return Score(tuple(bound["repeated"]), decay, bound[decay], clamps[0], clamps[1])


def _named(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    name = bound["name"].value
    if not isinstance(name, str):
        message = f"{row.name}() takes a name in quotes"
        return walk.refuse(node, "bad_argument", message)
    makers: dict[str, type[Trait | Property | AudienceRef | ListRef]] = {
        "trait": Trait, "property": Property, "audience": AudienceRef, "list": ListRef,
    }  # fmt: skip
    return makers[row.shape](name)


def _time(walk: Walk, node: ast.Call, row: Function, bound: Bound) -> AnyNode | None:
    value = bound["name"].value
    if row.shape == "duration":
        ms = value if isinstance(value, int) else parse_duration(value)
        hint = 'write it like "24h" or "1d12h"'
    else:
        ms = value if isinstance(value, int) else parse_moment(value)
        hint = 'write it like "2026-01-31" or "2026-01-31T10:00:00Z"'
    if ms is None:
        return walk.refuse(node, f"bad_{row.shape}", f'"{value}" is no {row.shape}', hint)
    return Duration(ms) if row.shape == "duration" else Moment(ms)


_Builder = Callable[["Walk", ast.Call, Function, Bound], "AnyNode | None"]
_BUILDERS: dict[str, _Builder] = {
    "call": _call,
    "aggregate": _aggregate,
    "seen": _seen,
    "last_n": _last_n,
    "matched": _matched,
    "missed": _missed,
    "sequence": _sequence,
    "score": _score,
    "trait": _named,
    "property": _named,
    "audience": _named,
    "list": _named,
    "timestamp": _time,
    "duration": _time,
}
