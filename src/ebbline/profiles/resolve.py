"""Who an event belongs to, and what it teaches about identity.

The event's identifiers are taken from the highest priority down. Each one, with the profile
that owns it, is united with what was taken before, unless the union would break a limit: then
it is dropped from this event (merge protection). What is kept therefore contains the longest
run of highest-priority identifiers that fits, and the event never joins a profile that its
weaker identifiers alone point to. Nothing is stored here; the host applies the `Resolution`.

What depends on the order of arrival, and what does not: while no limit bites, the partition
of identifiers into people is the connected components of the events, in any order. Limits
decide by what is known at that moment, so there the order may matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from ebbline.events.event import Event
from ebbline.profiles.graph import Graph, seniority
from ebbline.profiles.identifiers import ANONYMOUS_ID, USER_ID, IdentityRules, Pair
from ebbline.profiles.limits import IDENTIFIERS_PER_PROFILE_MAX

DropReason = Literal["limit", "profile_full", "later_login", "names_a_user", "parted"]


class Moved(msgspec.Struct, frozen=True):
    """A device handed over: it belongs to the event's person from now on, no more to `origin`."""

    type: str
    value: str
    origin: int


class Dropped(msgspec.Struct, frozen=True):
    """An identifier left out of this event; where it was linked before, it stays.

    limit: it would give the person more of one type than allowed (two user ids, say);
    profile_full: the person would hold too many identifiers in all; later_login: a late event
    names a device that has been handed to somebody else since; names_a_user: the `previousId`
    of an alias is another person's user id, so it is not taken for a device either; parted:
    it belongs to somebody who was parted by hand from the event's person.
    """

    type: str
    value: str
    reason: DropReason


class Resolution(msgspec.Struct, frozen=True):
    """Whose event it is, and the changes to the graph in the order to apply them.

    `merges` are (winner, loser) pairs, the winner always `profile`; `moved` leave their origin
    for `profile`; `links` are (type, value) pairs nobody owned, now attached to `profile`.
    """

    profile: int
    created: bool = False
    links: tuple[Pair, ...] = ()
    merges: tuple[tuple[int, int], ...] = ()
    moved: tuple[Moved, ...] = ()
    dropped: tuple[Dropped, ...] = ()


def resolve_known(graph: Graph, pairs: Sequence[Pair]) -> int | None:
    """The profile that owns every identifier, or None when `resolve` has work to do.

    The hot path: one look-up per identifier and nothing allocated.
    """
    if not pairs:
        return None
    owner = graph.owner
    kind, value = pairs[0]
    profile = owner(kind, value)
    if profile is None:
        return None
    for kind, value in pairs[1:]:
        if owner(kind, value) != profile:
            return None
    return profile


def resolve(graph: Graph, rules: IdentityRules, event: Event, new_id: int) -> Resolution | None:
    """Whose event it is; `new_id` is the profile's id in case nobody is known yet.

    None when the event names nobody: all its identifiers are missing, blocked or not ruled.
    """
    pairs = rules.identifiers(event)
    known = resolve_known(graph, pairs)
    if known is not None:
        return Resolution(known)
    return resolve_pairs(graph, rules, event, pairs, new_id) if pairs else None


def resolve_pairs(
    graph: Graph, rules: IdentityRules, event: Event, pairs: Sequence[Pair], new_id: int
) -> Resolution:
    """As `resolve`, for a caller who has the event's identifiers (at least one) at hand."""
    union = _Union(graph, rules, event)
    for pair in pairs:
        union.take(pair)
    created = not union.profiles
    order = [seniority(graph, rules, profile) for profile in union.profiles]
    profile, *losers = [place[-1] for place in sorted(order)] or [new_id]
    return Resolution(
        profile,
        created=created,
        links=tuple(union.links),
        merges=tuple((profile, loser) for loser in losers),
        moved=tuple(union.moved),
        dropped=tuple(union.dropped),
    )


class _Union:
    """The person being put together: profiles taken so far and identifiers counted by type."""

    def __init__(self, graph: Graph, rules: IdentityRules, event: Event) -> None:
        self.graph = graph
        self.rules = rules
        self.event = event
        self.counts: dict[str, int] = {}
        self.profiles: dict[int, None] = {}
        self.user_named = False
        self.links: list[Pair] = []
        self.moved: list[Moved] = []
        self.dropped: list[Dropped] = []

    def take(self, pair: Pair) -> None:
        """Unite with one more identifier of the event, hand it over, or drop it."""
        owner = self.graph.owner(*pair)
        if owner in self.profiles:
            taken = True
        elif owner is None:
            taken = self._take_new(pair)
        else:
            taken = self._take_owned(pair, owner)
        if taken and pair[0] == USER_ID:
            self.user_named = True

    def _take_new(self, pair: Pair) -> bool:
        """Attach an identifier nobody owns, if it fits."""
        counts = {pair[0]: 1}
        reason = self._refusal(counts) or self._parting((pair,))
        if reason is None and self._names_a_user(pair):
            reason = "names_a_user"
        if reason is not None:
            return self._drop(pair, reason)
        self._add(counts)
        self.links.append(pair)
        return True

    def _take_owned(self, pair: Pair, owner: int) -> bool:
        """Unite with the profile that owns the identifier, or else move the device alone."""
        counts = self._counts_of(owner)
        reason = self._refusal(counts)
        if reason is None and self.graph.parted:
            links = self.graph.identifiers(owner)
            reason = self._parting((link.type, link.value) for link in links)
        if reason is None:
            self._add(counts)
            self.profiles[owner] = None
            return True
        if pair[0] == ANONYMOUS_ID and self.user_named and USER_ID in counts:
            return self._hand_over(pair, owner)
        return self._drop(pair, reason)

    def _counts_of(self, profile: int) -> dict[str, int]:
        counts: dict[str, int] = {}
        for link in self.graph.identifiers(profile):
            counts[link.type] = counts.get(link.type, 0) + 1
        return counts

    def _refusal(self, counts: dict[str, int]) -> DropReason | None:
        """Why `counts` more identifiers do not fit, or None.

        A profile that is over a limit already, because the rule was tightened later, stays as
        it is: only growth is refused.
        """
        limits = self.rules.limits
        for kind, count in counts.items():
            have = self.counts.get(kind, 0)
            if have and have + count > limits.get(kind, have + count):
                return "limit"
        have = sum(self.counts.values())
        if have and have + sum(counts.values()) > IDENTIFIERS_PER_PROFILE_MAX:
            return "profile_full"
        return None

    def _parting(self, pairs: Iterable[Pair]) -> DropReason | None:
        """Whether any of the identifiers was parted by hand from one of the person's."""
        parted = self.graph.parted
        if not parted:
            return None
        mine = [*self.links, *[(moved.type, moved.value) for moved in self.moved]]
        for pair in pairs:
            for other in parted.others(pair):
                if other in mine or self.graph.owner(*other) in self.profiles:
                    return "parted"
        return None

    def _add(self, counts: dict[str, int]) -> None:
        for kind, count in counts.items():
            self.counts[kind] = self.counts.get(kind, 0) + count

    def _drop(self, pair: Pair, reason: DropReason) -> bool:
        self.dropped.append(Dropped(*pair, reason))
        return False

    def _hand_over(self, pair: Pair, origin: int) -> bool:
        """Move a device on which another user logs in; never by an event older than its link."""
        link = next(
            link for link in self.graph.identifiers(origin) if (link.type, link.value) == pair
        )
        event = self.event
        if (event.time_ms, event.message_id) <= (link.first_ms, link.first_message_id):
            return self._drop(pair, "later_login")
        counts = {ANONYMOUS_ID: 1}
        reason = self._refusal(counts) or self._parting((pair,))
        if reason is not None:
            return self._drop(pair, reason)
        self._add(counts)
        self.moved.append(Moved(*pair, origin))
        return True

    def _names_a_user(self, pair: Pair) -> bool:
        """Whether an alias's `previousId`, unknown as a device, is somebody else's user id."""
        if self.event.type != "alias" or pair[0] != ANONYMOUS_ID:
            return False
        user = self.graph.owner(USER_ID, pair[1])
        return user is not None and user not in self.profiles
