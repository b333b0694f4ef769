"""The numbers that an audience's rule compares with, and the audience with another number there.

For looking at what a threshold decides before it is written into a file.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from ebbline.definitions.plan import AudienceDef
from ebbline.definitions.tree import AnyNode, Compare, Literal
from ebbline.definitions.walk import every, rewrite


def comparisons(audience: AudienceDef) -> tuple[Compare, ...]:
    """The comparisons with a written number in the rules of an audience, each once."""
    rules = [audience.when, *([] if audience.exit_when is None else [audience.exit_when])]
    found = [node for rule in rules for node in every(rule) if isinstance(node, Compare)]
    return tuple(dict.fromkeys(node for node in found if threshold(node) is not None))


def threshold(node: Compare) -> float | None:
    """The number on either side of a comparison; None where there is none, or two."""
    numbers = [number for side in (node.left, node.right) if (number := _number(side)) is not None]
    return numbers[0] if len(numbers) == 1 else None


def with_threshold(audience: AudienceDef, node: Compare, value: float, name: str) -> AudienceDef:
    """The audience under a name of its own, with another number in that comparison wherever it
    stands in its rules."""
    side = "left" if _number(node.left) is not None else "right"
    other = replace(node, **{side: Literal(value)})

    def change(each: Any) -> Any:
        return other if each == node else each

    leaves = audience.exit_when
    return replace(
        audience,
        name=name,
        when=rewrite(audience.when, change),
        exit_when=None if leaves is None else rewrite(leaves, change),
    )


def _number(node: AnyNode) -> float | None:
    if isinstance(node, Literal) and type(node.value) in (int, float):
        return node.value  # type: ignore[return-value] # mypy does not know `type(...) in`
    return None
