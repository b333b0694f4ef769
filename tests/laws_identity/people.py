"""Short spellings of events and graphs for the identity tests."""

from __future__ import annotations

from typing import Any

from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, IdentifierRule
from ebbline.events.event import Event
from ebbline.profiles.graph_memory import GraphMemory
from ebbline.profiles.identifiers import IdentityRules
from ebbline.profiles.resolve import Resolution, resolve

RULES = IdentityRules(DEFAULT_IDENTIFIERS)
WIDE = IdentityRules([IdentifierRule(rule.type, 10**6) for rule in DEFAULT_IDENTIFIERS])


def event(at_ms: int = 1, kind: str = "identify", **said: Any) -> Event:
    """An event at `at_ms`; user, device, email and previous name people, `id` is its messageId."""
    traits = dict(said.get("traits", {}))
    if "email" in said:
        traits["email"] = said["email"]
    return Event(
        message_id=said.get("id", f"m{at_ms}"),
        type=kind,  # type: ignore[arg-type]
        name=kind,
        time_ms=at_ms,
        received_ms=at_ms,
        user_id=said.get("user"),
        anonymous_id=said.get("device"),
        properties={},
        traits=traits,
        context=said.get("context", {}),
        previous_id=said.get("previous"),
    )


class Town:
    """A graph that events are fed to one by one; new people get ids 1, 2, 3."""

    def __init__(self, rules: IdentityRules = RULES) -> None:
        self.rules = rules
        self.graph = GraphMemory(rules)
        self.last_id = 0

    def feed(self, fed: Event) -> Resolution:
        """Resolve and apply one event that names somebody."""
        resolution = resolve(self.graph, self.rules, fed, self.last_id + 1)
        assert resolution is not None
        self.graph.apply(resolution, fed)
        self.last_id += resolution.created
        return resolution

    def say(self, at_ms: int = 1, kind: str = "identify", **said: Any) -> Resolution:
        """`feed(event(...))`."""
        return self.feed(event(at_ms, kind, **said))

    def parts(self) -> set[frozenset[tuple[str, str]]]:
        """The partition of identifiers into people."""
        return {
            frozenset((link.type, link.value) for link in self.graph.identifiers(profile))
            for profile in self.graph.profiles()
        }
