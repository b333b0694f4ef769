"""When comparisons of straight lines flip: `elapsed`, `until`, their sums and whole multiples.

Two times that pass at one pace never change their order, however near they are, and those that
do not meet at an instant that whole numbers give exactly. Whatever is not a whole number at hand
is left to the bounds of `motion`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ebbline.definitions import tree
from ebbline.engine.limits import NEVER
from ebbline.engine.scalars import COMPARE

if TYPE_CHECKING:
    from ebbline.engine.profile import Profile
    from ebbline.engine.readings import Scope

# The value now, and by how much it grows in a millisecond.
Line = tuple[int, int]
Lines = Callable[["Profile", int], Line | None]  # None: null, or no whole number


def line_of(
    scope: Scope, node: tree.AnyNode, moves: Callable[[tree.AnyNode], bool]
) -> Lines | None:
    """What gives a node's line, or None when its form is not that of a line."""
    if not moves(node):
        return _steady(scope, node)
    if isinstance(node, tree.Call) and node.name in ("elapsed", "until"):
        return _clock(scope, node)
    if not isinstance(node, tree.Arith) or node.op not in ("+", "-", "*"):
        return None
    if node.op == "*" and moves(node.left) and moves(node.right):
        return None
    left, right = line_of(scope, node.left, moves), line_of(scope, node.right, moves)
    return None if left is None or right is None else _joined(node.op, left, right)


def _steady(scope: Scope, node: tree.AnyNode) -> Lines:
    reading = scope.reading(node)

    def line(profile: Profile, now_ms: int) -> Line | None:
        value = reading(profile, now_ms)[0]
        return (value, 0) if type(value) is int else None

    return line


def _clock(scope: Scope, node: tree.Call) -> Lines:
    moment = scope.moment(node.args[0])
    pace = 1 if node.name == "elapsed" else -1

    def line(profile: Profile, now_ms: int) -> Line | None:
        at = moment(profile, now_ms)[0]
        return None if at is None else (pace * (now_ms - at), pace)

    return line


def _joined(op: str, left: Lines, right: Lines) -> Lines:
    def line(profile: Profile, now_ms: int) -> Line | None:
        a, b = left(profile, now_ms), right(profile, now_ms)
        if a is None or b is None:
            return None
        if op == "*":  # one of the two stands still
            return a[0] * b[0], a[1] * b[0] + a[0] * b[1]
        return (a[0] + b[0], a[1] + b[1]) if op == "+" else (a[0] - b[0], a[1] - b[1])

    return line


def flip_of(op: str, a: Line, b: Line, now_ms: int) -> int:
    """The first instant after now at which `a op b` is not what it is now; NEVER for none.

    >>> flip_of("<", (0, 1), (10, 0), 1_000)
    1010
    >>> flip_of("<=", (0, 1), (10, 0), 1_000)
    1011
    """
    apart, pace = a[0] - b[0], a[1] - b[1]
    if apart * pace > 0 or pace == 0:
        return NEVER
    test = COMPARE[op]
    now = test(apart, 0)
    meet_ms = max(1, -(-abs(apart) // abs(pace)))
    for after_ms in (meet_ms, meet_ms + 1):
        if test(apart + pace * after_ms, 0) is not now:
            return now_ms + after_ms
    return NEVER
