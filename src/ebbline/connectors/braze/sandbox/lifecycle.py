"""Aliases, identification, merging and deletion of users, as the sandbox's endpoints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ebbline.connectors.braze.sandbox.users import Key, Users, alias_key, key_of

Answer = tuple[int, dict[str, Any]]

PEOPLE_MAX = 50  # in one request
_BEHAVIOURS = ("merge", "none")


def new_aliases(users: Users, content: dict[str, Any]) -> Answer:
    """POST /users/alias/new: for a user, or for nobody known yet."""
    aliases = content.get("user_aliases")
    wrong = _list_error("user_aliases", aliases, _is_alias)
    if wrong or not aliases:
        return 400, {"message": wrong}
    done = 0
    for alias in aliases:
        key, owner = alias_key(alias), alias.get("external_id")
        if users.find(key) is not None:
            continue
        if owner is None:
            users.create(key)
        elif (user := users.find(("external_id", owner))) is not None:
            users.name(user, key)
        done += 1
    return 201, {"aliases_processed": done, "message": "success"}


def identify(users: Users, content: dict[str, Any]) -> Answer:
    """POST /users/identify: an alias leads to the user with that external_id from now on."""
    joined = content.get("aliases_to_identify")
    wrong = _list_error("aliases_to_identify", joined, _is_identification)
    behaviour = content.get("merge_behavior", "merge")
    if not wrong and behaviour not in _BEHAVIOURS:
        wrong = "'merge_behavior' must be 'merge' or 'none'"
    if wrong or not joined:
        return 400, {"message": wrong}
    for pair in joined:
        alias = users.find(alias_key(pair["user_alias"]))
        key = ("external_id", pair["external_id"])
        if alias is None or alias.names[0][0] == "external_id":
            continue  # nobody, or somebody identified before
        user = users.find(key)
        if user is None:
            users.name(alias, key)
        else:
            users.join(alias, user, fill=behaviour == "merge")
    return 201, {"aliases_processed": len(joined), "message": "success"}


def merge(content: dict[str, Any]) -> tuple[Answer, list[tuple[Key, Key]]]:
    """POST /users/merge: checked and accepted; who is to become part of whom, some time later."""
    updates = content.get("merge_updates")
    if not isinstance(updates, list) or not all(isinstance(one, dict) for one in updates):
        return (400, {"message": "'merge_updates' must be an array of objects"}), []
    if len(updates) > PEOPLE_MAX:
        text = "a single request may not contain more than 50 merge updates"
        return (400, {"message": text}), []
    pairs: list[tuple[Key, Key]] = []
    for update in updates:
        sides = [update.get("identifier_to_merge"), update.get("identifier_to_keep")]
        if not all(isinstance(side, dict) and len(side) == 1 for side in sides):
            text = "'identifier_to_merge' and 'identifier_to_keep' must each name one user"
            return (400, {"message": text}), []
        gone, kept = (key_of(side) for side in sides if side)
        if gone[0] != kept[0]:
            return (400, {"message": "both identifiers must be of the same kind"}), []
        pairs.append((gone, kept))
    return (202, {"message": "success"}), pairs


def carry_out(users: Users, gone_key: Key, kept_key: Key) -> None:
    """A merge that was accepted; nothing happens where either user is not there."""
    gone, kept = users.find(gone_key), users.find(kept_key)
    if gone is not None and kept is not None and gone is not kept:
        users.join(gone, kept, fill=True)


def delete(users: Users, content: dict[str, Any]) -> Answer:
    """POST /users/delete: irreversible; one kind of identifier in a request."""
    given = [name for name in _DELETED if name in content]
    if len(given) != 1:
        return 400, {"message": "Provide exactly one of " + ", ".join(_DELETED)}
    kind, check = _DELETED[given[0]]
    named = content[given[0]]
    wrong = _list_error(given[0], named, check)
    if wrong:
        return 400, {"message": wrong}
    found = [users.find(alias_key(one) if kind == "user_alias" else (kind, one)) for one in named]
    gone = list(dict.fromkeys(user for user in found if user is not None))
    for user in gone:
        users.remove(user)
    return 201, {"deleted": len(gone), "message": "success"}


def _list_error(name: str, given: Any, check: Callable[[Any], bool]) -> str:
    if not isinstance(given, list) or not given or not all(check(one) for one in given):
        return f"'{name}' must be a non-empty array of valid entries"
    if len(given) > PEOPLE_MAX:
        return f"a single request may not contain more than {PEOPLE_MAX} {name}"
    return ""


def _is_alias(one: Any) -> bool:
    return isinstance(one, dict) and bool(one.get("alias_name") and one.get("alias_label"))


def _is_identification(one: Any) -> bool:
    named = isinstance(one, dict) and isinstance(one.get("external_id"), str)
    return named and bool(one["external_id"]) and _is_alias(one.get("user_alias"))


def _is_text(one: Any) -> bool:
    return isinstance(one, str) and bool(one)


_DELETED: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "external_ids": ("external_id", _is_text),
    "user_aliases": ("user_alias", _is_alias),
    "braze_ids": ("braze_id", _is_text),
    "email_addresses": ("email", _is_text),
}
