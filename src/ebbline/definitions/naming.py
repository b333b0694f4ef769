"""The tracking plan's spellings of event names, for whoever makes them canonical."""

from __future__ import annotations

from ebbline.definitions.plan import TrackingPlan


def event_aliases(tracking: TrackingPlan) -> dict[str, str]:
    """Spelling to planned name, each planned name to itself: what `events.Names` takes."""
    aliases = {alias: rule.name for rule in tracking.events.values() for alias in rule.aliases}
    return aliases | {rule.name: rule.name for rule in tracking.events.values()}
