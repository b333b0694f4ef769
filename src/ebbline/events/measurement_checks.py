"""What `/debug/mp/collect` says of a body: GA4's documented rules, as validation messages.

The door itself is more lenient: it takes what it can read. Source: Google's reference of the
Measurement Protocol (limitations, reserved names, validation codes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from ebbline.events import careful, limits
from ebbline.events.fault import Fault

Code = Literal[
    "VALUE_INVALID", "VALUE_REQUIRED", "NAME_INVALID", "NAME_RESERVED", "VALUE_OUT_OF_BOUNDS",
    "EXCEEDED_MAX_ENTITIES",
]  # fmt: skip

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED_NAMES: Final = frozenset(
    "ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_background"
    " app_clear_data app_exception app_install app_remove app_store_refund app_update app_upgrade"
    " error firebase_campaign first_open first_visit in_app_purchase os_update session_start"
    " user_engagement screen_view".split()
)
_RESERVED_STARTS: Final = ("dynamic_link_", "firebase_in_app_message_", "notification_")
_RESERVED_PARAMS: Final = ("_", "firebase_", "ga_", "google_", "gtag.")
_RESERVED_PROPERTIES: Final = ("_", "firebase_", "ga_", "google_")
_WITH_TRANSACTION: Final = ("purchase", "refund")


class Message(msgspec.Struct, frozen=True, rename="camel"):
    """One validation message, as the protocol spells it."""

    field_path: str
    description: str
    validation_code: Code


def messages(body: bytes, received_ms: int) -> list[Message]:
    """Everything that GA4 would refuse or cut off, at most `MESSAGES_MAX` of them."""
    value = careful.read_json(body)
    if isinstance(value, Fault):
        return [Message("", value.message, "VALUE_INVALID")]
    if not isinstance(value, dict):
        return [Message("", "the body must be a JSON object", "VALUE_INVALID")]
    found: list[Message] = []
    for message in _of_body(value, received_ms):
        found.append(message)
        if len(found) == limits.MESSAGES_MAX:
            break
    return found


def of_fault(fault: Fault) -> Message:
    """A refusal of ours beyond GA4's rules: our limits, or the tracking plan."""
    return Message(fault.where, fault.message, "VALUE_INVALID")


def _of_body(body: dict[str, Any], received_ms: int) -> Iterator[Message]:
    device = body.get("client_id", body.get("app_instance_id"))
    if device is None or device == "":
        yield Message("client_id", "client_id (or app_instance_id) is required", "VALUE_REQUIRED")
    elif not isinstance(device, str):
        yield Message("client_id", "client_id must be text", "VALUE_INVALID")
    yield from _of_time(body.get("timestamp_micros"), received_ms)
    yield from _of_properties(body.get("user_properties"))
    events = body.get("events")
    if not isinstance(events, list) or not events:
        yield Message("events", "events must be a list of at least one event", "VALUE_REQUIRED")
        return
    if len(events) > limits.GA4_EVENTS_MAX:
        words = f"{len(events)} events; at most {limits.GA4_EVENTS_MAX} are allowed"
        yield Message("events", words, "EXCEEDED_MAX_ENTITIES")
    strict = body.get("validation_behavior") == "ENFORCE_RECOMMENDATIONS"
    for position, event in enumerate(events):
        yield from _of_event(event, f"events[{position}]", strict=strict)


def _of_time(given: Any, received_ms: int) -> Iterator[Message]:
    path = "timestamp_micros"
    if given is None:
        return
    text = str(given)
    if len(text) > limits.NUMBER_TEXT_LENGTH_MAX or not (text.isascii() and text.isdigit()):
        yield Message(path, "timestamp_micros must be a whole number", "VALUE_INVALID")
    elif int(text) < (received_ms - limits.GA4_BACKDATE_MS_MAX) * 1_000:
        yield Message(path, "timestamp_micros is more than 72 hours ago", "VALUE_OUT_OF_BOUNDS")


def _of_properties(properties: Any) -> Iterator[Message]:
    path = "user_properties"
    if properties is None:
        return
    if not isinstance(properties, dict):
        yield Message(path, "user_properties must be an object", "VALUE_INVALID")
        return
    if len(properties) > limits.GA4_PROPERTIES_MAX:
        words = f"{len(properties)} properties; at most {limits.GA4_PROPERTIES_MAX} are allowed"
        yield Message(path, words, "EXCEEDED_MAX_ENTITIES")
    for name, property_ in properties.items():
        here = f"{path}.{name[:40]}"
        yield from _of_name(name, here, limits.GA4_PROPERTY_NAME_MAX, _RESERVED_PROPERTIES)
        if not isinstance(property_, dict) or "value" not in property_:
            words = 'a user property is an object with a "value"'
            yield Message(here, words, "VALUE_REQUIRED")
        else:
            yield from _of_value(property_["value"], here, limits.GA4_PROPERTY_VALUE_MAX)


def _of_event(event: Any, path: str, *, strict: bool) -> Iterator[Message]:
    if not isinstance(event, dict):
        yield Message(path, "an event must be an object", "VALUE_INVALID")
        return
    name = event.get("name")
    if not isinstance(name, str) or not name:
        yield Message(f"{path}.name", "an event needs a name", "VALUE_REQUIRED")
        name = ""
    elif name in _RESERVED_NAMES or name.startswith(_RESERVED_STARTS):
        yield Message(f"{path}.name", f'"{name[:40]}" is a reserved name', "NAME_RESERVED")
    else:
        yield from _of_name(name, f"{path}.name", limits.GA4_NAME_MAX, ())
    params = event.get("params")
    if params is None:
        return
    if not isinstance(params, dict):
        yield Message(f"{path}.params", "params must be an object", "VALUE_INVALID")
        return
    if len(params) > limits.GA4_PARAMS_MAX:
        words = f"{len(params)} parameters; at most {limits.GA4_PARAMS_MAX} are allowed"
        yield Message(f"{path}.params", words, "EXCEEDED_MAX_ENTITIES")
    for key, value in params.items():
        here = f"{path}.params.{key[:40]}"
        yield from _of_name(key, here, limits.GA4_NAME_MAX, _RESERVED_PARAMS)
        if key != "items":
            yield from _of_value(value, here, limits.GA4_VALUE_MAX)
    if strict:
        yield from _recommended(name, params, f"{path}.params")


def _recommended(name: str, params: dict[str, Any], path: str) -> Iterator[Message]:
    """What the recommended events need, told only when the sender asks for it."""
    if "value" in params and not params.get("currency"):
        yield Message(f"{path}.currency", "a value needs its currency", "VALUE_REQUIRED")
    if name in _WITH_TRANSACTION and not params.get("transaction_id"):
        words = f"{name} needs a transaction_id"
        yield Message(f"{path}.transaction_id", words, "VALUE_REQUIRED")


def _of_name(name: str, path: str, longest: int, reserved: tuple[str, ...]) -> Iterator[Message]:
    if name.startswith(reserved):
        yield Message(path, f'"{name[:40]}" begins with a reserved prefix', "NAME_RESERVED")
    elif len(name) > longest or not _NAME.fullmatch(name):
        words = (
            f'"{name[:40]}" is no valid name: a letter, then letters, digits and underscores,'
            f" at most {longest} characters"
        )
        yield Message(path, words, "NAME_INVALID")


def _of_value(value: Any, path: str, longest: int) -> Iterator[Message]:
    if isinstance(value, str) and len(value) > longest:
        words = f"{len(value):,} characters; at most {longest} are allowed"
        yield Message(path, words, "VALUE_OUT_OF_BOUNDS")
    elif isinstance(value, dict | list):
        yield Message(path, "a value is text or a number", "VALUE_INVALID")
