"""Somebody who reads the log beside the system and knows, at every entry, who has done what.

It shares the rules of identity with the system and nothing else: no fold, no wakes, no caches.
"""

from __future__ import annotations

from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.resolve import resolve
from tests.laws import oracle
from tests.laws.facts import PersonFacts


class Witness:
    """Everybody's whole list of events, as of the log entries told so far."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._rules = IdentityRules(plan.identifiers)
        self._graph = GraphMemory(self._rules)
        self._heard: set[str] = set()
        self._next = 1
        self.people: dict[int, list[Event]] = {}

    def tell(self, events: list[Event]) -> None:
        """Take in one log entry; what was heard before is passed over."""
        for event in events:
            if event.message_id in self._heard:
                continue
            self._heard.add(event.message_id)
            resolution = resolve(self._graph, self._rules, event, self._next)
            if resolution is None:
                continue
            self._graph.apply(resolution, event)
            self._next += resolution.created
            theirs = self.people.setdefault(resolution.profile, [])
            for _, loser in resolution.merges:
                theirs += self.people.pop(loser)
            theirs.append(event)

    def audiences(self, profile: int, now_ms: int) -> set[str]:
        """The audiences a person satisfies, from the whole list of events."""
        facts = PersonFacts(tuple(self.people[profile]))
        held = oracle.memberships(self._plan, facts, now_ms)
        return {name for name, is_in in held.items() if is_in}
