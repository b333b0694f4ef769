"""Subscription states, Canvas entries and the export of profiles, as the sandbox's endpoints."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ebbline.connectors.braze.names import STANDARD
from ebbline.connectors.braze.sandbox.lifecycle import PEOPLE_MAX, Answer
from ebbline.connectors.braze.sandbox.users import Key, User, Users, alias_key, identifier_of

_STATES = ("subscribed", "unsubscribed")
_NAMED = {"external_id": "external_id", "email": "email", "phone": "phone"}
_NAMED_V2 = {"external_ids": "external_id", "emails": "email", "phones": "phone"}


def set_status(users: Users, content: dict[str, Any]) -> Answer:
    """POST /subscription/status/set: one group and state."""
    wrong = _group_error(content, _NAMED)
    if wrong:
        return 400, {"message": wrong}
    _set(users, content, _NAMED)
    return 201, {"message": "success"}


def set_statuses(users: Users, content: dict[str, Any]) -> Answer:
    """POST /v2/subscription/status/set: several groups and states."""
    groups = content.get("subscription_groups")
    if not isinstance(groups, list) or not groups:
        return 400, {"message": "'subscription_groups' must be a non-empty array of objects"}
    wrong = next((found for group in groups if (found := _group_error(group, _NAMED_V2))), "")
    if wrong:
        return 400, {"message": wrong}
    for group in groups:
        _set(users, group, _NAMED_V2)
    return 201, {"message": "success"}


def _group_error(group: Any, named: dict[str, str]) -> str:
    if not isinstance(group, dict) or not group.get("subscription_group_id"):
        return "'subscription_group_id' is required"
    if group.get("subscription_state") not in _STATES:
        return "'subscription_state' must be 'subscribed' or 'unsubscribed'"
    lists = [group[name] for name in named if name in group]
    people = [one for part in lists if isinstance(part, list) for one in part]
    if not people:
        return f"one of {', '.join(named)} is required"
    if "email" in named.values() and sum(n in group for n in list(named)[1:]) > 1:
        return "email and phone must not be in one request"
    return "" if len(people) <= PEOPLE_MAX else f"at most {PEOPLE_MAX} users in one request"


def _set(users: Users, group: dict[str, Any], named: dict[str, str]) -> None:
    for name, kind in named.items():
        for value in group.get(name, ()):
            user = users.find((kind, value))
            if user is not None:
                key = group["subscription_group_id"]
                user.subscriptions[key] = group["subscription_state"]


def trigger_canvas(
    users: Users, content: dict[str, Any], canvases: Collection[str] | None
) -> Answer:
    """POST /canvas/trigger/send: recipients that exist enter, others are passed over."""
    canvas, recipients = content.get("canvas_id"), content.get("recipients")
    if not isinstance(canvas, str) or (canvases is not None and canvas not in canvases):
        return 400, {"message": "Invalid Canvas ID"}
    if not isinstance(recipients, list) or not recipients:
        return 400, {"message": "No Recipients"}
    if len(recipients) > PEOPLE_MAX:
        text = "The max number of external_ids and aliases per request was exceeded"
        return 400, {"message": text}
    for recipient in recipients:
        user = users.find(_recipient_key(recipient))
        if user is not None:
            properties = recipient.get("canvas_entry_properties", {})
            user.entries.append({"canvas_id": canvas, "properties": properties})
    return 201, {"dispatch_id": f"dispatch-{canvas}", "message": "success"}


def _recipient_key(recipient: dict[str, Any]) -> Key:
    if "external_user_id" in recipient:
        return ("external_id", recipient["external_user_id"])
    return alias_key(recipient["user_alias"])


def export(users: Users, content: dict[str, Any]) -> Answer:
    """POST /users/export/ids: what is null, false or empty is left out of a profile."""
    ids, aliases = content.get("external_ids", []), content.get("user_aliases", [])
    if not ids and not aliases:
        return 400, {"message": "'external_ids' or 'user_aliases' is required"}
    if len(ids) + len(aliases) > PEOPLE_MAX:
        return 400, {"message": f"at most {PEOPLE_MAX} users in one request"}
    keys: list[Key] = [("external_id", one) for one in ids]
    keys += [alias_key(alias) for alias in aliases]
    found = [users.find(key) for key in keys]
    wanted = content.get("fields_to_export")
    told = [_exported(user, wanted) for user in dict.fromkeys(found) if user is not None]
    invalid = [one for one in ids if users.find(("external_id", one)) is None]
    answer: dict[str, Any] = {"message": "success", "users": told}
    return 201, answer | ({"invalid_user_ids": invalid} if invalid else {})


def _exported(user: User, wanted: Sequence[str] | None) -> dict[str, Any]:
    names = [identifier_of(key) for key in user.names]
    profile = {
        **{name: value for one in names if "user_alias" not in one for name, value in one.items()},
        "user_aliases": [one["user_alias"] for one in names if "user_alias" in one],
        "custom_attributes": _told(user, standard=False),
        **_told(user, standard=True),
    }
    return {
        name: value
        for name, value in profile.items()
        if value not in (None, False, "", [], {}) and (wanted is None or name in wanted)
    }


def _told(user: User, *, standard: bool) -> dict[str, Any]:
    return {
        name: value
        for name, value in user.attributes.items()
        if (name in STANDARD) is standard and value is not False and value not in ("", [], {})
    }
