"""Mixpanel's people: who an event is about, and profile updates as identify calls.

It follows the simplified identities: `$user_id` is a user, `$device_id` a device, and a
`distinct_id` alone a user unless it says that it is a device. Profile operators that need the
value which is there (`$add`, `$append`, ...) are refused: a call here states what holds.
Source: Mixpanel's identity documentation and its reference of profile updates.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from ebbline.events import careful, limits
from ebbline.events.fault import Fault
from ebbline.events.foreign import Call, iso_of

DEVICE_PREFIX: Final = "$device:"
NOBODY: Final = frozenset(
    "00000000-0000-0000-0000-000000000000|anon|anonymous|nil|none|null|n/a|na|undefined|unknown|0"
    "|-1|true|false|[]|{}".split("|")
)
"""What Mixpanel's documentation refuses as `distinct_id` and `$insert_id`."""

_UPDATE_WORDS: Final = {"userId": "$distinct_id", "anonymousId": "$device_id", "traits": "$set",
                        "timestamp": "$time"}  # fmt: skip
_TRAITS: Final = {
    "$email": "email", "$phone": "phone", "$first_name": "firstName", "$last_name": "lastName",
    "$name": "name", "$avatar": "avatar", "$created": "createdAt", "$city": "city",
    "$region": "region", "$country_code": "country_code",
}  # fmt: skip
_OPERATORS: Final = ("$set_once", "$add", "$union", "$append", "$remove", "$delete")


class Record(msgspec.Struct, frozen=True):
    """One call with the key it names and, of an event, the id it may be counted by."""

    call: Call
    token: str | None = None
    insert_id: str | None = None


def update(item: bytes, inside: str) -> Record:
    """One profile update of `/engage`: an identify call of what is set and unset."""
    value = careful.read_json(item)
    if isinstance(value, Fault):
        return Record(Call(inside, item, value))
    if not isinstance(value, dict):
        fault = Fault("not_object", f"expected an update, got {careful.kind_of(value)}")
        return Record(Call(inside, item, fault))
    return Record(Call(inside, item, _identify(value), _UPDATE_WORDS), text_of(value.get("$token")))


def who(said: dict[str, Any], distinct: Any) -> dict[str, Any] | Fault:
    """`userId` and `anonymousId` of an event's properties or of a profile update."""
    user, device = said.get("$user_id"), said.get("$device_id")
    if isinstance(distinct, str) and distinct.startswith(DEVICE_PREFIX):
        device = device or distinct.removeprefix(DEVICE_PREFIX)
    elif not user and distinct != device:
        user = distinct
    if not usable(user) and not usable(device):
        words = "an event must say whose it is: distinct_id, $user_id or $device_id"
        return Fault("no_user_anon_id", words, "userId")
    return {"userId": user if usable(user) else None,
            "anonymousId": device if usable(device) else None}  # fmt: skip


def _identify(value: dict[str, Any]) -> dict[str, Any] | Fault:
    for operator in _OPERATORS:
        if operator in value:
            words = f"{operator} is not taken: only $set and $unset say what holds"
            return Fault("unsupported_operator", words, operator)
    identity = who(value, value.get("$distinct_id"))
    if isinstance(identity, Fault):
        return msgspec.structs.replace(identity, where="$distinct_id")
    given, unset = value.get("$set"), value.get("$unset")
    if given is None and unset is None:
        return Fault("no_operator", "an update needs $set or $unset", "$set")
    if given is not None and not isinstance(given, dict):
        words = f"$set must be an object, got {careful.kind_of(given)}"
        return Fault("bad_type", words, "$set")
    if unset is not None and not (
        isinstance(unset, list) and all(isinstance(name, str) for name in unset)
    ):
        return Fault("bad_type", "$unset must be a list of names", "$unset")
    moment = moment_of(value.get("$time"))
    if isinstance(moment, Fault):
        return msgspec.structs.replace(moment, where="$time")
    traits = {_TRAITS.get(name, name): None for name in unset or ()}
    traits |= {_TRAITS.get(name, name): content for name, content in (given or {}).items()}
    return {"type": "identify", "traits": traits, "timestamp": moment, **identity}


def moment_of(time: Any) -> str | Fault | None:
    """A time as the Segment spec writes it; None for none."""
    if time is None:
        return None
    moment_ms = ms_of(time)
    if moment_ms is None:
        words = "time must be seconds or milliseconds since 1970"
        return Fault("bad_timestamp", words, "properties.time")
    return iso_of(moment_ms * 1_000)


def ms_of(time: Any) -> int | None:
    """Milliseconds of a time in seconds or milliseconds, told apart by its size; None for what
    is no time."""
    if isinstance(time, bool) or not isinstance(time, int | float):
        return None
    if not 0 <= time <= limits.TIME_MS_MAX:
        return None
    return int(time * 1_000 if time < limits.SECONDS_MAX else time)


def usable(identifier: Any) -> bool:
    """Whether an id can stand for anybody."""
    if isinstance(identifier, bool) or not isinstance(identifier, str | int | float):
        return False
    return str(identifier).strip().lower() not in NOBODY and identifier != ""


def bare(identifier: Any) -> Any:
    """A device's id without the prefix that says so."""
    return identifier.removeprefix(DEVICE_PREFIX) if isinstance(identifier, str) else identifier


def text_of(value: Any) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None
