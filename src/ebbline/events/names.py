"""One canonical name per event: GA4, Segment v1 and v2 and the tracking plan's spellings.

Known names match case-insensitively with `_` like a space; a name nobody declared is kept
exactly as sent. It decides nothing about the events that carry the names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ebbline.events import ga4, limits, segment

if TYPE_CHECKING:
    from collections.abc import Mapping


def fold(name: str) -> str:
    """The key under which known names are found."""
    return name.casefold().replace("_", " ")


_BUILT_IN: Final[dict[str, str]] = {
    **{fold(name): name for name in segment.SEMANTIC_NAMES},
    **{fold(old): name for old, name in segment.V1_NAMES.items()},
    **{fold(name): canonical for name, canonical in ga4.NAMES.items()},
}
_FORMS: Final[dict[str, ga4.Form]] = {fold(name): form for name, form in ga4.FORMS.items()}


class Names:
    """Canonical event names.

    `aliases` maps further spellings to names, as the tracking plan gives them; map a planned
    name to itself to make it known. An alias wins over a built-in name of the same spelling.

    >>> Names({"sale": "purchase"}).canonical("SALE")
    'Order Completed'
    """

    def __init__(self, aliases: Mapping[str, str] | None = None) -> None:
        self._known = _with_plan(aliases or {})
        self._cache: dict[str, tuple[str, ga4.Form | None]] = {}

    def canonical(self, name: str) -> str:
        """The one name that rules and events share for `name`."""
        return self.find(name)[0]

    def find(self, name: str) -> tuple[str, ga4.Form | None]:
        """The canonical name, and how to read the properties if `name` is one of GA4's."""
        found = self._cache.get(name)
        if found is None:
            key = fold(name)
            found = (self._known.get(key, name), _FORMS.get(key))
            if len(self._cache) < limits.NAME_CACHE_MAX:
                self._cache[name] = found
        return found


def _with_plan(aliases: Mapping[str, str]) -> dict[str, str]:
    """Folded spelling to canonical name, for every built-in and planned name."""
    # A plan that merely declares a built-in name says nothing new about it.
    plan = {
        key: name
        for alias, name in aliases.items()
        if (key := fold(alias)) != fold(name) or key not in _BUILT_IN
    }
    targets = {fold(name): name for name in plan.values()}
    steps = targets | _BUILT_IN | plan
    return {key: _end(key, steps) for key in steps}


def _end(key: str, steps: dict[str, str]) -> str:
    """Where a chain of aliases ends; of a circle, the same name from wherever it is entered."""
    seen = [key]
    while (following := fold(steps[seen[-1]])) not in seen:
        seen.append(following)
    return min(steps[member] for member in seen[seen.index(following) :])
