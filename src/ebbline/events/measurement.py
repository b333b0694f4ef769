"""GA4's Measurement Protocol as calls: `client_id` is a device, `user_id` a user.

Each event becomes a track call, whose name and parameters are read like any GA4 event's;
`user_properties` become one identify call. What `/debug/mp/collect` says of a body is in
`measurement_checks`. Source: Google's reference of the protocol.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec

from ebbline.events import careful, limits
from ebbline.events.fault import Fault, too_large
from ebbline.events.foreign import Call, iso_of

_WORDS: Final = {
    "userId": "user_id", "anonymousId": "client_id", "properties": "params", "event": "name",
    "traits": "user_properties", "timestamp": "timestamp_micros",
}  # fmt: skip
_LIBRARY: Final = {"name": "measurement-protocol"}
_CONSENTS: Final = {"GRANTED": True, "DENIED": False}


class _Payload(msgspec.Struct):
    """The body; its events stay bytes until their turn."""

    client_id: Any = None
    app_instance_id: Any = None
    user_id: Any = None
    timestamp_micros: Any = None
    consent: Any = None
    user_properties: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    events: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_payload = msgspec.json.Decoder(_Payload)
_raws = msgspec.json.Decoder(list[msgspec.Raw])


def read_measurement(body: bytes, received_ms: int) -> list[Call] | Fault:
    """The calls of one body, or why the whole of it is refused."""
    opened = _open(body)
    if isinstance(opened, Fault):
        return opened
    payload, events = opened
    shared = _shared(payload)
    if isinstance(shared, Fault):
        return shared
    seed = hashlib.blake2b(b"%d " % received_ms + body, digest_size=16)
    calls = []
    if not isinstance(payload.user_properties, msgspec.UnsetType):
        item = bytes(payload.user_properties)
        if item != b"null":
            calls.append(_call("", item, _identify(item), shared, _id(seed, len(events))))
    for position, raw in enumerate(events):
        item = bytes(raw)
        calls.append(
            _call(f"events[{position}]", item, _track(item, shared), shared, _id(seed, position))
        )
    return calls


def _open(body: bytes) -> tuple[_Payload, list[msgspec.Raw]] | Fault:
    if len(body) > limits.BATCH_BYTES_MAX:
        return too_large(len(body), limits.BATCH_BYTES_MAX, "the request")
    try:
        payload = _payload.decode(body)
    except (ValueError, RecursionError) as error:
        fault = careful.json_fault(error)
        if fault.code == "not_json" and isinstance(error, msgspec.ValidationError):
            return Fault("not_object", 'expected an object with "client_id" and "events"')
        return fault
    if isinstance(payload.events, msgspec.UnsetType):
        return Fault("no_events", 'the body has no "events" list', "events")
    try:
        events = _raws.decode(payload.events)
    except (ValueError, RecursionError):
        return Fault("no_events", '"events" must be a list of events', "events")
    if len(events) > limits.BATCH_EVENTS_MAX:
        message = f"{len(events):,} events; at most {limits.BATCH_EVENTS_MAX:,} are taken"
        return Fault("too_many_events", message, "events")
    return payload, events


def _shared(payload: _Payload) -> dict[str, Any] | Fault:
    """What the body says of all its calls."""
    device = payload.client_id if payload.client_id is not None else payload.app_instance_id
    if not device and not payload.user_id:
        words = "client_id (web), app_instance_id (app) or user_id is needed"
        return Fault("no_client_id", words, "client_id")
    fields = {"anonymousId": device, "userId": payload.user_id}
    if payload.timestamp_micros is not None:
        moment = iso_of(_integer(payload.timestamp_micros))
        if moment is None:
            return _bad_time()
        fields["timestamp"] = moment
    context: dict[str, Any] = {"library": dict(_LIBRARY)}
    if isinstance(payload.consent, dict):
        told = {
            purpose: _CONSENTS[word]
            for purpose, word in payload.consent.items()
            if isinstance(word, str) and word in _CONSENTS
        }
        if told:
            context["consent"] = {"categoryPreferences": told}
    return {**fields, "context": context}


def _track(item: bytes, shared: dict[str, Any]) -> dict[str, Any] | Fault:
    event = careful.read_json(item)
    if isinstance(event, Fault):
        return event
    if not isinstance(event, dict):
        return Fault("not_object", f"expected an event object, got {careful.kind_of(event)}")
    fields = {"type": "track", "event": event.get("name"), "properties": event.get("params")}
    if event.get("timestamp_micros") is None:
        return fields
    moment = iso_of(_integer(event["timestamp_micros"]))
    return _bad_time() if moment is None else {**fields, "timestamp": moment}


def _identify(item: bytes) -> dict[str, Any] | Fault:
    properties = careful.read_json(item)
    if isinstance(properties, Fault):
        return properties
    if not isinstance(properties, dict):
        kind = careful.kind_of(properties)
        return Fault("bad_type", f"user_properties must be an object, got {kind}",
                     "user_properties")  # fmt: skip
    traits = {}
    for name, property_ in properties.items():
        if not isinstance(property_, dict) or "value" not in property_:
            return Fault("bad_type", 'a user property is an object with a "value"',
                         f"user_properties.{name[:40]}")  # fmt: skip
        traits[name] = property_["value"]
    return {"type": "identify", "traits": traits}


def _call(
    inside: str, item: bytes, own: dict[str, Any] | Fault, shared: dict[str, Any], message_id: str
) -> Call:
    if isinstance(own, Fault):
        return Call(inside, item, own, _WORDS)
    fields = {**shared, **own, "context": dict(shared["context"])}
    fields["messageId"] = _purchase_id(fields) or message_id
    return Call(inside, item, fields, _WORDS)


def _purchase_id(fields: dict[str, Any]) -> str | None:
    """One id for all tellings of one purchase: GA4 counts a transaction of a person once."""
    properties = fields.get("properties")
    if fields.get("event") != "purchase" or not isinstance(properties, dict):
        return None
    transaction = properties.get("transaction_id")
    if not isinstance(transaction, str | int) or transaction == "":
        return None
    whose = fields["userId"] or fields["anonymousId"]
    seed = msgspec.json.encode([str(whose), str(transaction)])
    return "purchase-" + hashlib.blake2b(seed, digest_size=16).hexdigest()


def _id(seed: hashlib.blake2b, position: int) -> str:
    """The protocol has no ids: the same body at the same instant is the same request."""
    own = seed.copy()
    own.update(b" %d" % position)
    return own.hexdigest()


def _integer(value: Any) -> Any:
    """Some clients send 64-bit numbers as text, as JSON mappings of such types do."""
    short = isinstance(value, str) and len(value) <= limits.NUMBER_TEXT_LENGTH_MAX
    return int(value) if short and value.isascii() and value.isdigit() else value


def _bad_time() -> Fault:
    words = "timestamp_micros must be microseconds since 1970"
    return Fault("bad_timestamp", words, "timestamp_micros")
