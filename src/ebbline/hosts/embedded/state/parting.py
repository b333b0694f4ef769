"""People lived through again, apart: a history on its own, from the first event to now.

It runs the same decisions as the fold (`resolve`, `apply`, `wake`, `merge`) over the events of
the people concerned alone, in the order and at the instants at which they became known, with
identifiers parted that were not so then. It changes no state of the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from ebbline import engine
from ebbline.engine.profile import Profile
from ebbline.events.event import Event
from ebbline.hosts.embedded.state.bonds import Merging
from ebbline.hosts.embedded.state.steering import tell
from ebbline.profiles.commands import Command, Listing, Merge
from ebbline.profiles.graph import seniority
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules, Pair
from ebbline.profiles.parted import Parted
from ebbline.profiles.resolve import Resolution, resolve_pairs

Touched = dict[int, list[Event]]
Steer = Callable[[engine.Tables, Profile, Command, int], object]  # an override on one person


class Known(msgspec.Struct, frozen=True):
    """What became known at one instant: events as (place in the entry, whose it was, event), or
    a command."""

    offset: int
    now_ms: int
    events: tuple[tuple[int, int, Event], ...] = ()
    command: Command | None = None


class Parting:
    """The people that come of a history. `survivor` keeps its number through every merge, as it
    did when the history happened; others that are new beyond it are numbered from `next_id`.
    `theirs` says whether an identifier may have been theirs, not another person's."""

    def __init__(self, tables: engine.Tables, rules: IdentityRules, parted: Parted,
                 survivor: int, next_id: int, steer: Steer,
                 theirs: Callable[[Pair], bool]) -> None:  # fmt: skip
        self.graph = GraphMemory(rules, parted)
        self.people: dict[int, Profile] = {}
        self.merges: list[Merging] = []
        self.places: dict[int, dict[int, int]] = {}  # log offset -> place in the entry -> whose
        self.next_id = next_id
        self._tables = tables
        self._rules = IdentityRules(rules.rules)  # what it meets has been counted once
        self._survivor = survivor
        self._steer = steer
        self._theirs = theirs
        self._used: set[int] = set()

    def live(self, known: Known) -> None:
        """One instant: what was due before it, then everything that became known at it."""
        self.pass_time(known.now_ms - 1)
        touched: Touched = {}
        for place, placed, event in known.events:
            profile = self._place(event, placed, known, touched)
            self.places.setdefault(known.offset, {})[place] = profile
            touched.setdefault(profile, []).append(event)
        for profile, theirs in touched.items():
            engine.apply(self._tables, self.people[profile], theirs, known.now_ms)
        if known.command is not None:
            self._obey(known.command, known)
        self.pass_time(known.now_ms)

    def pass_time(self, until_ms: int) -> None:
        """Let everything that is due up to an instant happen, each person for itself."""
        for profile in self.people.values():
            while profile.wake_ms <= until_ms:
                engine.wake(self._tables, profile, profile.wake_ms)

    def gather(self, homeless: Iterable[int], known: Known) -> None:
        """Let people whose identifiers are all somebody else's now be part of the survivor."""
        for profile in homeless:
            self._join(self._survivor, profile, known, "", {})
        self.pass_time(known.now_ms)

    # -- identity --------------------------------------------------------------------------

    def _place(self, event: Event, placed: int, known: Known, touched: Touched) -> int:
        new_id = self.next_id if placed in self._used else placed
        pairs = [pair for pair in self._rules.identifiers(event) if self._theirs(pair)]
        found = self._favour(resolve_pairs(self.graph, self._rules, event, pairs, new_id))
        if found.created:
            self.next_id += new_id == self.next_id
            self._used.add(new_id)
            self.people[new_id] = engine.new_profile(self._tables, new_id)
        for _, loser in found.merges:
            self._join(found.profile, loser, known, event.message_id, touched)
        self.graph.apply(found, event)
        return found.profile

    def _favour(self, found: Resolution) -> Resolution:
        """The survivor wins, whoever would be senior without what has been taken away."""
        losers = [loser for _, loser in found.merges]
        if self._survivor not in losers:
            return found
        losers[losers.index(self._survivor)] = found.profile
        winner = self._survivor
        merges = tuple((winner, loser) for loser in losers)
        return msgspec.structs.replace(found, profile=winner, merges=merges)

    def _join(self, winner: int, loser: int, known: Known, cause: str, touched: Touched) -> None:
        """What two people have done becomes one; the graph is the caller's."""
        mine, theirs = self._anchor(winner), self._anchor(loser)
        gone = self.people.pop(loser)
        engine.merge(self._tables, self.people[winner], gone, known.now_ms)
        self.merges.append(
            Merging(known.offset, known.now_ms, winner, loser, cause, mine, theirs, 0)
        )
        if loser in touched:
            touched.setdefault(winner, []).extend(touched.pop(loser))

    def _anchor(self, profile: int) -> Pair:
        link = next(iter(self.graph.identifiers(profile)), None)
        return ("", "") if link is None else (link.type, link.value)

    def _obey(self, command: Command, known: Known) -> None:
        if isinstance(command, Merge):
            self._merge(command, known)
            return
        if isinstance(command, Listing):
            self._list(command, known)
            return
        owner = self.graph.owner(*command.person)
        if owner is not None:
            self._steer(self._tables, self.people[owner], command, known.now_ms)

    def _list(self, command: Listing, known: Known) -> None:
        """Both who entered and who left, so that a person who was both is what came last."""
        for pairs, inside in ((command.leaving, False), (command.entering, True)):
            for pair in pairs:
                owner = self.graph.owner(*pair)
                if owner is not None:
                    tell(self._tables, self.people[owner], command, inside, known.now_ms)

    def _merge(self, command: Merge, known: Known) -> None:
        """Two people who were made one by hand, unless they have been parted since."""
        owners = {self.graph.owner(*pair) for pair in command.people}
        found = [owner for owner in owners if owner is not None]
        if len(found) < 2 or self._apart(*found):
            return
        places = sorted(seniority(self.graph, self._rules, owner) for owner in found)
        winner, loser = (place[-1] for place in places)
        if loser == self._survivor:
            winner, loser = loser, winner
        self._join(winner, loser, known, command.id, {})
        self.graph.join(winner, loser)

    def _apart(self, one: int, other: int) -> bool:
        links = self.graph.identifiers(one)
        return any(
            self.graph.owner(*pair) == other
            for link in links
            for pair in self.graph.parted.others((link.type, link.value))
        )
