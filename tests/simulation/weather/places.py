"""The destinations a storm can visit: a definition, a sandbox, and what the sandbox holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from ebbline.connectors.braze.sandbox import Workspace
from ebbline.connectors.webhook.sandbox import Receiver
from ebbline.definitions.plan import DestinationDef, SyncDef
from tests.simulation.delivery.world import AUDIENCES, TRAIT_NAME

MIN_CHANGE = 5
Held = dict[str, dict[str, Any]]
"""By the value of an address: fields and their values, in our terms."""

SYNCS = (
    *(SyncDef(name, audience=name) for name in AUDIENCES),
    SyncDef(TRAIT_NAME, trait=TRAIT_NAME, min_change=MIN_CHANGE),
)


class Place(msgspec.Struct, frozen=True):
    """One destination. `host` is that of its endpoint, by which requests find the sandbox."""

    name: str
    host: str
    definition: DestinationDef
    vendor: Callable[[], Any]
    held: Callable[[Any], Held]


def _braze_held(workspace: Any) -> Held:
    found = {}
    for user in workspace.users.listed():
        name = user.get("external_id") or user["user_alias"]["alias_name"]
        found[name] = user["custom_attributes"]
    return found


def _webhook_held(receiver: Any) -> Held:
    return {name.partition(":")[2]: held for name, held in receiver.people.items()}


BRAZE = Place(
    "braze",
    "rest.example",
    DestinationDef("braze", "braze", {"endpoint": "https://rest.example", "key": "env:KEY"}, SYNCS),
    lambda: Workspace("secret", objects_max=75, requests=3_000, window_ms=3_000),
    _braze_held,
)
HEALTHY = Place(
    "healthy",
    "healthy.example",
    DestinationDef("healthy", "webhook", {"url": "https://healthy.example/in"}, SYNCS),
    lambda: Receiver(None, requests=1_000, window_ms=1_000),
    _webhook_held,
)
HOOK = Place(
    "hook",
    "hook.example",
    DestinationDef("hook", "webhook", {"url": "https://hook.example/in", "batch_size": 20}, SYNCS),
    lambda: Receiver(None, requests=1_000, window_ms=1_000),
    _webhook_held,
)
PLACES = (BRAZE, HOOK)
READABLE = (BRAZE,)
"""Those that can be read back."""
ENVIRON = {"KEY": "secret"}
