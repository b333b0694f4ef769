"""Which objects of a /users/track request Braze takes, and its words for those it does not."""

from __future__ import annotations

import re
from typing import Any

STRING_CHARACTERS_MAX = 255  # of a custom attribute
BLOCKED_IDS = frozenset(["", "null", "undefined", "unknown", "anonymous", "-1", "0"])
IDENTIFIERS = ("external_id", "user_alias", "braze_id", "email", "phone")
SUBSCRIPTIONS = ("opted_in", "unsubscribed", "subscribed")

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CHOICES: dict[str, tuple[Any, ...]] = {
    "gender": ("M", "F", "O", "N", "P", None),
    "email_subscribe": SUBSCRIPTIONS,
    "push_subscribe": SUBSCRIPTIONS,
}


def object_error(array: str, item: Any) -> str:
    """The error type Braze lists for an object; "" when it is taken."""
    if not isinstance(item, dict):
        return f"Each element of '{array}' must be an object"
    wrong = _identifier_error(item)
    if wrong:
        return wrong
    if array == "attributes":
        return next((found for key, value in item.items() if (found := _error(key, value))), "")
    required = ("name", "time") if array == "events" else _PURCHASE
    missing = [key for key in required if key not in item]
    return f"'{missing[0]}' is required" if missing else ""


_PURCHASE = ("product_id", "currency", "price", "time")


def _identifier_error(item: dict[str, Any]) -> str:
    given = [key for key in IDENTIFIERS if item.get(key) is not None]
    if not given:
        return "'external_id', 'braze_id', 'user_alias', 'email' or 'phone' is required"
    external_id = item.get("external_id")
    if "external_id" in given and not isinstance(external_id, str):
        return "'external_id' must be a string"
    if external_id is not None and external_id.strip().lower() in BLOCKED_IDS:
        return "provided external_id is blacklisted and disallowed"
    alias = item.get("user_alias")
    if alias is not None:
        named = isinstance(alias, dict) and alias.get("alias_name") and alias.get("alias_label")
        return "" if named else "'user_alias' requires 'alias_name' and 'alias_label'"
    return ""


def _error(key: str, value: Any) -> str:
    if key in IDENTIFIERS and key != "email":
        return ""
    if key in _CHOICES and value not in _CHOICES[key]:
        return f"The value provided for the '{key}' field is not valid."
    if key == "email" and value is not None and not _matches(_EMAIL, value):
        return "The value provided for the 'email' field is not a valid email."
    if key == "dob" and value is not None and not _matches(_DAY, value):
        return "The value provided for the 'dob' field is not a valid date."
    if isinstance(value, str) and len(value) > STRING_CHARACTERS_MAX:
        return f"The value provided for the '{key}' field is too long."
    if not key or len(key) > STRING_CHARACTERS_MAX or key.startswith("$"):
        return f"'{key[:STRING_CHARACTERS_MAX]}' is not a valid attribute name."
    return ""


def _matches(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None
