"""Static lists and campaigns of an instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from ebbline.connectors.marketo.sandbox.answers import Refused, paged, skipped, success
from ebbline.connectors.marketo.sandbox.leads import RECORDS_MAX, Leads
from ebbline.connectors.request import Response

TRIGGER_LEADS_MAX = 100


class Lists:
    """Static lists by id, each with its members."""

    def __init__(self, leads: Leads) -> None:
        self.names: dict[int, str] = {}
        self.members: dict[int, dict[int, None]] = {}
        self._leads = leads
        self._next = 1001

    def make(self, name: str) -> int:
        """A new list."""
        record, self._next = self._next, self._next + 1
        self.names[record], self.members[record] = name, {}
        return record

    def create(self, form: Mapping[str, str]) -> Response:
        """A new list in a folder, as the asset API makes it."""
        try:
            folder = msgspec.json.decode(form.get("folder", ""))
        except msgspec.DecodeError:
            folder = None
        if not isinstance(folder, dict) or folder.get("type") not in ("Folder", "Program"):
            raise Refused("701", "folder cannot be blank")
        name = form.get("name", "")
        if not name or name in self.names.values():
            raise Refused("709", f"List name '{name}' is blank or taken")
        return success([{"id": self.make(name), "name": name, "folder": folder}])

    def named(self, query: Mapping[str, str]) -> Response:
        """Lists by name or by id."""
        return paged(by_name(self.names, query), query)

    def change(self, record: int, ids: list[str], *, add: bool) -> Response:
        """Put leads in or take them out; each has its own result, in order."""
        members = self._members(record)
        if not 0 < len(ids) <= RECORDS_MAX:
            raise Refused("1003", f"Between 1 and {RECORDS_MAX} ids are required")
        told: list[dict[str, Any]] = []
        for text in ids:
            lead = int(text) if text.isdigit() else -1
            if lead not in self._leads.held:
                told.append(skipped("1004", f"Lead '{text}' not found", id=lead))
            elif add:
                members[lead] = None
                told.append({"id": lead, "status": "added"})
            elif lead in members:
                del members[lead]
                told.append({"id": lead, "status": "removed"})
            else:
                told.append(skipped("1015", f"Lead '{text}' not in list", id=lead))
        return success(told)

    def page(self, record: int, query: Mapping[str, str]) -> Response:
        """Some of a list's members."""
        held = self._leads.held
        rows = [self._leads.shown(held[lead], query) for lead in self._members(record)]
        return paged(rows, query)

    def has(self, record: int, ids: list[str]) -> Response:
        """Whether leads are members."""
        members = self._members(record)
        told: list[dict[str, Any]] = []
        for text in ids:
            lead = int(text) if text.isdigit() else -1
            if lead not in self._leads.held:
                told.append(skipped("1004", f"Lead '{text}' not found", id=lead))
            else:
                status = "memberof" if lead in members else "notmemberof"
                told.append({"id": lead, "status": status})
        return success(told)

    def forget(self, gone: list[int]) -> None:
        """Leads are no more, and so are their memberships."""
        for members in self.members.values():
            for lead in gone:
                members.pop(lead, None)

    def _members(self, record: int) -> dict[int, None]:
        if record not in self.members:
            raise Refused("1013", f"List with id '{record}' not found")
        return self.members[record]


class Campaigns:
    """Trigger campaigns by id, and who was sent through them."""

    def __init__(self, leads: Leads, names: Mapping[int, str]) -> None:
        self.names = dict(names)
        self.started: list[dict[str, Any]] = []
        self._leads = leads

    def named(self, query: Mapping[str, str]) -> Response:
        """Campaigns by name or by id."""
        return paged(by_name(self.names, query), query)

    def start(self, record: int, content: Any) -> Response:
        """Send leads through a campaign: all of them, or nobody."""
        if record not in self.names:
            raise Refused("1013", f"Campaign with id '{record}' not found")
        told = content.get("input") if isinstance(content, dict) else None
        leads = told.get("leads") if isinstance(told, dict) else None
        if not isinstance(leads, list) or not 0 < len(leads) <= TRIGGER_LEADS_MAX:
            raise Refused("1003", f"Between 1 and {TRIGGER_LEADS_MAX} leads are required")
        ids = [one.get("id") for one in leads]
        missing = next((lead for lead in ids if lead not in self._leads.held), None)
        if missing is not None:
            raise Refused("1004", f"Lead '{missing}' not found")
        tokens = {one["name"]: one["value"] for one in (told or {}).get("tokens", ())}
        self.started += [{"campaign": record, "lead": lead, "tokens": tokens} for lead in ids]
        return success([{"id": record}])


def by_name(names: Mapping[int, str], query: Mapping[str, str]) -> list[dict[str, Any]]:
    """Things by the name or the id that a query asks for."""
    return [
        {"id": record, "name": name}
        for record, name in names.items()
        if query.get("name", name) == name and query.get("id", str(record)) == str(record)
    ]
