"""What surrounds the calls of a batch: the shared context, the time of sending, the write key.

It reads the envelope only; the calls inside stay bytes, so that one bad call spoils no other.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.events import careful, limits
from ebbline.events.fault import Fault, too_large
from ebbline.events.request import Surroundings
from ebbline.events.wire import Envelope, Keyed, KeyedBatch, LooseEnvelope

_typed = msgspec.json.Decoder(Envelope)
_loose = msgspec.json.Decoder(LooseEnvelope)
_items = msgspec.json.Decoder(list[msgspec.Raw])
_keyed = msgspec.json.Decoder(Keyed)
_keyed_batch = msgspec.json.Decoder(KeyedBatch)


class Opened(msgspec.Struct, frozen=True):
    """A batch with its calls still unread."""

    items: list[msgspec.Raw]
    around: Surroundings


def read_envelope(body: bytes) -> Opened | Fault:
    """The calls of a batch body and what they share, or why the whole body is refused.

    A call nested beyond `DEPTH_MAX` is refused alone later; only nesting that the decoder itself
    cannot follow (about a thousand levels) refuses the batch.
    """
    if len(body) > limits.BATCH_BYTES_MAX:
        return too_large(len(body), limits.BATCH_BYTES_MAX, "the request")
    try:
        envelope = _typed.decode(body)
    except (ValueError, RecursionError):
        opened = _read_loosely(body)
    else:
        around = Surroundings(envelope.context, envelope.integrations, envelope.sent_at)
        opened = Opened(envelope.batch, around)
    if isinstance(opened, Opened) and len(opened.items) > limits.BATCH_EVENTS_MAX:
        message = (
            f"the batch has {len(opened.items):,} events;"
            f" at most {limits.BATCH_EVENTS_MAX:,} are taken"
        )
        return Fault("too_many_events", message, "batch")
    return opened


def read_write_key(body: bytes) -> str | None:
    """The write key inside a body: the envelope's or event's own, else the first item's."""
    try:
        key = _keyed.decode(body).write_key
        if not isinstance(key, str) and b'"batch"' in body:
            batch = _keyed_batch.decode(body).batch
            key = next((item.write_key for item in batch if item.write_key), None)
    except (ValueError, RecursionError):
        return None
    return key if isinstance(key, str) else None


def _read_loosely(body: bytes) -> Opened | Fault:
    try:
        loose = _loose.decode(body)
    except (ValueError, RecursionError) as error:
        fault = careful.json_fault(error)
        if fault.code == "not_json" and isinstance(error, msgspec.ValidationError):
            return Fault("not_object", 'expected an object with a "batch" list')
        return fault
    if isinstance(loose.batch, msgspec.UnsetType):
        return Fault("no_batch", 'the body has no "batch" list', "batch")
    try:
        items = _items.decode(loose.batch)
    except (ValueError, RecursionError):
        return Fault("no_batch", '"batch" must be a list of events', "batch")
    context = _shared("context", loose.context)
    if isinstance(context, Fault):
        return context
    integrations = _shared("integrations", loose.integrations)
    if isinstance(integrations, Fault):
        return integrations
    return Opened(items, _sent(context, integrations, loose.sent_at))


def _shared(field: str, given: Any) -> dict[str, Any] | Fault | None:
    return None if given is None else careful.read_object(field, given)


def _sent(
    context: dict[str, Any] | None, integrations: dict[str, Any] | None, sent_at: Any
) -> Surroundings:
    moment = None if sent_at is None else careful.read_moment("sentAt", sent_at)
    if isinstance(moment, Fault):
        return Surroundings(context, integrations, None, (careful.BAD_SENT_AT,))
    return Surroundings(context, integrations, moment)
