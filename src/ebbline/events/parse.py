"""The door for events: bytes in, events and rejections out, and never an exception.

Each call is decoded once into a typed form; only what does not fit takes the slow way, which
mends or says why not. It reads no clock: the caller says when the bytes were received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from ebbline.events import careful, limits
from ebbline.events.call import read_call, valid_receipt
from ebbline.events.envelope import read_envelope
from ebbline.events.event import Event, Rejection
from ebbline.events.fault import Fault, reject, too_large
from ebbline.events.request import ALONE, Parsed, Surroundings
from ebbline.events.times import to_ms
from ebbline.events.wire import Wire

if TYPE_CHECKING:
    from ebbline.events.names import Names
    from ebbline.events.planned import Planned

Receipt = Literal["now", "receivedAt"]

CALLS: Final = {
    **{kind: kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
    **{kind[0]: kind for kind in ("track", "identify", "page", "screen", "group", "alias")},
}
"""Call names and the letters of the browser library, to event types."""

_NO_RECEIVED_AT = Fault(
    "no_received_at", "the event needs its own receivedAt to be replayed", "receivedAt"
)
_BAD_RECEIVED_AT = Fault(
    "bad_received_at", "receivedAt must lie between 1970 and 2200", "receivedAt"
)


class Parser:
    """Reads Segment's wire formats with one project's event names and tracking plan."""

    def __init__(self, names: Names, planned: Planned | None = None) -> None:
        self._names = names
        self._planned = planned
        self._decode = msgspec.json.Decoder(Wire).decode

    def parse_line(
        self,
        line: bytes,
        *,
        receipt: Receipt = "now",
        received_ms: int,
        source: str = "default",
    ) -> Event | Rejection:
        """The event of one line of NDJSON.

        With receipt "receivedAt" the event's own receivedAt is the time it became known
        (`received_ms` then only dates a rejection); with "now" `received_ms` is.
        """
        result = self._line(line, receipt, received_ms, source)
        if type(result) is Event:
            return result
        return reject(result, line, received_ms, source)  # type: ignore[arg-type]

    def parse_request(self, body: bytes, received_ms: int, source: str, call: str | None) -> Parsed:
        """All events of one HTTP body, decompressed.

        `call` is a call's name or browser letter for a single event, None for a batch. One bad
        item of a batch is rejected alone, at `batch[3].userId`.
        """
        if call is None:
            return self._batch(body, received_ms, source)
        kind = CALLS.get(call, call)
        result = self._item(body, received_ms, source, kind=kind)
        if isinstance(result, Fault):
            refused = reject(result, body, received_ms, source)
            return Parsed([], [refused])
        return Parsed([result], [])

    def parse_call(
        self, fields: dict[str, Any], item: bytes, received_ms: int, source: str, position: int
    ) -> Event | Fault:
        """The event of one call that came in another wire format, as fields of the Segment spec.

        `item` is the call as sent: it is held to the same size, and makes a missing messageId.
        """
        if len(item) > limits.EVENT_BYTES_MAX:
            return too_large(len(item), limits.EVENT_BYTES_MAX, "the event")
        mended = careful.wire_of(fields, needs_received_at=False)
        if isinstance(mended, Fault):
            return mended
        wire, flags = mended
        read = read_call(
            wire, item, self._names, received_ms, source, flags=flags, position=position
        )
        if self._planned is None or type(read) is not Event:
            return read
        return self._planned.settle(read)

    def _line(self, line: bytes, receipt: Receipt, received_ms: int, source: str) -> Event | Fault:
        if len(line) > limits.EVENT_BYTES_MAX:
            return too_large(len(line), limits.EVENT_BYTES_MAX, "the event")
        flags: tuple[str, ...] = ()
        try:
            wire = self._decode(line)
        except (ValueError, RecursionError):
            mended = careful.read_wire(line, needs_received_at=receipt == "receivedAt")
            if isinstance(mended, Fault):
                return mended
            wire, flags = mended
        if receipt == "receivedAt":
            if wire.received_at is None:
                return _NO_RECEIVED_AT
            received_ms = to_ms(wire.received_at)
            if not valid_receipt(received_ms):
                return _BAD_RECEIVED_AT
        read = read_call(wire, line, self._names, received_ms, source, flags=flags)
        if self._planned is None or type(read) is not Event:
            return read
        return self._planned.settle(read)

    def _batch(self, body: bytes, received_ms: int, source: str) -> Parsed:
        envelope = read_envelope(body)
        if isinstance(envelope, Fault):
            refused = reject(envelope, body, received_ms, source)
            return Parsed([], [refused])
        events: list[Event] = []
        rejections: list[Rejection] = []
        for position, raw in enumerate(envelope.items):
            item = bytes(raw)
            result = self._item(item, received_ms, source, envelope.around, position)
            if isinstance(result, Fault):
                inside = f"batch[{position}]"
                rejections.append(reject(result, item, received_ms, source, inside=inside))
            else:
                events.append(result)
        return Parsed(events, rejections)

    def _item(
        self,
        item: bytes,
        received_ms: int,
        source: str,
        around: Surroundings = ALONE,
        position: int = 0,
        *,
        kind: str | None = None,
    ) -> Event | Fault:
        if len(item) > limits.EVENT_BYTES_MAX:
            return too_large(len(item), limits.EVENT_BYTES_MAX, "the event")
        flags: tuple[str, ...] = ()
        try:
            wire = self._decode(item)
        except (ValueError, RecursionError):
            mended = careful.read_wire(item, needs_received_at=False)
            if isinstance(mended, Fault):
                return mended
            wire, flags = mended
        if kind is not None:
            wire.type = kind
        read = read_call(
            wire,
            item,
            self._names,
            received_ms,
            source,
            around=around,
            flags=flags,
            position=position,
        )
        if self._planned is None or type(read) is not Event:
            return read
        return self._planned.settle(read)
