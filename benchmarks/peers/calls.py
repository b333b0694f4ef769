"""Lines of the workload as plain records: all that its questions look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec

IDENTIFY = "identify"  # how a call is named that says something about the person


class Call(msgspec.Struct, frozen=True, gc=False):
    """One event. `user` is None before a login; `name` is "page:NAME" for page calls."""

    received_ms: int
    time_ms: int
    message_id: str
    user: str | None
    device: str
    name: str
    revenue: float | None
    campaign: str | None
    traits: dict[str, Any] | None


_decode = msgspec.json.Decoder().decode


def call_of(line: bytes) -> Call:
    """One line of the file."""
    told = _decode(line)
    properties = told.get("properties") or {}
    kind = told["type"]
    if kind == "track":
        name = told["event"]
    elif kind == "page":
        name = "page:" + told["name"]
    else:
        name = IDENTIFY
    return Call(
        _ms(told["receivedAt"]), _ms(told["timestamp"]), told["messageId"], told["userId"],
        told["anonymousId"], name, properties.get("revenue"), properties.get("campaign_id"),
        told.get("traits"),
    )  # fmt: skip


def once(calls: Iterable[Call]) -> Iterator[Call]:
    """Each messageId the first time it comes."""
    seen: set[str] = set()
    for call in calls:
        if call.message_id not in seen:
            seen.add(call.message_id)
            yield call


def instants(calls: Iterable[Call]) -> Iterator[tuple[int, Sequence[Call]]]:
    """What was received in the same millisecond, in order of arrival."""
    for received_ms, together in groupby(calls, attrgetter("received_ms")):
        yield received_ms, list(together)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
