"""Which changes have a latency, and from which instant it counts.

A change's own instant is when its event was stamped into the log, or when time alone made it
true. Not measured is what is older than its sync (a new sync sends history), what a new version
of the definitions changed for everybody at once, what an import replays, and what somebody held
back by pausing the destination. Downtime of our own is measured.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from ebbline.delivery.ledger import LINKED, MERGED, UNMERGED
from ebbline.delivery.objectives.limits import PROMPT_MS

_OF_PEOPLE = frozenset([LINKED, MERGED, UNMERGED])


class Span(msgspec.Struct, frozen=True):
    """Rows of the ledger (after one sequence number, up to another) that are history for a
    field; for all of them where it names none."""

    after: int
    until: int
    field: str = ""


class Came(msgspec.Struct, frozen=True):
    """Where a row of the ledger came from: its code, its instant, and whether its log entry
    was replayed from a file."""

    kind: int
    at_ms: int
    replayed: bool


def in_spans(spans: Iterable[Span], field: str, version: int) -> bool:
    """Whether a version of a field is history. A single change told as an event is kept as
    `field#version` and belongs to `field`."""
    name = field.partition("#")[0]
    return any(
        span.after < version <= span.until and span.field in ("", field, name) for span in spans
    )


def needs_looking_up(at_ms: int, queued_ms: int) -> bool:
    """Whether the ledger has to say where a change came from: it took long to get here."""
    return queued_ms - at_ms > PROMPT_MS


def captured_ms(at_ms: int, came: Came | None) -> int | None:
    """The instant from which a change that was looked up counts; None: it has no latency.

    What moved with its person to another address keeps its own instant at the destination, but
    could not be sent there before the two were known to be one.
    """
    if came is None or came.replayed:
        return None
    return max(at_ms, came.at_ms) if came.kind in _OF_PEOPLE else at_ms
