"""Computed traits replaced by their own expressions, so that rules speak of events alone; and
the project's time zone written out where a rule names none."""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan


class Inliner:
    """Rewrites trees; a trait that is not computed stays as it is."""

    def __init__(self, plan: Plan) -> None:
        self._zone = plan.time_zone
        self._definitions = {trait.name: trait.value for trait in plan.traits}
        self._done: dict[str, tree.AnyNode] = {}

    def __call__(self, node: tree.AnyNode) -> tree.AnyNode:
        """The node with every computed trait in it expanded."""
        result: tree.AnyNode = self._rewrite(node)
        return result

    def _rewrite(self, value: Any) -> Any:
        if isinstance(value, tree.Trait) and value.name in self._definitions:
            if value.name not in self._done:
                self._done[value.name] = self._rewrite(self._definitions[value.name])
            return self._done[value.name]
        if isinstance(value, msgspec.Struct):
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            changed = {name: self._rewrite(item) for name, item in fields.items()}
            same = all(changed[name] is fields[name] for name in fields)
            return self._zoned(value if same else type(value)(**changed))
        if isinstance(value, tuple):
            items = tuple(self._rewrite(item) for item in value)
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        return value

    def _zoned(self, value: Any) -> Any:
        if isinstance(value, tree.Window) and value.calendar and not value.zone:
            return msgspec.structs.replace(value, zone=self._zone)
        clock = isinstance(value, tree.Call) and value.name in ("hour_of_day", "day_of_week")
        if clock and not value.args:
            return msgspec.structs.replace(value, args=(tree.Literal(self._zone),))
        return value
