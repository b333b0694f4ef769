"""Identifiers that were parted by hand: no person ever holds both of a pair.

It only remembers; `resolve` keeps to it, by dropping the weaker identifier of an event that
would bring the two together again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ebbline.profiles.identifiers import Pair


class Parted:
    """Pairs of identifiers, found from either side."""

    __slots__ = ("_others",)

    def __init__(self, pairs: Iterable[tuple[Pair, Pair]] = ()) -> None:
        self._others: dict[Pair, set[Pair]] = {}
        for one, other in pairs:
            self.add(one, other)

    def __bool__(self) -> bool:
        """Whether any are parted: nearly always not, and then nothing is looked up."""
        return bool(self._others)

    def __iter__(self) -> Iterator[tuple[Pair, Pair]]:
        """Each pair once, the smaller identifier first, in order."""
        for one, others in sorted(self._others.items()):
            for other in sorted(others):
                if one < other:
                    yield one, other

    def add(self, one: Pair, other: Pair) -> None:
        """Part two identifiers."""
        self._others.setdefault(one, set()).add(other)
        self._others.setdefault(other, set()).add(one)

    def lift(self, one: Pair, other: Pair) -> None:
        """Let two identifiers meet again."""
        for here, there in ((one, other), (other, one)):
            others = self._others.get(here, set())
            others.discard(there)
            if not others:
                self._others.pop(here, None)

    def copy(self) -> Parted:
        """The same pairs, to be changed apart from these."""
        return Parted(self)

    def others(self, pair: Pair) -> frozenset[Pair]:
        """What an identifier was parted from."""
        return frozenset(self._others.get(pair, ()))
