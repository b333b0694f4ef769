"""Choices read off a string of random bytes.

Drawing one string is much cheaper than drawing every choice, and it still shrinks well: every
choice is made so that 0 is the simplest, and a tape at its end gives zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """A reader of choices; it never runs out."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def below(self, limit: int) -> int:
        """A whole number in [0, limit), for limits of at most 256."""
        if self._place >= len(self._data):
            return 0
        byte = self._data[self._place]
        self._place += 1
        return byte % limit

    def one_of(self, items: Sequence[T]) -> T:
        """One of the items, the first being the simplest."""
        return items[self.below(len(items))]

    def rarely(self, one_in: int) -> bool:
        """True about once in so many times."""
        return self.below(one_in) == one_in - 1
