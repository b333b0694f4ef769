"""Memberships that depend on the past: `exit_when`, `hold`, `cooldown`, and what is set by hand.

They are no function of what is known at an instant, so they are remembered from look to look; a
look has to happen at every instant at which anything may change.
"""

from __future__ import annotations

from ebbline.definitions.plan import AudienceDef, Plan
from tests.laws import oracle
from tests.laws.facts import PersonFacts


def by_path(audience: AudienceDef) -> bool:
    """Whether an audience depends on how people came in or left."""
    return audience.exit_when is not None or audience.hold_ms > 0 or audience.cooldown_ms > 0


class Paths:
    """One person's memberships, and since when they last."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.member = {audience.name: False for audience in plan.audiences}
        self.since: dict[str, int] = {}
        self.forced: dict[str, tuple[bool, int | None]] = {}

    def copy(self) -> Paths:
        """The same past, for looking ahead."""
        other = Paths(self.plan)
        other.member, other.since = dict(self.member), dict(self.since)
        other.forced = dict(self.forced)
        return other

    def look(self, person: PersonFacts, now_ms: int) -> dict[str, bool]:
        """The memberships at an instant, one after the other, as later ones may ask for those
        before them."""
        told: dict[str, bool] = {}
        for audience in self.plan.audiences:
            name = audience.name
            told[name] = self._says(audience, person, now_ms, told)
            if told[name] != self.member[name]:
                self.since[name] = now_ms
        self.member = dict(told)
        return told

    def due(self) -> set[int]:
        """Instants at which a least time is over, or what was set by hand runs out."""
        found = {until_ms for _, until_ms in self.forced.values() if until_ms is not None}
        for audience in self.plan.audiences:
            since = self.since.get(audience.name)
            if since is not None and by_path(audience):
                found |= {since + audience.hold_ms, since + audience.cooldown_ms}
        return found

    def _says(
        self, audience: AudienceDef, person: PersonFacts, now_ms: int, told: dict[str, bool]
    ) -> bool:
        forced, until_ms = self.forced.get(audience.name, (None, None))
        if forced is not None and (until_ms is None or now_ms < until_ms):
            return forced
        enters = oracle.value(audience.when, person, self.plan, now_ms, told) is True
        if not by_path(audience):
            return enters
        leaves = not enters
        if audience.exit_when is not None:
            leaves = oracle.value(audience.exit_when, person, self.plan, now_ms, told) is True
        inside = self.member[audience.name]
        least_ms = audience.hold_ms if inside else audience.cooldown_ms
        since = self.since.get(audience.name)
        if since is not None and now_ms < since + least_ms:
            return inside
        return not leaves if inside else enters and not leaves
