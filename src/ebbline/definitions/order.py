"""Which definitions come first: those that others use; and the circles that forbid an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def in_dependency_order(
    uses: Mapping[str, Sequence[str]],
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Names with what they use in front, else in the given order; and each circle found,
    written `(a, b, a)`. Uses that are not names themselves are passed over.

    >>> in_dependency_order({"vip": ["buyer"], "buyer": []})
    (('buyer', 'vip'), ())
    """
    done: dict[str, None] = {}
    circles: list[tuple[str, ...]] = []
    for start in uses:
        _visit(start, uses, done, circles)
    return tuple(done), tuple(circles)


def _visit(
    start: str,
    uses: Mapping[str, Sequence[str]],
    done: dict[str, None],
    circles: list[tuple[str, ...]],
) -> None:
    """Depth first with a stack of its own, as chains may be longer than Python's."""
    if start in done:
        return
    path: dict[str, None] = {start: None}
    stack = [(start, iter(uses[start]))]
    while stack:
        name, rest = stack[-1]
        for used in rest:
            if used in path:
                members = list(path)
                circles.append((*members[members.index(used) :], used))
            elif used in uses and used not in done:
                path[used] = None
                stack.append((used, iter(uses[used])))
                break
        else:
            stack.pop()
            del path[name]
            done[name] = None
