"""What a preview says: plain records, instants in UTC milliseconds."""

from __future__ import annotations

import msgspec


class Effect(msgspec.Struct, frozen=True):
    """What becomes of one audience: people in it before and after, who enters and leaves.

    Counts are of those who satisfy it; `suppressed` and `restored` count people who stay in
    and for whom a priority group takes or gives effect. Samples are best identifiers.
    """

    audience: str
    before: int
    after: int
    enters: int
    leaves: int
    suppressed: int = 0
    restored: int = 0
    entering: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()


class TraitEffect(msgspec.Struct, frozen=True):
    """For how many people a published trait changes."""

    trait: str
    people: int


class Cost(msgspec.Struct, frozen=True):
    """What a destination would be sent: people, requests, and how long its documented rate
    makes that take. `fields` are by people; `note` says what stands in the way of reckoning."""

    destination: str
    people: int
    calls: int
    minutes: float
    fields: dict[str, int] = {}
    note: str = ""


class Preview(msgspec.Struct, frozen=True):
    """Everything, as of `at_ms` and the log entry `offset`. `people` is how many there are;
    `how` says what answered: "same", "refold" or "sql"."""

    at_ms: int
    offset: int
    people: int
    effects: tuple[Effect, ...] = ()
    traits: tuple[TraitEffect, ...] = ()
    costs: tuple[Cost, ...] = ()
    how: str = "same"
    seconds: float = 0.0
