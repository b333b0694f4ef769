"""The identity graph in memory: what tests and hosts keep in front of their store.

It applies resolutions and decides nothing.
"""

from __future__ import annotations

from ebbline.errors import Invariant
from ebbline.events.event import Event
from ebbline.profiles.graph import Identifier, created_ms, in_priority_order
from ebbline.profiles.identifiers import IdentityRules, Pair
from ebbline.profiles.parted import Parted
from ebbline.profiles.resolve import Resolution


class GraphMemory:
    """A `Graph` held in two dictionaries."""

    def __init__(self, rules: IdentityRules, parted: Parted | None = None) -> None:
        self.rules = rules
        self.parted = Parted() if parted is None else parted
        self._owners: dict[Pair, int] = {}
        self._profiles: dict[int, tuple[Identifier, ...]] = {}

    def __len__(self) -> int:
        """How many profiles there are."""
        return len(self._profiles)

    def __contains__(self, profile: int) -> bool:
        """Whether the profile exists (a merged loser does not)."""
        return profile in self._profiles

    def profiles(self) -> list[int]:
        """Ids of all profiles, ascending."""
        return sorted(self._profiles)

    def owner(self, kind: str, value: str, /) -> int | None:
        """The profile that holds the identifier, or None."""
        return self._owners.get((kind, value))

    def identifiers(self, profile: int, /) -> tuple[Identifier, ...]:
        """Identifiers of an existing profile, highest priority first."""
        return self._profiles[profile]

    def created_ms(self, profile: int, /) -> int:
        """The earliest of the profile's links."""
        return created_ms(self._profiles[profile])

    def load(self, profile: int, identifiers: tuple[Identifier, ...]) -> None:
        """Put in a profile as a store kept it; it must not be here yet."""
        if profile in self._profiles:
            message = f"profile {profile} is loaded twice"
            raise Invariant(message)
        self._own(profile, identifiers)

    def apply(self, resolution: Resolution, event: Event) -> None:
        """Carry out what `resolve` decided about `event` on this graph."""
        profile = resolution.profile
        if resolution.created == (profile in self._profiles):
            message = f"resolution of {event.message_id!r} does not fit this graph"
            raise Invariant(message)
        if not (resolution.created or resolution.links or resolution.merges or resolution.moved):
            return
        held = list(self._profiles.get(profile, ()))
        for _, loser in resolution.merges:
            held += self._profiles.pop(loser)
        for moved in resolution.moved:
            self._release(moved.origin, (moved.type, moved.value))
            held.append(Identifier(moved.type, moved.value, event.message_id, event.time_ms))
        held += [
            Identifier(kind, value, event.message_id, event.time_ms)
            for kind, value in resolution.links
        ]
        self._own(profile, in_priority_order(self.rules, held))

    def join(self, winner: int, loser: int) -> None:
        """Give a profile all identifiers of another one, which is gone then."""
        held = (*self._profiles[winner], *self._profiles.pop(loser))
        self._own(winner, in_priority_order(self.rules, held))

    def _own(self, profile: int, identifiers: tuple[Identifier, ...]) -> None:
        self._profiles[profile] = identifiers
        for link in identifiers:
            self._owners[link.type, link.value] = profile

    def _release(self, profile: int, pair: Pair) -> None:
        self._profiles[profile] = tuple(
            link for link in self._profiles[profile] if (link.type, link.value) != pair
        )
