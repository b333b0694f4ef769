"""Expressions over one event (`where=`, value and points expressions) as small closures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import re2

from ebbline.definitions import tree
from ebbline.engine.listed import Lists
from ebbline.engine.scalars import ARITH, COMPARE, FUNCTIONS, look_up
from ebbline.errors import Invariant
from ebbline.events.event import Event

EventValue = Callable[[Event], Any]


def _property(path: str) -> EventValue:
    if path.startswith("context."):
        inner = path.removeprefix("context.")
        return lambda event: look_up(event.context, inner)
    return lambda event: look_up(event.properties, path)


def _compare(node: tree.Compare, lists: Lists) -> EventValue:
    left, right = event_value(node.left, lists), event_value(node.right, lists)
    test = COMPARE[node.op]
    if isinstance(node.right, tree.ListRef) and node.op in ("in", "not in"):
        listed = lists(node.right.name).test(node.op)
        return lambda event: listed(left(event))
    if isinstance(node.right, tree.Literal):
        constant = node.right.value
        return lambda event: test(left(event), constant)
    return lambda event: test(left(event), right(event))


def matcher(pattern: str) -> Callable[[Any], bool | None]:
    """A linear-time search for a pattern that the checker has accepted."""
    found = re2.compile(pattern)
    return lambda text: found.search(text) is not None if isinstance(text, str) else None


def _call(node: tree.Call, lists: Lists) -> EventValue:
    if node.name == "contains" and isinstance(node.args[0], tree.ListRef):
        part, holds = event_value(node.args[1], lists), lists(node.args[0].name).holds
        return lambda event: holds(part(event))
    if node.name == "matches" and isinstance(node.args[1], tree.Literal):
        text, search = event_value(node.args[0], lists), matcher(str(node.args[1].value))
        return lambda event: search(text(event))
    work = FUNCTIONS[node.name]
    args = [event_value(arg, lists) for arg in node.args]
    return lambda event: work(*[arg(event) for arg in args])


def event_value(node: tree.AnyNode, lists: Lists) -> EventValue:
    """A closure from an event to the node's value; null (None) for whatever does not fit."""
    match node:
        case tree.Literal():
            constant = node.value
            return lambda event: constant
        case tree.Duration() | tree.Moment():
            ms = node.ms
            return lambda event: ms
        case tree.Property():
            return _property(node.path)
        case tree.Items():
            items = [event_value(item, lists) for item in node.items]
            return lambda event: [item(event) for item in items]
        case tree.ListRef():
            values = lists(node.name).values
            return lambda event: values
        case tree.Not():
            inner = event_value(node.item, lists)
            return lambda event: inner(event) is not True
        case tree.And():
            parts = [event_value(item, lists) for item in node.items]
            return lambda event: all(part(event) is True for part in parts)
        case tree.Or():
            parts = [event_value(item, lists) for item in node.items]
            return lambda event: any(part(event) is True for part in parts)
        case tree.IsNull():
            inner = event_value(node.item, lists)
            return lambda event: inner(event) is None
        case tree.Compare():
            return _compare(node, lists)
        case tree.Arith():
            left, right = event_value(node.left, lists), event_value(node.right, lists)
            work = ARITH[node.op]
            return lambda event: work(left(event), right(event))
        case tree.Call():
            return _call(node, lists)
        case _:
            message = f"{type(node).__name__} cannot stand inside an event expression"
            raise Invariant(message)
