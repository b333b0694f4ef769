"""What leaves and what comes back: the words between delivery and the connectors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from ebbline.delivery.address import Address
from ebbline.delivery.feeds import ATTRIBUTE
from ebbline.delivery.pace import Quota

Verdict = Literal[
    "done",
    "again",
    "retry",
    "unsent",
    "unknown",
    "refused",
    "split",
    "throttled",
    "expired",
    "misconfigured",
    "gone",
]


class Limits(msgspec.Struct, frozen=True):
    """A vendor's documented limits, as data. `route_objects` are the objects in one request on
    routes that take another number, by the part of the route before its colon."""

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
    requests_a_day: int = 0  # 0: as many as the window allows
    day_offset_ms: int = 0  # after midnight UTC, when the vendor's day begins
    route_objects: Mapping[str, int] = {}
    field_routes: frozenset[str] = frozenset()

    def counts_fields(self, route: str) -> bool:
        """Whether each field of a request on a route is an object of its own."""
        return self.counts == "fields" or route.partition(":")[0] in self.field_routes

    def objects(self, route: str) -> int:
        """Objects in one request on a route."""
        return self.route_objects.get(route.partition(":")[0], self.objects_max)


class Value(msgspec.Struct, frozen=True, gc=False):
    """One field's value in a request; `was_sure` is what the cell knew before it left."""

    field: str
    kind: str
    value: Any
    version: int
    at_ms: int
    queued_ms: int
    was_sure: bool = True
    mode: str = ATTRIBUTE
    name: str = ""  # the feed's field, where `field` names a single change of it

    @property
    def key(self) -> str:
        """The name at the destination."""
        return self.name or self.field


class Item(msgspec.Struct, frozen=True, gc=False):
    """One person's values in a request, oldest change first; `handle` is the destination's own
    id of the person, where it has told us."""

    address: Address
    values: tuple[Value, ...]
    handle: str = ""


class Send(msgspec.Struct, frozen=True):
    """One request to make. `attempt` counts the tries of the most tried person in it; `route`
    is the connector's word for the kind of request, one for all that is in it."""

    id: int
    destination: str
    items: tuple[Item, ...]
    at_ms: int
    attempt: int = 1
    probe: bool = False
    route: str = ""


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of one item.

    done: the destination has it. again: nothing of it was applied, but we know more now (a
    handle): send it anew at once. retry: it failed and may or may not have been applied.
    unsent: it never left. unknown: it left and may still be applied later, so the person is
    fenced. refused: this object is wrong and will stay so. split: the whole request was
    refused without a reason that names an object. throttled: too fast, nothing applied.
    expired: the session is over, nothing applied; begin one and send again. misconfigured: key,
    permission or path is wrong. gone: the endpoint wants no more.
    """

    verdict: Verdict
    reason: str = ""


class Reply(msgspec.Struct, frozen=True):
    """What became of a request: an outcome for each item, and what the headers said.

    `handles` are what was learned for each item: None for nothing, "" for a handle that no
    longer holds. `day_over`: the day's quota is used up, so `retry_at_ms` may lie far ahead.
    """

    outcomes: tuple[Outcome, ...]
    quota: Quota | None = None
    retry_at_ms: int | None = None
    handles: tuple[str | None, ...] = ()
    day_over: bool = False


def same_for_all(send: Send, verdict: Verdict, reason: str = "") -> tuple[Outcome, ...]:
    """One outcome for every item of a request."""
    return (Outcome(verdict, reason),) * len(send.items)
