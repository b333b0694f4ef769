"""What each endpoint of the sandbox does with an audience: a status, and content or a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ebbline.connectors.mailchimp.sandbox.contacts import BATCH_MAX, Contact, Contacts, hash_of

MERGE_FIELDS_MAX = 30
TAG_CHARACTERS_MAX = 10
_TYPES = ("text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown",
          "birthday", "zip")  # fmt: skip

Answer = tuple[int, Any]
Query = dict[str, str]


def _batch(held: Contacts, content: Any, query: Query) -> Answer:
    members = content.get("members")
    if not isinstance(members, list) or not members or len(members) > BATCH_MAX:
        return 400, f"members must be an array of 1 to {BATCH_MAX} contacts"
    answer: dict[str, Any] = {"new_members": [], "updated_members": [], "errors": []}
    for member in members:
        update = content.get("update_existing") is True
        contact, is_new, wrong = held.store(member, update=update)
        if contact is None:
            answer["errors"].append(wrong)
        else:
            answer["new_members" if is_new else "updated_members"].append(held.shown(contact))
    answer["total_created"] = len(answer["new_members"])
    answer["total_updated"] = len(answer["updated_members"])
    answer["error_count"] = len(answer["errors"])
    return 200, answer


def _audience(held: Contacts, content: Any, query: Query) -> Answer:
    return 200, {"id": "audience", "name": "Customers"}


def _member(held: Contacts, content: Any, query: Query, key: str) -> Answer:
    contact = held.by_hash.get(key)
    if contact is None:
        return 404, "The requested resource could not be found."
    return 200, held.shown(contact)


def _delete(held: Contacts, content: Any, query: Query, key: str) -> Answer:
    if held.by_hash.pop(key, None) is None:
        return 404, "The requested resource could not be found."
    held.forgotten.add(key)
    return 204, None


def _event(held: Contacts, content: Any, query: Query, key: str) -> Answer:
    contact = held.by_hash.get(key)
    if contact is None:
        return 404, "The requested resource could not be found."
    name = content.get("name")
    if not isinstance(name, str) or not 2 <= len(name) <= 30:
        return 400, "The event name must have 2 to 30 characters."
    texts = content.get("properties", {})
    if not all(isinstance(value, str) for value in texts.values()):
        return 400, "Event properties must be strings."
    contact.events.append(content)
    return 204, None


def _merge_fields(held: Contacts, content: Any, query: Query) -> Answer:
    shown = [{"tag": tag, "type": kind} for tag, kind in held.types.items()]
    return 200, _page("merge_fields", shown, query)


def _new_merge_field(held: Contacts, content: Any, query: Query) -> Answer:
    tag, kind = content.get("tag", ""), content.get("type")
    if not tag or len(tag) > TAG_CHARACTERS_MAX or kind not in _TYPES or not content.get("name"):
        return 400, "The resource submitted could not be validated."
    if tag in held.types:
        return 400, f'A Merge Field with the tag "{tag}" already exists for this list.'
    if len(held.types) >= MERGE_FIELDS_MAX:
        return 400, f"This list already has {MERGE_FIELDS_MAX} merge fields."
    held.types[tag] = kind
    return 200, {"tag": tag, "name": content["name"], "type": kind}


def _segments(held: Contacts, content: Any, query: Query) -> Answer:
    shown = [{"id": one, "name": name, "type": "static"} for one, name in held.tags.items()]
    return 200, _page("segments", shown, query)


def _new_segment(held: Contacts, content: Any, query: Query) -> Answer:
    name = content.get("name")
    if not isinstance(name, str) or not name or content.get("static_segment") is None:
        return 400, "The resource submitted could not be validated."
    if name in held.tags.values():
        return 400, "Sorry, that tag already exists."
    key = 1_000 + len(held.tags)
    held.tags[key] = name
    return 200, {"id": key, "name": name, "type": "static"}


def _tag(held: Contacts, content: Any, query: Query, key: str) -> Answer:
    if int(key) not in held.tags:
        return 404, "The requested resource could not be found."
    sides = {side: content.get(f"members_to_{side}", []) for side in ("add", "remove")}
    if any(len(people) > BATCH_MAX for people in sides.values()):
        return 400, f"At most {BATCH_MAX} addresses may be added and removed."
    answer: dict[str, Any] = {"members_added": [], "members_removed": [], "errors": []}
    for side, people in sides.items():
        done = answer["members_added" if side == "add" else "members_removed"]
        for email in people:
            contact = held.by_hash.get(hash_of(email))
            if contact is None:
                text = "Email address is not a member of the list."
                answer["errors"].append({"email_addresses": [email], "error": text})
                continue
            (contact.tags.add if side == "add" else contact.tags.discard)(int(key))
            done.append(held.shown(contact))
    answer["total_added"] = len(answer["members_added"])
    answer["total_removed"] = len(answer["members_removed"])
    return 200, answer | {"error_count": len(answer["errors"])}


def _tagged(held: Contacts, content: Any, query: Query, key: str) -> Answer:
    if int(key) not in held.tags:
        return 404, "The requested resource could not be found."
    chosen: list[Contact] = [one for one in held.by_hash.values() if int(key) in one.tags]
    return 200, _page("members", [held.shown(one) for one in chosen], query)


def _page(name: str, entries: list[dict[str, Any]], query: Query) -> dict[str, Any]:
    offset, count = int(query.get("offset", 0)), min(1_000, int(query.get("count", 10)))
    return {name: entries[offset : offset + count], "total_items": len(entries)}


ENDPOINTS: list[tuple[str, re.Pattern[str], Callable[..., Answer]]] = [
    ("GET", re.compile(""), _audience),
    ("POST", re.compile(""), _batch),
    ("GET", re.compile("/members/([0-9a-f]{32})"), _member),
    ("POST", re.compile("/members/([0-9a-f]{32})/actions/delete-permanent"), _delete),
    ("POST", re.compile("/members/([0-9a-f]{32})/events"), _event),
    ("GET", re.compile("/merge-fields"), _merge_fields),
    ("POST", re.compile("/merge-fields"), _new_merge_field),
    ("GET", re.compile("/segments"), _segments),
    ("POST", re.compile("/segments"), _new_segment),
    ("POST", re.compile("/segments/([0-9]+)"), _tag),
    ("GET", re.compile("/segments/([0-9]+)/members"), _tagged),
]
"""Method, path below the audience, and what is done; in the order in which they are tried."""
