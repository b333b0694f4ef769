"""The properties of contacts: which there are, and what each of them takes."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from ebbline.connectors.hubspot.sandbox.answers import Refused, answer
from ebbline.connectors.request import Response

TYPES = frozenset(["string", "number", "date", "datetime", "enumeration", "bool"])
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class Properties:
    """Definitions by name; `unique` are those by which a contact can be named."""

    def __init__(self) -> None:
        self.defined: dict[str, dict[str, Any]] = {
            name: {"name": name, "type": "string"} for name in ("email", "firstname", "lastname")
        }
        self.unique = {"email"}

    def create(self, content: Any) -> Response:
        """A new property; one that is there already is a conflict."""
        name = content.get("name") if isinstance(content, dict) else None
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise Refused(400, "Property names are lower case and begin with a letter.")
        if name in self.defined:
            text = f'Property "{name}" already exists'
            raise Refused(409, text, category="OBJECT_ALREADY_EXISTS")
        if content.get("type") not in TYPES or not content.get("fieldType"):
            raise Refused(400, f'"{content.get("type")}" is not a valid type with a fieldType')
        if not content.get("label") or not content.get("groupName"):
            raise Refused(400, "label and groupName are required")
        self.defined[name] = content
        if content.get("hasUniqueValue"):
            self.unique.add(name)
        return answer(201, content)

    def missing(self, names: set[str]) -> str:
        """A name that no property has, "" for none."""
        return min(names - self.defined.keys(), default="")

    def problem(self, name: str, text: Any) -> str:
        """Why a value does not fit its property; "" when it does."""
        if not isinstance(text, str):
            return f"{name} must be a string"
        if not text:
            return ""
        held = self.defined[name]
        if name == "email" and not _EMAIL.fullmatch(text):
            return f"Email address {text} is invalid"
        kind = held["type"]
        if kind == "number" and not _NUMBER.fullmatch(text):
            return f"{text} was not a valid number."
        if kind == "datetime" and not _is_instant(text):
            return f"{text} was not a valid long."
        options = [option["value"] for option in held.get("options", ())]
        if kind == "enumeration" and any(part not in options for part in text.split(";")):
            return f"{text} was not one of the allowed options: {options}"
        return ""


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return text.isdecimal()
    return True
