"""The people in memory: decoded profiles and identifier owners in front of the store.

Two generations each: what was not asked for while a whole generation filled up leaves, a few
at a time, as others come; letting go of all of them at once would hold everybody up.
People that changed since the last commit are always held.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from ebbline import engine
from ebbline.errors import Invariant
from ebbline.events.event import Event
from ebbline.hosts.embedded.state.limits import (
    GENERATIONS,
    LEAVING_PER_KEPT,
    OWNER_BYTES,
    OWNERS_PER_PERSON,
    PERSON_BYTES,
)
from ebbline.hosts.embedded.state.store import ProfileRow, StateStore
from ebbline.profiles.graph import Identifier, created_ms, in_priority_order
from ebbline.profiles.identifiers import IdentityRules, Pair
from ebbline.profiles.parted import Parted
from ebbline.profiles.resolve import Resolution

_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class Person:
    """A decoded profile with its identifiers, highest priority first."""

    __slots__ = ("_packed", "_packed_of", "identifiers", "profile")

    def __init__(self, profile: engine.Profile, identifiers: tuple[Identifier, ...]) -> None:
        self.profile = profile
        self.identifiers = identifiers
        self._packed = ""
        self._packed_of: tuple[Identifier, ...] | None = None

    def anchor(self) -> Pair:
        """The strongest identifier."""
        best = self.identifiers[0]
        return best.type, best.value

    def packed_identifiers(self) -> str:
        """The identifiers as JSON, packed anew only when they changed."""
        if self._packed_of is not self.identifiers:
            self._packed = msgspec.json.encode(self.identifiers).decode()
            self._packed_of = self.identifiers
        return self._packed


class People:
    """A `profiles.Graph` that also hands out profiles."""

    def __init__(self, store: StateStore, tables: engine.Tables, rules: IdentityRules,
                 parted: Parted) -> None:  # fmt: skip
        self.parted = parted
        self._store = store
        self._tables = tables
        self._rules = rules
        self._hot: dict[int, Person] = {}
        self._warm: dict[int, Person] = {}
        self._leaving: dict[int, Person] = {}  # nobody looks here any more
        self._owners: dict[str, dict[str, int]] = {}
        self._owners_warm: dict[str, dict[str, int]] = {}
        self._owners_leaving: list[dict[str, int]] = []
        self._owners_count = 0
        self._owners_whole = store.no_identifiers()  # nobody owns what is not remembered
        self._most_people = self._most_owners = 0
        self.bound(tables.plan.memory_bytes)
        self.dirty: dict[int, Person] = {}
        self.gone: set[int] = set()
        self._moved: dict[tuple[str, str], int] = {}
        self.next_id = store.meta("next_profile") or 1

    def bound(self, memory_bytes: int) -> None:
        """Set what people and owners may take in memory; those that changed since the last
        commit are held on top."""
        each = PERSON_BYTES + OWNERS_PER_PERSON * OWNER_BYTES
        self._most_people = max(1, int(memory_bytes / (GENERATIONS * each)))
        self._most_owners = max(1, int(self._most_people * OWNERS_PER_PERSON))
        if len(self._hot) > self._most_people:
            self._hot, self._warm, self._leaving = {}, {}, {}

    def in_memory(self) -> int:
        """How many people are decoded, those included that are about to leave."""
        return len(self._hot) + len(self._warm) + len(self._leaving)

    # -- the graph -------------------------------------------------------------------------

    def owner(self, kind: str, value: str, /) -> int | None:
        """The profile that holds the identifier."""
        owners = self._owners.get(kind)
        found = owners.get(value) if owners is not None else None
        if found is not None:
            return found
        warm = self._owners_warm.get(kind)
        found = warm.get(value) if warm is not None else None
        if found is None:
            if self._owners_whole:
                return None
            found = self._moved.get((kind, value)) or self._store.owner(kind, value)
        if found is not None:
            self._own(kind, value, found)
        return found

    def identifiers(self, profile: int, /) -> tuple[Identifier, ...]:
        """Identifiers of an existing profile."""
        return self.person(profile).identifiers

    def created_ms(self, profile: int, /) -> int:
        """The earliest of the profile's links."""
        return created_ms(self.person(profile).identifiers)

    def person(self, profile_id: int) -> Person:
        """A person by id."""
        found = self.find(profile_id)
        if found is None:
            message = f"profile {profile_id} is in the graph but not in the store"
            raise Invariant(message)
        return found

    def find(self, profile_id: int) -> Person | None:
        """A person by id, or None for one that was merged away."""
        found = self._hot.get(profile_id)
        if found is not None:
            return found
        if profile_id in self.gone:
            return None
        found = self._warm.pop(profile_id, None) or self.dirty.get(profile_id)
        if found is None:
            row = self._store.profile(profile_id)
            if row is None:
                return None
            profile = engine.decode_profile(row[1], self._tables.default_truth)
            found = Person(profile, _identifiers.decode(row[3]))
        self._keep(found)
        return found

    # -- changes ---------------------------------------------------------------------------

    def link(self, resolution: Resolution, event: Event) -> Person:
        """Carry out a resolution's changes to the graph; merging states is the caller's."""
        if resolution.created:
            person = Person(engine.new_profile(self._tables, resolution.profile), ())
            self.next_id = resolution.profile + 1
            self._keep(person)
        else:
            person = self.person(resolution.profile)
        held = list(person.identifiers)
        for moved in resolution.moved:
            origin = self.person(moved.origin)
            origin.identifiers = tuple(
                i for i in origin.identifiers if (i.type, i.value) != (moved.type, moved.value)
            )
            self.dirty[moved.origin] = origin
            held.append(self._take(person, moved.type, moved.value, event))
        held += [self._take(person, kind, value, event) for kind, value in resolution.links]
        person.identifiers = in_priority_order(self._rules, held)
        self.dirty[person.profile.id] = person
        return person

    def absorb(self, winner: Person, loser: Person) -> None:
        """Hand the loser's identifiers to the winner and let the loser go."""
        for link in loser.identifiers:
            self._assign(link.type, link.value, winner.profile.id)
        joined = (*winner.identifiers, *loser.identifiers)
        winner.identifiers = in_priority_order(self._rules, joined)
        self.dirty[winner.profile.id] = winner
        gone = loser.profile.id
        self.gone.add(gone)
        for held in (self._hot, self._warm, self.dirty):
            held.pop(gone, None)

    def part(self, people: Iterable[Person], nobodys: Collection[Pair], next_id: int) -> None:
        """Put people in place of the one they turned out not to be; `nobodys` are identifiers
        that none of them has. Inside the caller's transaction."""
        self.next_id = next_id
        self._store.drop_identifiers(nobodys)
        for kind, value in nobodys:
            for owners in (self._owners, self._owners_warm):
                owners.get(kind, {}).pop(value, None)
        for person in people:
            profile = person.profile.id
            self.gone.discard(profile)
            self._warm.pop(profile, None)
            self._keep(person)
            self.dirty[profile] = person
            for link in person.identifiers:
                self._assign(link.type, link.value, profile)

    def flush(self) -> None:
        """Write everything that changed, inside the caller's transaction."""
        store, truth = self._store, self._tables.default_truth
        rows: list[ProfileRow] = [
            (
                person.profile.id,
                engine.encode_profile(person.profile, truth),
                person.profile.wake_ms,
                person.packed_identifiers(),
            )
            for _, person in sorted(self.dirty.items())
        ]
        store.put_profiles(rows)
        if self._moved:
            rows_of = sorted((k, v, profile) for (k, v), profile in self._moved.items())
            store.put_identifiers(rows_of)
        if self.gone:
            store.drop_profiles(self.gone)
        store.set_meta({"next_profile": self.next_id})
        self.dirty, self._moved, self.gone = {}, {}, set()

    # -- caches ----------------------------------------------------------------------------

    def _take(self, person: Person, kind: str, value: str, event: Event) -> Identifier:
        self._assign(kind, value, person.profile.id)
        return Identifier(kind, value, event.message_id, event.time_ms)

    def _assign(self, kind: str, value: str, profile: int) -> None:
        self._moved[kind, value] = profile
        self._own(kind, value, profile)

    def _own(self, kind: str, value: str, profile: int) -> None:
        if self._owners_count >= self._most_owners:
            self._owners_whole = self._owners_whole and not self._owners_warm
            self._owners_leaving = list(self._owners_warm.values())
            self._owners_warm, self._owners, self._owners_count = self._owners, {}, 0
        if self._owners_leaving:
            self._let_owners_go()
        self._owners.setdefault(kind, {})[value] = profile
        self._owners_count += 1

    def _let_owners_go(self) -> None:
        leaving = self._owners_leaving
        for _ in range(LEAVING_PER_KEPT):
            if leaving[-1]:
                leaving[-1].popitem()
        if not leaving[-1]:
            leaving.pop()

    def _keep(self, person: Person) -> None:
        if len(self._hot) >= self._most_people:
            self._leaving, self._warm, self._hot = self._warm, self._hot, {}
        # More leave than come, so there are never more than two generations in all.
        for _ in range(min(LEAVING_PER_KEPT, len(self._leaving))):
            self._leaving.popitem()
        self._hot[person.profile.id] = person
