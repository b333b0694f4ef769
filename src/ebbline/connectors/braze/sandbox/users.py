"""The users of a workspace and what has been applied to them."""

from __future__ import annotations

from typing import Any

Key = tuple[str, ...]

ARRAY_ENTRIES_MAX = 25  # of a custom attribute; the oldest go first


class Users:
    """Profiles by the identifier they were last named by; aliases are not resolved further."""

    def __init__(self) -> None:
        self.attributes: dict[Key, dict[str, Any]] = {}
        self.events: dict[Key, list[dict[str, Any]]] = {}

    def take(self, array: str, item: dict[str, Any]) -> None:
        """Apply one valid object."""
        key = key_of(item)
        if key not in self.attributes:
            if _updates_only(item, key):
                return
            self.attributes[key] = {}
        if array != "attributes":
            self.events.setdefault(key, []).append(item)
            return
        held = self.attributes[key]
        for name, value in item.items():
            if name not in ("external_id", "user_alias", "braze_id") and not name.startswith("_"):
                _apply(held, name, value)

    def listed(self) -> list[dict[str, Any]]:
        """Everybody, in the order they came."""
        return [
            {
                **identifier_of(key),
                "custom_attributes": held,
                "events": len(self.events.get(key, ())),
            }
            for key, held in self.attributes.items()
        ]


def key_of(item: dict[str, Any]) -> Key:
    """By what an object names its user; the first of Braze's order that is there."""
    if item.get("external_id") is not None:
        return ("external_id", item["external_id"])
    if item.get("user_alias") is not None:
        alias = item["user_alias"]
        return ("user_alias", alias["alias_label"], alias["alias_name"])
    kind = next(kind for kind in ("braze_id", "email", "phone") if item.get(kind) is not None)
    return (kind, str(item[kind]))


def identifier_of(key: Key) -> dict[str, Any]:
    """The inverse of `key_of`."""
    if key[0] == "user_alias":
        return {"user_alias": {"alias_name": key[2], "alias_label": key[1]}}
    return {key[0]: key[1]}


def _updates_only(item: dict[str, Any], key: Key) -> bool:
    """Left out, the flag means: create for an external_id, only update for an alias."""
    return bool(item.get("_update_existing_only", key[0] == "user_alias"))


def _apply(held: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        held.pop(name, None)
    elif isinstance(value, dict) and set(value) == {"inc"}:
        held[name] = held.get(name, 0) + value["inc"]
    elif isinstance(value, dict) and value and set(value) <= {"add", "remove"}:
        kept = [entry for entry in held.get(name, []) if entry not in value.get("remove", [])]
        kept += [entry for entry in value.get("add", []) if entry not in kept]
        held[name] = kept[-ARRAY_ENTRIES_MAX:]
    else:
        held[name] = value[-ARRAY_ENTRIES_MAX:] if isinstance(value, list) else value
