"""The leads of an instance: up to 300 in a call, by a field that can be searched."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from ebbline.connectors.marketo.sandbox.answers import Refused, paged, skipped, success
from ebbline.connectors.request import Response

RECORDS_MAX = 300
ACTIONS = ("createOrUpdate", "createOnly", "updateOnly", "createDuplicate")
_OWN = {"id": "integer", "email": "email", "firstName": "string", "lastName": "string"}
_JSON: dict[str, type | tuple[type, ...]] = {"boolean": bool, "integer": int, "float": (int, float)}


class Leads:
    """Leads by Marketo's own id. `types` are the types of all fields, `unique` those that leads
    can be looked up by."""

    def __init__(self, fields: Mapping[str, str], unique: Iterable[str] = ()) -> None:
        self.types = _OWN | dict(fields)
        self.unique = ["email", "id", *unique]
        self.held: dict[int, dict[str, Any]] = {}
        self._next = 50

    def described(self) -> Response:
        """All fields and those that can be searched."""
        fields = [
            {"name": name, "displayName": name, "dataType": kind, "updateable": name != "id",
             "crmManaged": False}
            for name, kind in self.types.items()
        ]  # fmt: skip
        searchable = [[name] for name in self.unique]
        return success([{"name": "API Lead", "searchableFields": searchable, "fields": fields}])

    def sync(self, content: Any) -> Response:
        """Write each record that can be written; the results are in the records' order."""
        records = _records(content)
        action = content.get("action", "createOrUpdate")
        key = content.get("lookupField", "email")
        if action not in ACTIONS:
            raise Refused("1003", f"Invalid value '{action}' for action")
        if key not in self.types:
            raise Refused("1006", f"Field '{key}' not found")
        if key not in self.unique or (key == "id" and action != "updateOnly"):
            raise Refused("1011", f"Lookup field '{key}' is not supported")
        return success([self._one(record, action, key) for record in records])

    def found(self, form: Mapping[str, str]) -> Response:
        """Leads by a field's values."""
        key, values = form.get("filterType", ""), form.get("filterValues", "").split(",")
        if key not in self.unique:
            raise Refused("1003", f"Invalid filterType '{key}'")
        if len(values) > RECORDS_MAX:
            raise Refused("1003", f"At most {RECORDS_MAX} filterValues")
        wanted = {value.lower() for value in values}
        rows = [row for row in self.held.values() if str(row.get(key, "")).lower() in wanted]
        return paged([self.shown(row, form) for row in rows], form)

    def shown(self, row: Mapping[str, Any], form: Mapping[str, str]) -> dict[str, Any]:
        """A lead with the fields that were asked for; null where it holds nothing."""
        names = form.get("fields", "id,email,firstName,lastName").split(",")
        strange = next((name for name in names if name not in self.types), "")
        if strange:
            raise Refused("1006", f"Field '{strange}' not found")
        return {name: row.get(name) for name in names} | {"id": row["id"]}

    def delete(self, content: Any) -> tuple[list[int], Response]:
        """Remove leads; gives the ids of those that were there."""
        gone, told = [], []
        for record in _records(content):
            lead = record.get("id")
            if lead in self.held:
                del self.held[lead]
                gone.append(lead)
                told.append({"id": lead, "status": "deleted"})
            else:
                told.append(skipped("1004", f"Lead '{lead}' not found", id=lead))
        return gone, success(told)

    def _one(self, record: Any, action: str, key: str) -> dict[str, Any]:
        problem = self._problem(record, key)
        if problem:
            return skipped(*problem)
        there = [lead for lead, row in self.held.items()
                 if str(row.get(key, "")).lower() == str(record[key]).lower()]  # fmt: skip
        if len(there) > 1 and action != "createDuplicate":
            return skipped("1007", "Multiple lead match lookup criteria")
        if there and action == "createOnly":
            return skipped("1005", "Lead already exists")
        if not there and action == "updateOnly":
            return skipped("1004", "Lead not found")
        new = not there or action == "createDuplicate"
        lead = self._next if new else there[0]
        if new:
            self._next += 1
            self.held[lead] = {"id": lead}
        for name, value in record.items():
            if value is None:
                self.held[lead].pop(name, None)
            elif name != "id":
                self.held[lead][name] = value
        return {"id": lead, "status": "created" if new else "updated"}

    def _problem(self, record: Any, key: str) -> tuple[str, str] | None:
        if not isinstance(record, dict) or record.get(key) in (None, ""):
            return "1002", f"Missing value for required parameter '{key}'"
        for name, value in record.items():
            kind = self.types.get(name)
            if kind is None:
                return "1006", f"Field '{name}' not found"
            if value is not None and not _fits(kind, value):
                return "1001", f"Invalid value '{value}'. Required of type '{kind}'"
        email = record.get("email", "")
        if email and (not email.isascii() or "@" not in email):
            return "1003", f"Email '{email}' is not valid"
        return None


def _records(content: Any) -> list[Any]:
    records = content.get("input") if isinstance(content, dict) else None
    if not isinstance(records, list) or not records:
        raise Refused("609", "Invalid JSON: input is required")
    if len(records) > RECORDS_MAX:
        raise Refused("1003", f"At most {RECORDS_MAX} records")
    return records


def _fits(kind: str, value: Any) -> bool:
    if kind == "datetime":
        return isinstance(value, str) and _is_instant(value)
    wanted = _JSON.get(kind, str)
    return isinstance(value, wanted) and (kind == "boolean" or not isinstance(value, bool))


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
