"""People who change, log in and turn out to be one; the ledger an engine would write of it."""

from __future__ import annotations

from random import Random

from ebbline.delivery import LedgerRow
from ebbline.delivery.ledger import ENTERED, EXITED, LINKED, MERGED, TRAIT
from ebbline.profiles.graph import Identifier

AUDIENCES = ("high_intent", "vip", "churn")
TRAIT_NAME = "lead_score"


class World:
    """The truth: who holds which identifiers and is in which audiences."""

    def __init__(self, rng: Random, people: int) -> None:
        self.rng = rng
        self.rows: list[LedgerRow] = []
        self.identifiers: dict[int, tuple[Identifier, ...]] = {}
        self.members: dict[int, set[str]] = {}
        self.scores: dict[int, float | None] = {}
        self.next_id = 1
        self.devices = 0
        for _ in range(people):
            self._arrive()

    def step(self, now_ms: int) -> None:
        """Something happens to somebody."""
        profile = self.rng.choice(list(self.identifiers))
        draw = self.rng.random()
        if draw < 0.70:
            self._flip(profile, self.rng.choice(AUDIENCES), now_ms)
        elif draw < 0.85:
            self._score(profile, self.rng.choice([None, *range(0, 40, 3)]), now_ms)
        elif draw < 0.93:
            self._log_in(profile, now_ms)
        elif draw < 0.97:
            self._merge(profile, self.rng.choice(list(self.identifiers)), now_ms)
        else:
            self._arrive()

    def _arrive(self) -> None:
        profile, self.next_id = self.next_id, self.next_id + 1
        self.devices += 1
        kind, value = "anonymous_id", f"device-{self.devices}"
        if self.rng.random() < 0.4:
            kind, value = "user_id", f"user-{profile}"
        elif self.rng.random() < 0.2:
            kind, value = "email", f"{profile}@x.org"
        held = [Identifier(kind, value, "m", 0)]
        if kind != "email" and self.rng.random() < 0.5:
            held.append(Identifier("email", f"{profile}@x.org", "m", 0))
        self.identifiers[profile] = tuple(held)
        self.members[profile] = set()
        self.scores[profile] = None

    def _row(self, profile: int, kind: int, name: str, now_ms: int, value: object) -> None:
        self.rows.append(LedgerRow(len(self.rows) + 1, profile, kind, name, now_ms, value))

    def _flip(self, profile: int, audience: str, now_ms: int) -> None:
        held = self.members[profile]
        held ^= {audience}
        kind = ENTERED if audience in held else EXITED
        self._row(profile, kind, audience, now_ms, int(audience in held))

    def _score(self, profile: int, score: float | None, now_ms: int) -> None:
        if score != self.scores[profile]:
            self.scores[profile] = score
            self._row(profile, TRAIT, TRAIT_NAME, now_ms, score)

    def _own(self, profile: int, added: tuple[Identifier, ...]) -> None:
        order = ("user_id", "email", "anonymous_id")
        both = {(one.type, one.value): one for one in (*self.identifiers[profile], *added)}
        ranked = sorted(both.values(), key=lambda one: (order.index(one.type), one.value))
        self.identifiers[profile] = tuple(ranked)

    def _log_in(self, profile: int, now_ms: int) -> None:
        if any(one.type == "user_id" for one in self.identifiers[profile]):
            self.devices += 1
            added = Identifier("anonymous_id", f"device-{self.devices}", "m", 0)
        else:
            added = Identifier("user_id", f"user-{profile}", "m", 0)
        self._own(profile, (added,))
        self._row(profile, LINKED, added.type, now_ms, added.value)

    def _merge(self, winner: int, loser: int, now_ms: int) -> None:
        users = [
            one
            for profile in (winner, loser)
            for one in self.identifiers[profile]
            if one.type == "user_id"
        ]
        if winner == loser or len(users) > 1:
            return
        self._own(winner, self.identifiers.pop(loser))
        self._row(loser, MERGED, "", now_ms, winner)
        for audience in sorted(self.members.pop(loser)):
            if audience not in self.members[winner] and self.rng.random() < 0.7:
                self._flip(winner, audience, now_ms)
        self.scores.pop(loser)
