"""Examples of audiences: what happens to whom and what must hold when. Read here, run by
`ebbline.testing`; times are offsets in milliseconds from the example's start."""

from __future__ import annotations

from typing import Any
from typing import Literal as OneOf

import msgspec

from ebbline.definitions.findings import did_you_mean
from ebbline.definitions.limits import EXAMPLE_EVENTS_MAX
from ebbline.definitions.project.document import Document
from ebbline.definitions.project.reading import Read

Call = OneOf["track", "page", "screen", "identify", "group", "alias"]
CALLS: tuple[Call, ...] = ("track", "page", "screen", "identify", "group", "alias")
SOMEBODY = "somebody"  # the userId of events that name nobody


class ExampleEvent(msgspec.Struct, frozen=True):
    """One call, or `times` of them `every_ms` apart. `name` is a track call's event or a page's
    or screen's own name; received `late_ms` after it happened."""

    at_ms: int
    call: Call
    name: str = ""
    user: str | None = None
    anonymous: str | None = None
    properties: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    group_id: str | None = None
    previous_id: str | None = None
    times: int = 1
    every_ms: int = 0
    late_ms: int = 0
    message_id: str | None = None


class Expectation(msgspec.Struct, frozen=True):
    """What must hold at one instant, everything up to and including it known: `in_` is the
    audience's own truth, `effective` (when given) the same after priority groups."""

    at_ms: int
    audience: str
    in_: bool
    effective: bool | None = None
    user: str | None = None
    anonymous: str | None = None
    line: int = 0


class Example(msgspec.Struct, frozen=True):
    """One example and where it stands."""

    audience: str
    name: str
    events: tuple[ExampleEvent, ...]
    expect: tuple[Expectation, ...]
    file: str = ""
    line: int = 0


def read_example(audience: str, row: Read, audiences: frozenset[str]) -> Example | None:
    """The example of a record; None when anything in it was wrong."""
    events = [_event(one) for one in row.get("events") or []]
    people = {(e.user, None if e.user else e.anonymous) for e in events if e is not None}
    expect = [_expectation(audience, one, people, audiences) for one in row.get("expect") or []]
    if sum(event.times for event in events if event is not None) > EXAMPLE_EVENTS_MAX:
        message = f"an example has at most {EXAMPLE_EVENTS_MAX:,} events"
        row.problem("events", "too_many", message)
        return None
    whole_events = tuple(event for event in events if event is not None)
    whole = tuple(one for one in expect if one is not None)
    if row.broken or len(whole_events) != len(events) or len(whole) != len(expect):
        return None
    if not whole:
        row.problem("expect", "bad_example", "the example expects nothing")
        return None
    in_time = tuple(sorted(whole_events, key=lambda event: event.at_ms))
    line = _line(row.document, row.at.start)
    return Example(audience, row.get("name", ""), in_time, whole, row.document.file, line)


def _line(document: Document, offset: int) -> int:
    return document.source.count("\n", 0, offset) + 1


def _event(row: Read) -> ExampleEvent | None:
    calls = [call for call in CALLS if call in row.places]
    if len(calls) != 1:
        if not row.broken:
            message = "an event is one of " + ", ".join(f"{call}:" for call in CALLS)
            row.problem("at", "bad_example", message)
        return None
    call = calls[0]
    if row.broken:
        return None
    said = row.get(call)
    properties: dict[str, Any] = dict(row.get("properties", {}))
    traits: dict[str, Any] = dict(row.get("traits", {}))
    name = said if call in ("track", "page", "screen") else ""
    if call == "page" and name.startswith("/"):
        properties.setdefault("path", name)
        name = ""
    if call == "identify":
        traits |= said
    user, anonymous = row.get("user"), row.get("anonymous")
    if user is None and anonymous is None:
        user = SOMEBODY
    return ExampleEvent(
        row.get("at"), call, name, user, anonymous, properties, traits, row.get("context", {}),
        said if call == "group" else None, said if call == "alias" else None,
        row.get("times", 1), row.get("every", 0), row.get("late", 0), row.get("id"),
    )  # fmt: skip


def _expectation(
    audience: str, row: Read, people: set[tuple[Any, Any]], audiences: frozenset[str]
) -> Expectation | None:
    if row.broken:
        return None
    user, anonymous = row.get("user"), row.get("anonymous")
    if user is None and anonymous is None:
        named = {person for person in people if person[0] is not None} or people
        if len(named) > 1:
            message = "the example has several people"
            row.problem("at", "bad_example", message, "say whose: user: ana")
            return None
        user, anonymous = next(iter(named), (SOMEBODY, None))
    name = row.get("audience", audience)
    if name not in audiences:
        hint = did_you_mean(name, audiences)
        row.problem("audience", "unknown_audience", f'unknown audience "{name}"', hint)
        return None
    line = _line(row.document, row.at.start)
    effective = row.get("effective")
    return Expectation(row.get("at"), name, row.get("in"), effective, user, anonymous, line)
