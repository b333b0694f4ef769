"""The contacts of an account: written and read in batches of 100, by a unique property."""

from __future__ import annotations

from typing import Any

from ebbline.connectors.hubspot.sandbox.answers import Refused, batch, record_error
from ebbline.connectors.hubspot.sandbox.properties import Properties
from ebbline.connectors.request import Response

INPUTS_MAX = 100
RECORD_ID = "hs_object_id"


class Contacts:
    """Contacts by HubSpot's own id; values are text, as on the wire."""

    def __init__(self, properties: Properties) -> None:
        self.held: dict[str, dict[str, str]] = {}
        self._properties = properties
        self._by: dict[tuple[str, str], str] = {}  # ids by unique property and value
        self._next = 51

    def upsert(self, content: Any) -> Response:
        """Update who is there, create who is not. One bad record is reported beside the good
        ones; with several of them nothing is done at all."""
        inputs = self._inputs(content)
        names = {name for one in inputs for name in one.get("properties", {})}
        missing = self._properties.missing(names)
        if missing:
            text = f'Property "{missing}" does not exist'
            inner = {"message": text, "code": "PROPERTY_DOESNT_EXIST",
                     "context": {"propertyName": [missing]}}  # fmt: skip
            raise Refused(400, text, errors=[inner])
        problems = [self._problem(one) for one in inputs]
        bad = [text for text in problems if text]
        if len(bad) > 1 or (bad and "objectWriteTraceId" not in inputs[problems.index(bad[0])]):
            raise Refused(400, f"Property values were not valid: {bad[0]}")
        results, errors = [], []
        for one, problem in zip(inputs, problems, strict=True):
            trace = one.get("objectWriteTraceId")
            if problem:
                errors.append(record_error(problem, {"objectWriteTraceId": [str(trace)]}))
            else:
                row = self._write(one)
                results.append(row if trace is None else row | {"objectWriteTraceId": trace})
        # The order is not promised, so nobody may rely on it.
        return batch(results[::-1], errors)

    def read(self, content: Any) -> Response:
        """Those who are there; the others are named in an error."""
        inputs = self._inputs(content)
        kind = content.get("idProperty", RECORD_ID)
        self._check_unique(kind)
        wanted = content.get("properties", [])
        missing = self._properties.missing(set(wanted) - {RECORD_ID})
        wanted = [name for name in wanted if name != missing]
        found, lost = [], []
        for one in inputs:
            record = self.find(kind, one["id"])
            if record is None:
                lost.append(one["id"])
            else:
                held = self.held[record] | {RECORD_ID: record}
                row = {name: held.get(name) for name in (*wanted, RECORD_ID)}
                found.append({"id": record, "properties": row, "archived": False})
        errors = [record_error("Could not get some CONTACT objects, they may be deleted or not "
                               "exist. Check that ids are valid.", {"ids": lost},
                               "OBJECT_NOT_FOUND")] if lost else []  # fmt: skip
        return batch(found[::-1], errors)

    def archive(self, content: Any) -> list[str]:
        """Remove contacts; gives the ids of those that were there."""
        gone = [one["id"] for one in self._inputs(content) if one["id"] in self.held]
        for record in gone:
            del self.held[record]
        self._by = {key: record for key, record in self._by.items() if record in self.held}
        return gone

    def erase(self, content: Any) -> list[str]:
        """Forget a person for good."""
        record = self.find(content.get("idProperty", RECORD_ID), content.get("objectId", ""))
        if record is None:
            raise Refused(404, "resource not found")
        return self.archive({"inputs": [{"id": record}]})

    def find(self, kind: str, value: str) -> str | None:
        """The id of a contact by a unique property."""
        if kind == RECORD_ID:
            return value if value in self.held else None
        return self._by.get((kind, value.lower()))

    def _inputs(self, content: Any) -> list[dict[str, Any]]:
        inputs = content.get("inputs") if isinstance(content, dict) else None
        if not isinstance(inputs, list) or not inputs:
            raise Refused(400, "Invalid input JSON: inputs are required")
        if len(inputs) > INPUTS_MAX:
            raise Refused(400, f"The maximum number of inputs is {INPUTS_MAX}")
        if not all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in inputs):
            raise Refused(400, "Invalid input JSON: id is required")
        named = [(one.get("idProperty"), one["id"].lower()) for one in inputs]
        if len(set(named)) < len(named):
            raise Refused(400, "Duplicate IDs found in batch input")
        return inputs

    def _check_unique(self, kind: str) -> None:
        if kind != RECORD_ID and kind not in self._properties.unique:
            raise Refused(400, f"{kind} is not a unique property")

    def _problem(self, one: dict[str, Any]) -> str:
        kind = one.get("idProperty", RECORD_ID)
        self._check_unique(kind)
        if kind == RECORD_ID and one["id"] not in self.held:
            return f"No CONTACT with id {one['id']}"
        given = dict(one.get("properties", {}))
        if kind != RECORD_ID:
            given[kind] = one["id"]
        told = (self._properties.problem(name, text) for name, text in given.items())
        return next((problem for problem in told if problem), "")

    def _write(self, one: dict[str, Any]) -> dict[str, Any]:
        kind = one.get("idProperty", RECORD_ID)
        record = self.find(kind, one["id"])
        new = record is None
        if record is None:
            record = str(self._next)
            self._next += 1
            self.held[record] = {kind: one["id"].lower()}
        held = self.held[record]
        for name, text in one.get("properties", {}).items():
            held[name] = text.lower() if name == "email" else text
            if not text:
                del held[name]
        for name in self._properties.unique & held.keys():
            self._by[(name, held[name].lower())] = record
        return {"id": record, "properties": {**held, RECORD_ID: record}, "archived": False,
                "new": new}  # fmt: skip

    def listed(self) -> list[dict[str, Any]]:
        """Everybody, in the order they came."""
        return [{"id": record, "properties": held} for record, held in self.held.items()]
