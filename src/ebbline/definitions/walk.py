"""Going through a tree whatever its nodes are: children, references, rewriting, size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from ebbline.definitions.tree import AnyNode, AudienceRef, Node, Trait


def parts(node: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The structs directly inside a struct: nodes, and event sets, windows and points."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, msgspec.Struct):
                yield item


def every(tree: msgspec.Struct) -> Iterator[msgspec.Struct]:
    """The tree's structs, outermost first, without recursion."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(parts(node))))


def size(tree: AnyNode) -> tuple[int, int]:
    """How many nodes a tree has and how deep they are nested."""
    count, deepest = 0, 0
    waiting: list[tuple[msgspec.Struct, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        count += isinstance(node, Node)
        deepest = max(deepest, depth)
        waiting += [(part, depth + isinstance(part, Node)) for part in parts(node)]
    return count, deepest


def traits_used(tree: AnyNode) -> tuple[str, ...]:
    """Names of the traits a tree reads, each once, in order."""
    return tuple(dict.fromkeys(node.name for node in every(tree) if isinstance(node, Trait)))


def audiences_used(tree: AnyNode) -> tuple[str, ...]:
    """Names of the audiences a tree asks for, each once, in order."""
    return tuple(dict.fromkeys(n.name for n in every(tree) if isinstance(n, AudienceRef)))


def rewrite(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The tree with `change` applied to every struct, innermost first; what does not change
    stays the same object."""
    if isinstance(tree, tuple):
        items = tuple(rewrite(item, change) for item in tree)
        return tree if all(a is b for a, b in zip(items, tree, strict=True)) else items
    if not isinstance(tree, msgspec.Struct):
        return tree
    fields = {name: getattr(tree, name) for name in tree.__struct_fields__}
    changed = {name: rewrite(value, change) for name, value in fields.items()}
    new = {name: value for name, value in changed.items() if value is not fields[name]}
    return change(msgspec.structs.replace(tree, **new) if new else tree)
