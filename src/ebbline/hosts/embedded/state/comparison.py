"""One person under two plans: what has to be said so that whoever follows the ledger is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ebbline import engine
from ebbline.engine.standing import Standing, bits_of
from ebbline.hosts.embedded.state.limits import EXCHANGE_PEOPLE

Saying = tuple[str, str, Any]  # kind of ledger entry, definition, value


class Naming:
    """What the bits and numbers of packed profiles are called under one plan."""

    def __init__(self, tables: engine.Tables) -> None:
        self._audiences, self._traits = tables.audiences, tables.traits
        self.publishes = any(
            sync.trait for destination in tables.plan.destinations for sync in destination.sync
        )
        self._known: dict[tuple[bytes, bytes], dict[str, bool]] = {}

    def memberships(self, standing: Standing) -> dict[str, bool]:
        """Audiences a person is in, and whether each is effective."""
        key = (standing.raw, standing.effective)
        found = self._known.get(key)
        if found is None:
            effective = set(bits_of(standing.effective))
            found = {self._audiences[b]: b in effective for b in bits_of(standing.raw)}
            if len(self._known) < EXCHANGE_PEOPLE:  # many people are in the same audiences
                self._known[key] = found
        return found

    def traits(self, standing: Standing) -> dict[str, Any]:
        """Traits as they were last published."""
        return {self._traits[number]: value for number, value in standing.published()}


def membership_sayings(was: Mapping[str, bool], now: Mapping[str, bool]) -> list[Saying]:
    """Entries, exits and turns of priority between two sets of memberships, by name.

    >>> membership_sayings({"vip": True, "new": True}, {"vip": False, "buyer": True})
    [('entered', 'buyer', True), ('exited', 'new', False), ('suppressed', 'vip', False)]
    """
    found: list[Saying] = []
    if was == now:
        return found
    for name in sorted(was.keys() | now.keys()):
        effective = now.get(name)
        if was.get(name) == effective:
            continue
        if effective is None:
            found.append(("exited", name, False))
        elif name not in was:
            found.append(("entered", name, effective))
        else:
            found.append(("restored" if effective else "suppressed", name, effective))
    return found


def trait_sayings(held: Mapping[str, Any], holds: Mapping[str, Any]) -> list[Saying]:
    """Published values that differ; one that is no longer published becomes null."""
    return [
        ("trait", name, holds.get(name))
        for name in sorted(held.keys() | holds.keys())
        if not _same(held.get(name), holds.get(name))
    ]


def _same(one: Any, other: Any) -> bool:
    """Equal for a destination too, to which 1 and true are different values."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
