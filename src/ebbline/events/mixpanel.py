"""Mixpanel's events as calls: the bodies of `/track` and `/import`.

Who an event is about, and the profile updates of `/engage`, are in `mixpanel_people`. Source:
Mixpanel's ingestion documentation.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from ebbline.events import careful, limits
from ebbline.events.fault import Fault
from ebbline.events.foreign import Call
from ebbline.events.mixpanel_people import (
    NOBODY,
    Record,
    bare,
    moment_of,
    ms_of,
    text_of,
    usable,
    who,
)

_PROTOCOL: Final = frozenset(
    ["token", "time", "distinct_id", "$insert_id", "$device_id", "$user_id", "mp_lib",
     "$lib_version"]
)  # fmt: skip
_EVENT_WORDS: Final = {
    "userId": "properties.distinct_id", "anonymousId": "properties.$device_id",
    "timestamp": "properties.time", "messageId": "properties.$insert_id",
    "traits": "properties", "previousId": "properties",
}  # fmt: skip
_PAGE_VIEW: Final = {
    "$mp_web_page_view": {
        "$current_url": "url", "current_url_path": "path", "current_page_title": "title",
        "$referrer": "referrer",
    }
}  # fmt: skip

_raws = msgspec.json.Decoder(list[msgspec.Raw])
_BLANKS: Final = b" \t\r\n"
_INSERT_ID: Final = re.compile(r"[A-Za-z0-9-]+")

Check = Callable[[dict[str, Any]], Fault | None]
"""What an event's properties must have beyond being readable."""


def read_records(body: bytes, read: Callable[[bytes, str], Record]) -> list[Record] | Fault:
    """The records of a JSON list, of one object, or of lines of JSON; `read` is `event` or
    `update`."""
    body = body.strip(_BLANKS)
    if body.startswith(b"["):
        try:
            items = [bytes(raw) for raw in _raws.decode(body)]
        except (ValueError, RecursionError) as error:
            return careful.json_fault(error)
    else:
        items = [line for line in body.split(b"\n") if line.strip(_BLANKS)]
        # One object over several lines is no list of lines.
        if len(items) > 1 and not isinstance(careful.read_json(body), Fault):
            items = [body]
    if len(items) > limits.MIXPANEL_RECORDS_MAX:
        message = f"{len(items):,} records; at most {limits.MIXPANEL_RECORDS_MAX:,} are taken"
        return Fault("too_many_events", message)
    return [read(item, f"[{position}]") for position, item in enumerate(items)]


def event(item: bytes, inside: str, check: Check | None = None) -> Record:
    """One event of `/track` or `/import`."""
    opened = _opened(item)
    if isinstance(opened, Fault):
        return Record(Call(inside, item, opened))
    name, properties = opened
    token, insert_id = text_of(properties.get("token")), text_of(properties.get("$insert_id"))
    fault = check(properties) if check is not None else None
    if fault is not None:
        return Record(Call(inside, item, fault), token, insert_id)
    special = _SPECIAL.get(name) if isinstance(name, str) else None
    fields = special(properties) if special is not None else _track(name, properties)
    if not isinstance(fields, Fault):
        moment = moment_of(properties.get("time"))
        if isinstance(moment, Fault):
            fields = moment
        else:
            fields["timestamp"] = moment
            fields["messageId"] = _message_id(name, properties, insert_id)
            fields["context"] = _context(properties)
    return Record(Call(inside, item, fields, _EVENT_WORDS), token, insert_id)


def strictly(received_ms: int) -> Check:
    """What `/import?strict=1` asks of each event: a time, an insert id and a distinct id."""

    def check(properties: dict[str, Any]) -> Fault | None:
        time = properties.get("time")
        if time is None:
            return Fault("no_time", "'properties.time' is required", "properties.time")
        moment_ms = ms_of(time)
        if moment_ms is None or moment_ms < limits.MIXPANEL_TIME_MS_MIN:
            words = "'properties.time' is invalid: must be specified as seconds since epoch"
            return Fault("bad_timestamp", words, "properties.time")
        if moment_ms > received_ms + limits.MIXPANEL_AHEAD_MS_MAX:
            words = "'properties.time' is invalid: must be at most one hour in the future"
            return Fault("bad_timestamp", words, "properties.time")
        insert_id = properties.get("$insert_id")
        if not _valid_insert_id(insert_id):
            words = (
                "'$insert_id' is invalid: must be letters, digits and hyphens, at most"
                f" {limits.MIXPANEL_INSERT_ID_MAX} of them"
            )
            return Fault("bad_insert_id", words, "properties.$insert_id")
        if properties.get("distinct_id") is None:
            words = "'properties.distinct_id' is required"
            return Fault("no_user_anon_id", words, "properties.distinct_id")
        return None

    return check


def _valid_insert_id(given: Any) -> bool:
    return (
        isinstance(given, str)
        and len(given) <= limits.MIXPANEL_INSERT_ID_MAX
        and _INSERT_ID.fullmatch(given) is not None
        and given.lower() not in NOBODY
    )


def _opened(item: bytes) -> tuple[Any, dict[str, Any]] | Fault:
    value = careful.read_json(item)
    if isinstance(value, Fault):
        return value
    if not isinstance(value, dict):
        return Fault("not_object", f"expected an event, got {careful.kind_of(value)}")
    properties = value.get("properties")
    if not isinstance(properties, dict):
        words = f"properties must be an object, got {careful.kind_of(properties)}"
        return Fault("bad_type", words, "properties")
    return value.get("event"), properties


def _track(name: Any, properties: dict[str, Any]) -> dict[str, Any] | Fault:
    identity = who(properties, properties.get("distinct_id"))
    if isinstance(identity, Fault):
        return _in_event(identity)
    kept = {key: value for key, value in properties.items() if key not in _PROTOCOL}
    renamed = _PAGE_VIEW.get(name) if isinstance(name, str) else None
    if renamed is not None:
        name = "Page Viewed"
        for theirs, ours in renamed.items():
            if theirs in kept:
                kept.setdefault(ours, kept[theirs])
    return {"type": "track", "event": name, "properties": kept, **identity}


def _linked(properties: dict[str, Any]) -> dict[str, Any] | Fault:
    """`$identify`: a user id and the anonymous id that was theirs, in either spelling."""
    user = properties.get("$identified_id", properties.get("distinct_id"))
    device = properties.get("$anon_id", properties.get("$anon_distinct_id"))
    if not usable(user) or not usable(device):
        words = "$identify needs $identified_id and $anon_id"
        return Fault("no_user_id", words, "properties.$identified_id")
    return {"type": "identify", "userId": user, "anonymousId": bare(device), "traits": {}}


def _aliased(properties: dict[str, Any]) -> dict[str, Any] | Fault:
    """`$create_alias`: another id for a known one."""
    return _alias(properties.get("alias"), properties.get("distinct_id"),
                  "$create_alias needs distinct_id and alias")  # fmt: skip


def _merged(properties: dict[str, Any]) -> dict[str, Any] | Fault:
    """`$merge`: two ids of one person."""
    both = properties.get("$distinct_ids")
    first, second = both if isinstance(both, list) and len(both) == 2 else (None, None)
    return _alias(first, second, "$merge needs $distinct_ids, a list of two")


def _alias(user: Any, previous: Any, needed: str) -> dict[str, Any] | Fault:
    if not usable(user) or not usable(previous):
        return Fault("no_previous_id", needed, "properties")
    return {"type": "alias", "userId": user, "previousId": bare(previous)}


_SPECIAL: Final = {"$identify": _linked, "$create_alias": _aliased, "$merge": _merged}


def _message_id(name: Any, properties: dict[str, Any], insert_id: str | None) -> str | None:
    """One id for what Mixpanel counts once: the same event, time, distinct_id and $insert_id."""
    if not insert_id or len(insert_id) > limits.MIXPANEL_INSERT_ID_MAX:
        return None
    whole = [name, properties.get("time"), properties.get("distinct_id")]
    plain = [part for part in whole if isinstance(part, str | int | float)]
    seed = "\0".join(map(str, plain)).encode()
    return f"{insert_id}-{hashlib.blake2b(seed, digest_size=8).hexdigest()}"


def _context(properties: dict[str, Any]) -> dict[str, Any]:
    library = {"name": properties.get("mp_lib"), "version": properties.get("$lib_version")}
    return {"library": {key: said for key, said in library.items() if isinstance(said, str)}}


def _in_event(fault: Fault) -> Fault:
    return msgspec.structs.replace(fault, where="properties.distinct_id")
