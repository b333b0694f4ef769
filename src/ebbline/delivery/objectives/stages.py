"""The stages of a change's way, from its capture to the answer, and the slow one."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

DECIDE, QUEUE, RETRY, REQUEST = range(4)

STAGES = ("decide", "queue", "retry", "request")
"""In their order. decide: until the change stands in the outbox (log, engine, ledger). queue:
until the first request with it leaves (batching, pace, backlog). retry: from there until the
last request leaves (failures, delays, fences); nothing where the first one did it. request: until
its answer."""


class Times(msgspec.Struct, frozen=True, gc=False):
    """The instants of one change, UTC milliseconds. `first_ms` and `sent_ms` are when the first
    and the last request with it left."""

    captured_ms: int
    queued_ms: int
    first_ms: int
    sent_ms: int
    answered_ms: int


def stage_ms(times: Times) -> tuple[int, int, int, int]:
    """Milliseconds in each stage; a clock that went back makes none negative.

    >>> stage_ms(Times(1_000, 1_040, 1_100, 4_100, 4_350))
    (40, 60, 3000, 250)
    """
    return (
        max(0, times.queued_ms - times.captured_ms),
        max(0, times.first_ms - times.queued_ms),
        max(0, times.sent_ms - times.first_ms),
        max(0, times.answered_ms - times.sent_ms),
    )


def slowest(spent: Sequence[int]) -> str:
    """The stage that took most of all the time spent; nothing when there was none.

    >>> slowest((40, 60, 3_000, 250)), slowest((0, 0, 0, 0))
    ('retry', '')
    """
    most = max(spent)
    return STAGES[list(spent).index(most)] if most > 0 else ""
