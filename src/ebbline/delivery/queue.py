"""Who is ready to be sent, in order: the urgent first, then those ready longest."""

from __future__ import annotations

from collections.abc import Iterator

from ebbline.delivery.address import Address


class Queue:
    """Addresses with the instant since when they are ready."""

    def __init__(self) -> None:
        self._urgent: dict[Address, int] = {}
        self._usual: dict[Address, int] = {}

    def __len__(self) -> int:
        """How many are ready."""
        return len(self._urgent) + len(self._usual)

    def __contains__(self, address: Address) -> bool:
        """Whether somebody is ready."""
        return address in self._usual or address in self._urgent

    def __iter__(self) -> Iterator[Address]:
        """Everybody, in order."""
        yield from self._urgent
        yield from self._usual

    def add(self, address: Address, now_ms: int, *, urgent: bool) -> None:
        """Make somebody ready; who is ready already keeps the place, or moves to the urgent."""
        if urgent:
            since_ms = self._usual.pop(address, now_ms)
            self._urgent.setdefault(address, since_ms)
        elif address not in self._urgent:
            self._usual.setdefault(address, now_ms)

    def discard(self, address: Address) -> None:
        """Somebody is no longer ready."""
        if self._usual.pop(address, None) is None:
            self._urgent.pop(address, None)

    def oldest_ms(self) -> int:
        """Since when the first has been ready; there must be one."""
        return min(next(iter(part.values())) for part in (self._urgent, self._usual) if part)
