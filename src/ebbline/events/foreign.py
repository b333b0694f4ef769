"""Calls of other wire formats on their way to events: what each says in the Segment spec's words.

A translator gives `Call`s; the parser makes events of them, so names, tracking plan and limits
hold for every door alike. It reads no bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from ebbline.events import limits
from ebbline.events.event import Event
from ebbline.events.fault import Fault, reject
from ebbline.events.parse import Parser
from ebbline.events.request import Parsed

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Call(msgspec.Struct, frozen=True):
    """One call of a request: where it stood, its bytes, and what it says or why it cannot be read.

    `words` gives the sender's own names for the spec's fields, for the place in a refusal.
    """

    inside: str
    item: bytes
    fields: dict[str, Any] | Fault
    words: Mapping[str, str] = {}


def read_calls(
    parser: Parser, calls: Sequence[Call], received_ms: int, source: str
) -> list[Event | Fault]:
    """The event of each call, or what is wrong with it in the sender's words; in order."""
    return [
        _read(parser, call, received_ms, source, position) for position, call in enumerate(calls)
    ]


def as_parsed(
    calls: Sequence[Call], results: Sequence[Event | Fault], received_ms: int, source: str
) -> Parsed:
    """What to store of it: the events, and each refused call with its bytes and its place."""
    events = [result for result in results if isinstance(result, Event)]
    rejections = [
        reject(result, call.item, received_ms, source, inside=call.inside)
        for call, result in zip(calls, results, strict=True)
        if isinstance(result, Fault)
    ]
    return Parsed(events, rejections)


def iso_of(microseconds: Any) -> str | None:
    """A moment given as microseconds since 1970, as the spec writes it; None for anything that
    is no moment between 1970 and 2200.

    >>> iso_of(1_767_222_001_500_000)
    '2025-12-31T23:00:01.500000+00:00'
    """
    if isinstance(microseconds, bool) or not isinstance(microseconds, int | float):
        return None
    if not 0 <= microseconds <= limits.TIME_MS_MAX * 1_000:
        return None
    return (_EPOCH + timedelta(microseconds=int(microseconds))).isoformat()


def _read(
    parser: Parser, call: Call, received_ms: int, source: str, position: int
) -> Event | Fault:
    if isinstance(call.fields, Fault):
        return call.fields
    read = parser.parse_call(call.fields, call.item, received_ms, source, position)
    if not isinstance(read, Fault) or not read.where:
        return read
    field, dot, rest = read.where.partition(".")
    return msgspec.structs.replace(read, where=call.words.get(field, field) + dot + rest)
