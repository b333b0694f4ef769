"""The custom events of an account: defined by hand, then told for a contact."""

from __future__ import annotations

from typing import Any

from ebbline.connectors.hubspot.sandbox.answers import Refused, answer
from ebbline.connectors.hubspot.sandbox.contacts import Contacts
from ebbline.connectors.request import Response

EVENTS_MAX = 500  # in one batch


class Events:
    """Definitions with their properties, and what was told; a repeat has the id of the first."""

    def __init__(self, contacts: Contacts, defined: dict[str, frozenset[str]]) -> None:
        self.defined = defined
        self.told: dict[str, dict[str, Any]] = {}
        self._contacts = contacts

    def send(self, inputs: list[Any]) -> Response:
        """Take all of the events, or none."""
        if not inputs or len(inputs) > EVENTS_MAX:
            raise Refused(400, f"Between 1 and {EVENTS_MAX} events are required")
        for one in inputs:
            self._check(one)
        for number, one in enumerate(inputs):
            key = one.get("uuid") or f"{len(self.told)}-{number}"
            self.told.setdefault(key, one)
        return answer(204)

    def _check(self, one: Any) -> None:
        name = one.get("eventName") if isinstance(one, dict) else None
        if name not in self.defined:
            raise Refused(404, f"Event type {name} does not exist")
        strange = min(one.get("properties", {}).keys() - self.defined[name], default="")
        if strange:
            raise Refused(400, f"{strange} is not a property of {name}")
        if not any(one.get(key) for key in ("email", "objectId", "utk")):
            raise Refused(400, "One of email, objectId or utk is required")
        if one.get("objectId") and one["objectId"] not in self._contacts.held:
            raise Refused(400, f"No contact {one['objectId']}", context={"id": [one["objectId"]]})
