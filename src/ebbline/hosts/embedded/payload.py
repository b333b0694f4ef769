"""Events as the log stores them: zstd over msgpack.

An encoder keeps its buffers between calls, so one belongs to one thread at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import zstandard

from ebbline.events.event import Event
from ebbline.hosts.embedded.limits import ZSTD_LEVEL


class PayloadCodec:
    """Turns a batch of events into bytes and back."""

    def __init__(self) -> None:
        self._compressor = zstandard.ZstdCompressor(level=ZSTD_LEVEL)
        self._decompressor = zstandard.ZstdDecompressor()
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(list[Event])

    def encode(self, events: Sequence[Event]) -> bytes:
        """The batch as bytes; numbers msgpack cannot hold become floats."""
        try:
            packed = self._encoder.encode(events)
        except OverflowError:
            # Nobody's data may stop the log: `parse` lets no such number in, other callers may.
            packed = self._encoder.encode([_fitting(msgspec.to_builtins(one)) for one in events])
        return self._compressor.compress(packed)

    def decode(self, payload: bytes) -> list[Event]:
        """The inverse of `encode`."""
        return self._decoder.decode(self._decompressor.decompress(payload))


def _fitting(value: Any) -> Any:
    """`value` with whole numbers beyond 64 bits as floats."""
    if isinstance(value, dict):
        return {key: _fitting(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fitting(item) for item in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        try:
            return float(value)
        except OverflowError:
            return float("inf") if value > 0 else float("-inf")
    return value
