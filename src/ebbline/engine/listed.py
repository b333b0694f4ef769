"""The project's lists: whether a value is on one, without going through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ebbline.engine.scalars import LIST, equal_key, kind_of


class Listed:
    """One list: its values, and the keys under which equal values meet."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.values = list(values)
        self._keys = frozenset(equal_key(value) for value in values)

    def holds(self, value: Any) -> bool | None:
        """As `in`: null for null, objects and lists."""
        if kind_of(value) in (None, LIST):
            return None
        return equal_key(value) in self._keys

    def lacks(self, value: Any) -> bool | None:
        """As `not in`."""
        held = self.holds(value)
        return None if held is None else not held

    def test(self, op: str) -> Callable[[Any], bool | None]:
        """What `in` and `not in` ask."""
        return self.holds if op == "in" else self.lacks


class Lists:
    """A plan's lists by name, each made when a rule first asks for it."""

    def __init__(self, values: Mapping[str, Sequence[Any]]) -> None:
        self._values = values
        self._made: dict[str, Listed] = {}

    def __call__(self, name: str) -> Listed:
        """The list of that name; a name that the checker has not seen is an empty one."""
        if name not in self._made:
            self._made[name] = Listed(self._values.get(name, ()))
        return self._made[name]
