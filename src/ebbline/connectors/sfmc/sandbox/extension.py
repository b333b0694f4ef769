"""A data extension: typed columns and rows by primary key."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

TEXT_CHARACTERS_MAX = 4_000
_FILTER = re.compile(r"([A-Za-z0-9_ -]+) eq '((?:[^']|'')*)'")


class Extension:
    """`columns` are types by name, None for an extension that takes any column as it comes."""

    def __init__(self, key_field: str, columns: dict[str, str] | None) -> None:
        self.key_field = key_field
        self.columns = columns
        self.rows: dict[str, dict[str, Any]] = {}

    def row_error(self, row: Any) -> str:
        """What is wrong with one row of a rowset; "" when it can be saved."""
        if not isinstance(row, dict) or not isinstance(row.get("values"), dict):
            return "Each row must have keys and values"
        keys = row.get("keys")
        if not isinstance(keys, dict) or set(keys) != {self.key_field}:
            return f"The primary key {self.key_field} is required"
        for name, value in row["values"].items():
            wrong = self._value_error(name, value)
            if wrong:
                return wrong
        return ""

    def save(self, row: dict[str, Any]) -> None:
        """Upsert one valid row."""
        self.rows.setdefault(row["keys"][self.key_field], {}).update(row["values"])

    def page(self, number: int, size: int, condition: str) -> list[dict[str, Any]] | None:
        """Rows as they are told: names in lower case, values as text; None for a filter that is
        not understood."""
        chosen = list(self.rows)
        if condition:
            found = _FILTER.fullmatch(condition)
            if found is None or found[1] != self.key_field:
                return None
            wanted = found[2].replace("''", "'")
            chosen = [key for key in chosen if key == wanted]
        return [
            {"keys": {self.key_field.lower(): key}, "values": _told(self.rows[key])}
            for key in chosen[(number - 1) * size : number * size]
        ]

    def _value_error(self, name: str, value: Any) -> str:
        if self.columns is not None and name not in self.columns:
            return f"{name} is not a field of the data extension"
        kind = self.columns.get(name) if self.columns is not None else None
        if value is None or kind is None:
            return ""
        good = {
            "Boolean": isinstance(value, bool),
            "Number": isinstance(value, int | float) and not isinstance(value, bool),
            "Date": _is_date(value),
            "Text": isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX,
        }
        return "" if good[kind] else f"{name} must be a {kind}"


def _told(values: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): "" if value is None else str(value) for name, value in values.items()}


def _is_date(value: Any) -> bool:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return False
    return True
