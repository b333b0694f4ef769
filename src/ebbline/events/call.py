"""One call of the Segment spec, decoded, to one canonical event: required fields, times, names.

It trusts the types of what it is given (see `wire` and `careful`) and reads no bytes but those
that a missing messageId is made of.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, cast

from ebbline.events import limits
from ebbline.events.event import ALIAS_NAME, GROUP_NAME, IDENTIFY_NAME, Event, EventType
from ebbline.events.fault import Fault
from ebbline.events.request import ALONE, Surroundings
from ebbline.events.segment import PAGE_VIEWED, SCREEN_VIEWED
from ebbline.events.times import to_ms

if TYPE_CHECKING:
    from ebbline.events.names import Names
    from ebbline.events.wire import Wire

FUTURE_TIME: Final = "future_time"
NO_MESSAGE_ID: Final = "no_message_id"

_FIXED_NAMES: Final = {
    "identify": IDENTIFY_NAME,
    "group": GROUP_NAME,
    "alias": ALIAS_NAME,
    "page": PAGE_VIEWED,
    "screen": SCREEN_VIEWED,
}
_KINDS: Final = ("track", *_FIXED_NAMES)
_WITH_TRAITS: Final = ("identify", "group")


def read_call(
    wire: Wire,
    item: bytes,
    names: Names,
    received_ms: int,
    source: str,
    *,
    around: Surroundings = ALONE,
    flags: tuple[str, ...] = (),
    position: int = 0,
) -> Event | Fault:
    """The event of one call, or the first thing that is wrong with it.

    `item` is the call as sent and `position` its place in the batch: with `received_ms` they
    make the messageId of a call that has none, so a replay of the same input gives the same.
    """
    kind = wire.type
    if kind not in _KINDS:
        return _no_kind(kind)
    user_id = wire.user_id or None
    anonymous_id = wire.anonymous_id or None
    if user_id is None and (anonymous_id is None or kind == "alias"):
        return _nobody(kind)
    properties = wire.properties if wire.properties is not None else {}
    if kind == "track":
        if not wire.event:
            return Fault("no_event", "a track call needs an event name", "event")
        name, form = names.find(wire.event)
        if form is not None:
            form.extend(properties)
    else:
        name = _FIXED_NAMES[kind]
        if kind in ("page", "screen"):
            _name_view(kind, wire, properties)
        elif (fault := _missing_id(kind, wire)) is not None:
            return fault
    time_ms = _time_ms(wire, around, received_ms)
    if time_ms > received_ms:
        time_ms = received_ms
        flags = (*flags, FUTURE_TIME)
    elif time_ms < 0:
        return Fault("bad_timestamp", "the event's time lies before 1970", "timestamp")
    message_id = wire.message_id
    if not message_id:
        message_id = _digest(item, received_ms, position)
        flags = (*flags, NO_MESSAGE_ID)
    context = wire.context if wire.context is not None else {}
    if wire.integrations or (
        around is not ALONE and (around.context or around.integrations or around.flags)
    ):
        context = _surround(context, wire, around)
        flags = around.flags + flags
    return Event(
        message_id,
        cast("EventType", kind),
        name,
        time_ms,
        received_ms,
        user_id,
        anonymous_id,
        properties,
        (wire.traits or {}) if kind in _WITH_TRAITS else {},
        context,
        source,
        wire.previous_id if kind == "alias" else None,
        wire.group_id if kind == "group" else None,
        flags,
    )


def _time_ms(wire: Wire, around: Surroundings, received_ms: int) -> int:
    """When it happened by the server's clock: receivedAt - (sentAt - originalTimestamp).

    Source: the Segment spec's common fields. An item that carries both its original and its
    corrected timestamp (an export of an archive) has been corrected before.
    """
    timestamp = wire.timestamp
    if timestamp is None:
        timestamp = wire.original_timestamp
        if timestamp is None:
            return received_ms
    elif wire.original_timestamp is not None and wire.original_timestamp != timestamp:
        return to_ms(timestamp)
    sent_at = wire.sent_at or around.sent_at
    if sent_at is None:
        return to_ms(timestamp)
    return received_ms - (to_ms(sent_at) - to_ms(timestamp))


def _no_kind(kind: str | None) -> Fault:
    expected = f"expected one of {', '.join(_KINDS)}"
    if not kind:
        return Fault("no_type", f"the call has no type: {expected}", "type")
    return Fault("unknown_type", f'type "{kind[:40]}" is not known: {expected}', "type")


def _nobody(kind: str) -> Fault:
    if kind == "alias":
        return Fault("no_user_id", "an alias call needs userId and previousId", "userId")
    return Fault("no_user_anon_id", "one of userId and anonymousId is needed", "userId")


def _missing_id(kind: str, wire: Wire) -> Fault | None:
    if kind == "group" and not wire.group_id:
        return Fault("no_group_id", "a group call needs a groupId", "groupId")
    if kind == "alias" and not wire.previous_id:
        return Fault("no_previous_id", "an alias call needs userId and previousId", "previousId")
    return None


def _name_view(kind: str, wire: Wire, properties: dict[str, Any]) -> None:
    """A view's own name and category become properties, where rules can ask for them."""
    name = wire.name or properties.get("name")
    if name is not None:
        properties.setdefault(f"{kind}_name", name)
    if wire.category:
        properties.setdefault("category", wire.category)


def _surround(context: dict[str, Any], wire: Wire, around: Surroundings) -> dict[str, Any]:
    """The call's context over the request's; integrations lie in it when any are named."""
    if around.context:
        context = around.context | context
    integrations = (around.integrations or {}) | (wire.integrations or {})
    if integrations:
        context["integrations"] = integrations
    return context


def _digest(item: bytes, received_ms: int, position: int) -> str:
    """A messageId for a call without one.

    Equal bytes in one millisecond are told apart only inside a batch, by position; a sender
    that needs more sends messageIds.
    """
    seed = b"%d %d " % (received_ms, position)
    return hashlib.blake2b(seed + item, digest_size=16).hexdigest()


def valid_receipt(received_ms: int) -> bool:
    """Whether a receivedAt taken from an event can be a clock."""
    return 0 <= received_ms <= limits.TIME_MS_MAX
