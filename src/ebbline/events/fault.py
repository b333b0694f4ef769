"""What is wrong with one item, before it is known where in the request the item stood."""

from __future__ import annotations

import msgspec

from ebbline.events import limits
from ebbline.events.event import Rejection

UNKNOWN_SOURCE = "unknown"
"""The source, in a rejection, of what came without a known key."""


class Fault(msgspec.Struct, frozen=True):
    """A located reason. `where` is a path inside the item, "" for the item as a whole."""

    code: str
    message: str
    where: str = ""


def reject(
    fault: Fault, body: bytes, received_ms: int, source: str, *, inside: str = ""
) -> Rejection:
    """The rejection of `body` for `fault`; `inside` is the item's own path in the request."""
    where = f"{inside}.{fault.where}" if inside and fault.where else inside or fault.where
    kept = bytes(body[: limits.QUARANTINE_BODY_BYTES_MAX])
    return Rejection(fault.code, fault.message, where, kept, received_ms, source)


def too_large(size_bytes: int, limit_bytes: int, what: str) -> Fault:
    """The fault of something beyond a limit in bytes."""
    return Fault("too_large", f"{what} has {size_bytes:,} bytes; at most {limit_bytes:,} are taken")
