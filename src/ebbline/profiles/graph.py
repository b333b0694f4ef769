"""What resolution needs to see of the identity graph, and what a link in it looks like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.parted import Parted


class Identifier(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One identifier of a profile and the event that linked it there.

    As JSON it is `[type, value, first_message_id, first_ms]`; `first_ms` is the event's own
    time in UTC milliseconds.
    """

    type: str
    value: str
    first_message_id: str
    first_ms: int


class Graph(Protocol):
    """Read access to who owns which identifier. Every profile holds at least one.

    `parted` are the identifiers that were parted by hand.
    """

    parted: Parted

    def owner(self, kind: str, value: str, /) -> int | None:
        """The profile that holds the identifier, or None."""
        ...

    def identifiers(self, profile: int, /) -> Sequence[Identifier]:
        """All identifiers of an existing profile."""
        ...

    def created_ms(self, profile: int, /) -> int:
        """When an existing profile began; see `created_ms`."""
        ...


def created_ms(identifiers: Iterable[Identifier]) -> int:
    """Age of a profile: the earliest of its links' event times, in UTC milliseconds.

    It follows from the links alone, so a restart and another host see the same age.
    """
    return min(link.first_ms for link in identifiers)


def in_priority_order(
    rules: IdentityRules, identifiers: Iterable[Identifier]
) -> tuple[Identifier, ...]:
    """Highest priority first, then the earliest link; the order in which a host keeps them."""

    def place(link: Identifier) -> tuple[int, str, int, str, str]:
        return rules.rank(link.type), link.type, link.first_ms, link.first_message_id, link.value

    return tuple(sorted(identifiers, key=place))


def seniority(graph: Graph, rules: IdentityRules, profile: int) -> tuple[int, int, int]:
    """The least wins a merge: higher-priority identifier, then older, then smaller id."""
    rank = min(rules.rank(link.type) for link in graph.identifiers(profile))
    return rank, graph.created_ms(profile), profile
