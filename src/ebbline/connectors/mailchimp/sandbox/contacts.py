"""The contacts of an audience: what has been applied to them, and what is refused."""

from __future__ import annotations

import hashlib
import re
from typing import Any

BATCH_MAX = 500  # contacts in one request
TEXT_CHARACTERS_MAX = 255  # of a merge field
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_COMPLIANCE = ("unsubscribed", "cleaned")

Error = dict[str, str]


class Contact:
    """One member of the audience."""

    def __init__(self, email: str, status: str) -> None:
        self.email = email
        self.id = hash_of(email)
        self.status = status
        self.merge_fields: dict[str, Any] = {}
        self.tags: set[int] = set()
        self.events: list[dict[str, Any]] = []


class Contacts:
    """Everybody by the MD5 of their address; `types` are the merge fields, `tags` the static
    segments."""

    def __init__(self) -> None:
        self.by_hash: dict[str, Contact] = {}
        self.types: dict[str, str] = {"FNAME": "text", "LNAME": "text"}
        self.tags: dict[int, str] = {}
        self.forgotten: set[str] = set()

    def find(self, email: str) -> Contact | None:
        """Who has that address."""
        return self.by_hash.get(hash_of(email))

    def store(self, member: dict[str, Any], *, update: bool) -> tuple[Contact | None, bool, Error]:
        """Create or update one contact of a batch: it, whether it is new, and what is wrong."""
        email = member.get("email_address")
        if not isinstance(email, str) or not _EMAIL.fullmatch(email):
            return None, False, _error(email, "Please provide a valid email address.")
        contact = self.find(email)
        if contact is not None and not update:
            text = f"{email} is already a list member, do you want to update?"
            return None, False, _error(email, text, code="ERROR_CONTACT_EXISTS")
        wrong = self._refusal(member, contact)
        if wrong:
            return None, False, wrong
        is_new = contact is None
        if contact is None:
            contact = self.by_hash[hash_of(email)] = Contact(email, member["status"])
        contact.status = member.get("status", contact.status)
        merged = member.get("merge_fields") or {}
        contact.merge_fields |= {tag: v for tag, v in merged.items() if tag in self.types}
        return contact, is_new, {}

    def _refusal(self, member: dict[str, Any], contact: Contact | None) -> Error:
        email, status = member["email_address"], member.get("status")
        if contact is None and hash_of(email) in self.forgotten:
            text = f"{email} was permanently deleted and cannot be re-imported."
            return _error(email, text)
        if contact is None and status is None:
            return _error(email, "Please provide a status for a new contact.")
        if status is not None and status not in STATUSES:
            return _error(email, "Invalid status.", field="status")
        if contact is not None and status == "subscribed" and contact.status in _COMPLIANCE:
            text = f"{email} is in a compliance state and cannot be subscribed."
            return _error(email, text)
        for tag, value in (member.get("merge_fields") or {}).items():
            wrong = _merge_error(self.types.get(tag), value)
            if wrong:
                return _error(email, "Your merge fields were invalid.", field=tag, message=wrong)
        return {}

    def shown(self, contact: Contact) -> dict[str, Any]:
        """A member object."""
        return {
            "id": contact.id,
            "email_address": contact.email,
            "status": contact.status,
            "merge_fields": {tag: contact.merge_fields.get(tag, "") for tag in self.types},
            "tags": [{"id": one, "name": self.tags[one]} for one in sorted(contact.tags)],
        }


def hash_of(email: str) -> str:
    """The id of an address."""
    return hashlib.md5(email.strip().lower().encode(), usedforsecurity=False).hexdigest()


def _error(
    email: Any, text: str, *, code: str = "ERROR_GENERIC", field: str = "", message: str = ""
) -> Error:
    return {
        "email_address": str(email),
        "error": text,
        "error_code": code,
        "field": field,
        "field_message": message,
    }


def _merge_error(kind: str | None, value: Any) -> str:
    """A merge field that is not there is passed over; one that is has a type."""
    if kind == "number" and value != "" and not isinstance(value, int | float):
        return "Please enter a number"
    if kind == "text" and len(str(value)) > TEXT_CHARACTERS_MAX:
        return "Value must be less than 255 characters"
    return ""
