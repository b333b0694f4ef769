"""The slow way in: JSON that the typed decoder refused, read field by field.

It mends what the spec lets a sender get wrong (numbers as ids, odd ISO dates, integers beyond
64 bits) and says of everything else which field is wrong and why. It never raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ebbline.events import limits
from ebbline.events.fault import Fault
from ebbline.events.times import read_time
from ebbline.events.wire import INT_MAX, INT_MIN, Wire

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

BAD_SENT_AT = "bad_sent_at"

_any = msgspec.json.Decoder()
_FLOAT_EXACT_MAX = 2**53
_NUMBER_TEXTS = ("Number out of range", "Integer value out of range")


def read_json(data: bytes) -> Any | Fault:
    """The JSON value in `data`, or why it is none."""
    try:
        return _any.decode(data)
    except (ValueError, RecursionError) as error:
        return json_fault(error)


def json_fault(error: Exception) -> Fault:
    """What a decoder's error means to the sender."""
    if isinstance(error, RecursionError):
        return _too_deep("")
    if isinstance(error, UnicodeDecodeError):
        return Fault("not_json", "the body is not UTF-8 text")
    text = str(error)
    if text.startswith(_NUMBER_TEXTS):
        return Fault("bad_number", "a number does not fit a 64-bit float")
    return Fault("not_json", f"the body is not valid JSON: {text}")


def read_wire(data: bytes, *, needs_received_at: bool) -> tuple[Wire, tuple[str, ...]] | Fault:
    """One call out of `data`, with the flags of what was mended."""
    value = read_json(data)
    if isinstance(value, Fault):
        return value
    return wire_of(value, needs_received_at=needs_received_at)


def wire_of(value: Any, *, needs_received_at: bool) -> tuple[Wire, tuple[str, ...]] | Fault:
    """One call out of decoded JSON, with the flags of what was mended. May change `value`."""
    if not isinstance(value, dict):
        return Fault("not_object", f"expected an event object, got {kind_of(value)}")
    wire = Wire()
    flags: tuple[str, ...] = ()
    if not _usable(value, "sentAt"):
        value.pop("sentAt", None)
        flags = (BAD_SENT_AT,)
    if not needs_received_at and not _usable(value, "receivedAt"):
        value.pop("receivedAt", None)
    for field, attribute, read in _FIELDS:
        given = value.get(field)
        if given is None:
            continue
        result = read(field, given)
        if isinstance(result, Fault):
            return result
        setattr(wire, attribute, result)
    return wire, flags


def read_object(field: str, given: Any) -> dict[str, Any] | Fault:
    """An object of bounded size and depth, its integers within 64 bits."""
    if not isinstance(given, dict):
        return Fault("bad_type", f"{field} must be an object, got {kind_of(given)}", field)
    if len(given) > limits.KEYS_MAX:
        message = f"{field} has {len(given):,} keys; at most {limits.KEYS_MAX} are taken"
        return Fault("too_many_keys", message, field)
    if _deeper(given, limits.DEPTH_MAX + 1):
        return _too_deep(field)
    return {key: _fit(value) for key, value in given.items()}


def read_moment(field: str, given: Any) -> datetime | Fault:
    """A timestamp of any ISO-8601 shape."""
    moment = read_time(given) if isinstance(given, str) else None
    if moment is None:
        shown = f'"{given[:40]}"' if isinstance(given, str) else kind_of(given)
        message = f'{field} must be an ISO-8601 time like "2026-01-31T09:30:00.000Z", got {shown}'
        return Fault(f"bad_{_SNAKE[field]}", message, field)
    return moment


def _usable(value: dict[str, Any], field: str) -> bool:
    """Whether a time that only refines others can be read; if not, it is set aside."""
    given = value.get(field)
    return given is None or not isinstance(read_moment(field, given), Fault)


def _read_id(field: str, given: Any) -> str | Fault:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return Fault("bad_type", f"{field} must be text, got {kind_of(given)}", field)
    text = str(given) if isinstance(given, str | int) else _number_text(given)
    longest = limits.MESSAGE_ID_LENGTH_MAX if field == "messageId" else limits.ID_LENGTH_MAX
    if len(text) > longest:
        message = f"{field} has {len(text):,} characters; at most {longest} are taken"
        return Fault("id_too_long", message, field)
    return text


def _number_text(number: float) -> str:
    """7 and 7.0 are the same person; an integer of any length stays exact."""
    if number.is_integer() and abs(number) <= _FLOAT_EXACT_MAX:
        return str(int(number))
    return str(number)


def _read_name(field: str, given: Any) -> str | Fault:
    if not isinstance(given, str):
        return Fault("bad_type", f"{field} must be text, got {kind_of(given)}", field)
    if len(given) > limits.NAME_LENGTH_MAX:
        message = (
            f"{field} has {len(given):,} characters; at most {limits.NAME_LENGTH_MAX} are taken"
        )
        return Fault("name_too_long", message, field)
    return given


def _read_type(field: str, given: Any) -> str | Fault:
    if not isinstance(given, str):
        return Fault("bad_type", f"{field} must be text, got {kind_of(given)}", field)
    return given


def _deeper(value: Any, levels: int) -> bool:
    """Whether `value` nests more than `levels` objects and lists, itself included."""
    if isinstance(value, dict):
        return levels == 0 or any(_deeper(inner, levels - 1) for inner in value.values())
    if isinstance(value, list):
        return levels == 0 or any(_deeper(inner, levels - 1) for inner in value)
    return False


def _fit(value: Any) -> Any:
    """`value` with integers beyond 64 bits as floats, which is what JSON readers make of them."""
    if isinstance(value, dict):
        return {key: _fit(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_fit(inner) for inner in value]
    if isinstance(value, int) and not INT_MIN <= value <= INT_MAX:
        try:
            return float(value)
        except OverflowError:
            return None
    return value


def _too_deep(field: str) -> Fault:
    message = f"objects and lists are nested more than {limits.DEPTH_MAX} levels deep"
    return Fault("too_deep", message, field)


def kind_of(value: Any) -> str:
    """What a JSON value is, in words for a message."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "an object"


_SNAKE = {
    "timestamp": "timestamp",
    "originalTimestamp": "timestamp",
    "sentAt": "sent_at",
    "receivedAt": "received_at",
}
_FIELDS: tuple[tuple[str, str, Callable[[str, Any], Any]], ...] = (
    ("type", "type", _read_type),
    ("messageId", "message_id", _read_id),
    ("userId", "user_id", _read_id),
    ("anonymousId", "anonymous_id", _read_id),
    ("previousId", "previous_id", _read_id),
    ("groupId", "group_id", _read_id),
    ("event", "event", _read_name),
    ("name", "name", _read_name),
    ("category", "category", _read_name),
    ("properties", "properties", read_object),
    ("traits", "traits", read_object),
    ("context", "context", read_object),
    ("integrations", "integrations", read_object),
    ("timestamp", "timestamp", read_moment),
    ("originalTimestamp", "original_timestamp", read_moment),
    ("sentAt", "sent_at", read_moment),
    ("receivedAt", "received_at", read_moment),
)
