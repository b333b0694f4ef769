"""The users of a workspace and what has been applied to them."""

from __future__ import annotations

from typing import Any

Key = tuple[str, ...]

ARRAY_ENTRIES_MAX = 25  # of a custom attribute; the oldest go first
_IDENTIFYING = frozenset(["external_id", "user_alias", "braze_id"])


class User:
    """One profile. `names` are all keys that lead to it, an external_id first; `entries` are
    the Canvases it was sent into."""

    def __init__(self, key: Key) -> None:
        self.names = [key]
        self.attributes: dict[str, Any] = {}
        self.events: list[dict[str, Any]] = []
        self.subscriptions: dict[str, str] = {}
        self.entries: list[dict[str, Any]] = []


class Users:
    """Everybody, by every name they have."""

    def __init__(self) -> None:
        self._by_key: dict[Key, User] = {}

    def find(self, key: Key) -> User | None:
        """Who has that name."""
        return self._by_key.get(key)

    def everybody(self) -> list[User]:
        """Each user once, in the order they came."""
        return list(dict.fromkeys(self._by_key.values()))

    def create(self, key: Key) -> User:
        """Who has that name, from now on if nobody had."""
        return self._by_key.setdefault(key, User(key))

    def take(self, array: str, item: dict[str, Any]) -> None:
        """Apply one valid object of a /users/track request."""
        key = key_of(item)
        user = self._by_key.get(key)
        if user is None:
            if _updates_only(item, key):
                return
            user = self.create(key)
        if array != "attributes":
            user.events.append(item)
            return
        for name, value in item.items():
            if name == "subscription_groups":
                for entry in value:
                    user.subscriptions[entry["subscription_group_id"]] = entry["subscription_state"]
            elif name not in _IDENTIFYING and not name.startswith("_"):
                _apply(user.attributes, name, value)

    def name(self, user: User, key: Key) -> None:
        """Give a user another name; an external_id is its first from then on."""
        user.names = [key, *user.names] if key[0] == "external_id" else [*user.names, key]
        self._by_key[key] = user

    def join(self, gone: User, kept: User, *, fill: bool) -> None:
        """One user becomes part of another: its aliases lead there and, where told to, what
        the other one has no value for is filled in."""
        self.remove(gone)
        for key in gone.names:
            if key[0] == "user_alias":
                self.name(kept, key)
        if fill:
            kept.attributes = gone.attributes | kept.attributes
            kept.subscriptions = gone.subscriptions | kept.subscriptions
            kept.events += gone.events
            kept.entries += gone.entries

    def remove(self, user: User) -> None:
        """Forget a user altogether."""
        for key in user.names:
            self._by_key.pop(key, None)

    def listed(self) -> list[dict[str, Any]]:
        """Everybody, in the order they came."""
        return [_shown(user) for user in self.everybody()]


def _shown(user: User) -> dict[str, Any]:
    shown = {
        **identifier_of(user.names[0]),
        "custom_attributes": user.attributes,
        "events": len(user.events),
    }
    aliases = [identifier_of(key)["user_alias"] for key in user.names[1:]]
    more = {
        "user_aliases": aliases,
        "subscription_groups": user.subscriptions,
        "canvas_entries": user.entries,
    }
    return shown | {name: value for name, value in more.items() if value}


def key_of(item: dict[str, Any]) -> Key:
    """By what an object names its user; the first of Braze's order that is there."""
    if item.get("external_id") is not None:
        return ("external_id", item["external_id"])
    if item.get("user_alias") is not None:
        return alias_key(item["user_alias"])
    kind = next(kind for kind in ("braze_id", "email", "phone") if item.get(kind) is not None)
    return (kind, str(item[kind]))


def alias_key(alias: dict[str, str]) -> Key:
    """The key of an alias."""
    return ("user_alias", alias["alias_label"], alias["alias_name"])


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
