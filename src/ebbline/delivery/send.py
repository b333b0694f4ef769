"""What leaves and what comes back: the words between delivery and the connectors."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.pace import Quota

Verdict = Literal[
    "done",
    "retry",
    "unsent",
    "unknown",
    "refused",
    "split",
    "throttled",
    "misconfigured",
    "gone",
]


class Limits(msgspec.Struct, frozen=True):
    """A vendor's documented limits, as data."""

    objects_max: int  # objects in one request
    counts: Literal["people", "fields"]  # what an object of the vendor's is
    bytes_max: int  # of a request body
    requests: int  # per window, and the size of a burst
    window_ms: int
    concurrency: int  # requests in flight
    timeout_ms: int  # we wait for an answer
    request_ms_max: int  # the vendor may still apply a request after we gave up on it
    linger_ms: int = 0  # a batch that is not full waits this long for company
    response_bytes_max: int = 1 << 20


class Value(msgspec.Struct, frozen=True, gc=False):
    """One field's value in a request; `was_sure` is what the cell knew before it left."""

    field: str
    kind: str
    value: Any
    version: int
    at_ms: int
    queued_ms: int
    was_sure: bool = True


class Item(msgspec.Struct, frozen=True, gc=False):
    """One person's values in a request, oldest change first."""

    address: Address
    values: tuple[Value, ...]


class Send(msgspec.Struct, frozen=True):
    """One request to make. `attempt` counts the tries of the most tried person in it."""

    id: int
    destination: str
    items: tuple[Item, ...]
    at_ms: int
    attempt: int = 1
    probe: bool = False


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one item.

    done: the destination has it. retry: it failed and may or may not have been applied.
    unsent: it never left. unknown: it left and may still be applied later, so the person is
    fenced. refused: this object is wrong and will stay so. split: the whole request was
    refused without a reason that names an object. throttled: too fast, nothing applied.
    misconfigured: key, permission or path is wrong. gone: the endpoint wants no more.
    """

    verdict: Verdict
    reason: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What became of a request: an outcome for each item, and what the headers said."""

    outcomes: tuple[Outcome, ...]
    quota: Quota | None = None
    retry_at_ms: int | None = None


def same_for_all(send: Send, verdict: Verdict, reason: str = "") -> tuple[Outcome, ...]:
    """One outcome for every item of a request."""
    return (Outcome(verdict, reason),) * len(send.items)
