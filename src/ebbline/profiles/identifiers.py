"""Which identifiers an event names, by the plan's identifier rules.

It reads one event and nothing else: whether a value is known is the graph's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ebbline.definitions.plan import IdentifierRule
from ebbline.events.event import Event
from ebbline.profiles.limits import EXTERNAL_IDS_MAX, IDENTIFIERS_PER_EVENT_MAX
from ebbline.profiles.normalise import identifier, plain

USER_ID = "user_id"
ANONYMOUS_ID = "anonymous_id"

# Calls whose own fields name a person beyond userId and anonymousId.
_NAMING_CALLS = frozenset({"identify", "alias"})

Pair = tuple[str, str]  # (type, normal value)


class IdentityRules:
    """The plan's identifier rules, made ready for the way of an event.

    `limits` maps a type to how many a profile may hold, `ranks` to its priority (0 is the
    highest). Build it once per plan. `blocked` counts the values met that identify nobody.
    """

    __slots__ = (
        "_device_ranked",
        "_named",
        "_user_first",
        "_user_ranked",
        "blocked",
        "limits",
        "ranks",
        "rules",
    )

    def __init__(self, rules: Iterable[IdentifierRule]) -> None:
        self.rules = tuple(rules)
        kept: dict[str, IdentifierRule] = {}
        for rule in self.rules:
            kept.setdefault(rule.type, rule)
        self.limits: dict[str, int] = {rule.type: rule.limit for rule in kept.values()}
        self.ranks: dict[str, int] = {name: rank for rank, name in enumerate(kept)}
        self._named = tuple(name for name in kept if name not in (USER_ID, ANONYMOUS_ID))
        self.blocked = 0
        self._user_ranked = USER_ID in kept
        self._device_ranked = ANONYMOUS_ID in kept
        lowest = len(kept)
        self._user_first = self.ranks.get(USER_ID, lowest) <= self.ranks.get(ANONYMOUS_ID, lowest)

    def rank(self, kind: str) -> int:
        """Priority of a type, 0 the highest; types no rule names any more come last."""
        return self.ranks.get(kind, len(self.ranks))

    def identifiers(self, event: Event) -> tuple[Pair, ...]:
        """The normalised (type, value) pairs an event names, highest priority first.

        Blocked values and repeats are left out; within a type the event's own order stays.
        Empty when the event names nobody.
        """
        user = event.user_id
        if user is not None:
            user = plain(user) if self._user_ranked else None
            if user is None:
                self.blocked += self._user_ranked
        device = event.anonymous_id
        if device is not None:
            device = plain(device) if self._device_ranked else None
            if device is None:
                self.blocked += self._device_ranked
        context = event.context
        kind = event.type
        if kind in _NAMING_CALLS or "traits" in context or "externalIds" in context:
            return self._all(event, user, device)
        if user is None:
            return () if device is None else ((ANONYMOUS_ID, device),)
        if device is None:
            return ((USER_ID, user),)
        if self._user_first:
            return ((USER_ID, user), (ANONYMOUS_ID, device))
        return ((ANONYMOUS_ID, device), (USER_ID, user))

    def names(self, event: Event) -> bool:
        """Whether an event names anybody at all; cheaper than asking who."""
        user = event.user_id
        if user is not None and self._user_ranked and plain(user) is not None:
            return True
        return bool(self.identifiers(event))

    def _all(self, event: Event, user: str | None, device: str | None) -> tuple[Pair, ...]:
        """The long way: calls that may carry more than the two usual identifiers."""
        found: dict[Pair, None] = {}
        if user is not None:
            found[USER_ID, user] = None
        if device is not None:
            found[ANONYMOUS_ID, device] = None
        if event.type == "alias" and user is not None:
            found |= dict.fromkeys(self._previous(event))
        found |= dict.fromkeys(self._from_traits(event))
        found |= dict.fromkeys(self._external(event.context))
        ranks = self.ranks
        ordered = sorted(found, key=lambda pair: ranks[pair[0]])
        return tuple(ordered[:IDENTIFIERS_PER_EVENT_MAX])

    def _previous(self, event: Event) -> Iterator[Pair]:
        """An alias call's `previousId`, under both meanings the Segment spec gives it."""
        previous = None if event.previous_id is None else plain(event.previous_id)
        self.blocked += previous is None and event.previous_id is not None
        if previous is not None:
            if self._user_ranked:
                yield USER_ID, previous
            if self._device_ranked:
                yield ANONYMOUS_ID, previous

    def _from_traits(self, event: Event) -> Iterator[Pair]:
        """Types a rule names, from `traits` of identify and `context.traits` of any call.

        The traits of a group call describe the account, so they identify nobody.
        """
        carried: Any = event.context.get("traits")
        holders = [carried] if isinstance(carried, dict) else []
        if event.type == "identify":
            holders.insert(0, event.traits)
        for name in self._named:
            for holder in holders:
                said = holder.get(name)
                if said is None:
                    continue
                value = identifier(name, said)
                if value is not None:
                    yield name, value
                else:
                    self.blocked += 1

    def _external(self, context: dict[str, Any]) -> Iterator[Pair]:
        """Entries of `context.externalIds` about people; all four keys are required."""
        entries = context.get("externalIds")
        if not isinstance(entries, list):
            return
        for entry in entries[:EXTERNAL_IDS_MAX]:
            if not isinstance(entry, dict) or entry.get("encoding") != "none":
                continue
            kind = entry.get("type")
            if entry.get("collection") == "users" and isinstance(kind, str) and kind in self.ranks:
                value = identifier(kind, entry.get("id"))
                if value is not None:
                    yield kind, value
