"""What a change makes destinations be sent: who, how many requests, how long at their rate.

It reckons from what a destination would hold under the old plan once deliver has caught up.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import msgspec

from ebbline.connectors import Connector, connector_of
from ebbline.connectors.registry import stood_in
from ebbline.definitions.plan import DestinationDef, Plan, SyncDef
from ebbline.delivery import Limits
from ebbline.delivery.person import differs
from ebbline.errors import SetupError
from ebbline.hosts.embedded.preview.records import Cost
from ebbline.hosts.embedded.preview.sides import Side
from ebbline.profiles.graph import Identifier

_MINUTE_MS = 60_000
_identifiers = msgspec.json.Decoder(tuple[Identifier, ...])


class Bill:
    """One destination's share, added up person by person."""

    def __init__(self, destination: DestinationDef, old: Plan) -> None:
        self._destination = destination
        before = next((d for d in old.destinations if d.name == destination.name), None)
        held = {sync.field: sync for sync in before.sync} if before is not None else {}
        self._syncs = [(sync, held.get(sync.field)) for sync in destination.sync]
        # Fields whose value may be news to the destination though nobody's state changes.
        self.fresh = any(
            known is None or (known.audience, known.trait) != (sync.audience, sync.trait)
            for sync, known in self._syncs
        )
        self._fields: Counter[str] = Counter()
        self._people = self._objects = 0
        self._note = ""
        self._settings: Any = None
        self._connector, self._limits = self._vendor()

    def add(self, before: Side, after: Side) -> None:
        """Reckon with one person."""
        changed = [
            sync.field
            for sync, known in self._syncs
            if differs(_value(sync, after), _held(known, sync, before), sync.min_change)
        ]
        if not changed:
            return
        identifiers = _identifiers.decode(after.identifiers or before.identifiers or b"[]")
        if self._is_unknown(identifiers):
            return  # the destination has no name for this person
        self._fields.update(changed)
        self._people += 1
        self._objects += len(changed) if self._by_field() else 1

    def cost(self) -> Cost:
        """The sum."""
        limits, calls, minutes = self._limits, 0, 0.0
        if limits is not None and self._objects:
            calls = math.ceil(self._objects / limits.objects_max)
            # A full bucket goes at once; the rest as the window fills it again.
            waiting = max(0, calls - limits.requests)
            minutes = waiting * limits.window_ms / limits.requests / _MINUTE_MS
        return Cost(self._destination.name, self._people, calls, round(minutes, 2),
                    dict(sorted(self._fields.items())), self._note)  # fmt: skip

    def _is_unknown(self, identifiers: tuple[Identifier, ...]) -> bool:
        if self._connector is None or self._settings is None:
            return False
        return self._connector.address(identifiers, self._settings) is None

    def _by_field(self) -> bool:
        return self._limits is not None and self._limits.counts == "fields"

    def _vendor(self) -> tuple[Connector | None, Limits | None]:
        try:
            connector = connector_of(self._destination.type)
        except SetupError as error:
            self._note = str(error)
            return None, None
        settings: Any = connector.read_settings(stood_in(connector, self._destination.settings))
        if isinstance(settings, tuple):
            self._note = "; ".join(f"{each.where}: {each.message}" for each in settings)
            return connector, None
        self._settings = settings
        return connector, connector.limits(settings)


def _value(sync: SyncDef, side: Side) -> Any:
    """What a destination is to hold of one person."""
    if sync.audience:
        return side.memberships.get(sync.audience, False)
    return side.traits.get(sync.trait)


def _held(known: SyncDef | None, sync: SyncDef, side: Side) -> Any:
    """What it holds: of a field that it was never sent, what is taken for nothing."""
    if known is None:
        return False if sync.audience else None
    return _value(known, side)
