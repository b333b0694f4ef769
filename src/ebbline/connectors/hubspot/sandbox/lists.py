"""The lists of an account and who is in them."""

from __future__ import annotations

from typing import Any

from ebbline.connectors.hubspot.sandbox.answers import Refused, answer
from ebbline.connectors.hubspot.sandbox.contacts import Contacts
from ebbline.connectors.request import Response

CONTACT_TYPE = "0-1"
PAGE_MAX = 250
_WRITABLE = ("MANUAL", "SNAPSHOT")


class Lists:
    """Lists by id, each with its members by the contact's id."""

    def __init__(self, contacts: Contacts) -> None:
        self.held: dict[str, dict[str, Any]] = {}
        self.members: dict[str, dict[str, None]] = {}
        self._contacts = contacts
        self._next = 12

    def create(self, content: Any) -> Response:
        """A new list; its name must be new too."""
        name = content.get("name") if isinstance(content, dict) else None
        kind = content.get("processingType") if isinstance(content, dict) else None
        if not name or kind not in (*_WRITABLE, "DYNAMIC"):
            raise Refused(400, "name and processingType are required")
        if content.get("objectTypeId") != CONTACT_TYPE:
            raise Refused(400, "objectTypeId is required")
        if any(held["name"] == name for held in self.held.values()):
            raise Refused(400, f"List name {name} is already in use")
        record = str(self._next)
        self._next += 1
        self.held[record] = {"listId": record, "name": name, "objectTypeId": CONTACT_TYPE,
                             "processingType": kind}  # fmt: skip
        self.members[record] = {}
        return answer(200, {"list": self.held[record]})

    def named(self, name: str) -> Response:
        """A list by its name."""
        for held in self.held.values():
            if held["name"] == name:
                return answer(200, {"list": held})
        raise Refused(404, f"List does not exist with name {name}.")

    def change(self, record: str, verb: str, content: Any) -> Response:
        """Put contacts in, take them out, or both; ids that nobody has are told."""
        held = self._list(record)
        if held["processingType"] not in _WRITABLE:
            raise Refused(400, "Memberships of a DYNAMIC list cannot be changed")
        add, remove = _ids(verb, content)
        members = self.members[record]
        added = [one for one in add if one in self._contacts.held and one not in members]
        removed = [one for one in remove if one in members]
        missing = [one for one in (*add, *remove) if one not in self._contacts.held]
        members.update(dict.fromkeys(added))
        for one in removed:
            del members[one]
        return answer(200, {"recordsIdsAdded": added, "recordIdsRemoved": removed,
                            "recordIdsMissing": missing})  # fmt: skip

    def page(self, record: str, query: dict[str, str]) -> Response:
        """Some of a list's members."""
        self._list(record)
        texts = (query.get("limit", "100"), query.get("after", "0"))
        limit, start = (int(text) if text.isdecimal() else -1 for text in texts)
        if not 0 < limit <= PAGE_MAX or start < 0:
            raise Refused(400, f"limit must be between 1 and {PAGE_MAX}, after a page's own")
        all_of_them = list(self.members[record])
        content: dict[str, Any] = {
            "results": [{"recordId": one} for one in all_of_them[start : start + limit]]
        }
        if start + limit < len(all_of_them):
            content["paging"] = {"next": {"after": str(start + limit)}}
        return answer(200, content)

    def of(self, contact: str) -> Response:
        """The lists somebody is in."""
        there = [{"listId": one} for one, members in self.members.items() if contact in members]
        return answer(200, {"results": there})

    def forget(self, gone: list[str]) -> None:
        """Contacts are no more, and so are their memberships."""
        for members in self.members.values():
            for one in gone:
                members.pop(one, None)

    def delete(self, record: str) -> None:
        """Somebody has removed a list by hand."""
        del self.held[record], self.members[record]

    def _list(self, record: str) -> dict[str, Any]:
        if record not in self.held:
            raise Refused(404, f"List does not exist with ID {record}.")
        return self.held[record]


def _ids(verb: str, content: Any) -> tuple[list[str], list[str]]:
    if verb == "add-and-remove" and isinstance(content, dict):
        add, remove = content.get("recordIdsToAdd", []), content.get("recordIdsToRemove", [])
    elif verb in ("add", "remove") and isinstance(content, list):
        add, remove = (content, []) if verb == "add" else ([], content)
    else:
        raise Refused(400, "Invalid input JSON: record ids are required")
    return [str(one) for one in add], [str(one) for one in remove]
