"""Somebody who is made up: calls folded by the real parser, identity and engine, in a folder of
their own that is gone afterwards. Nothing of any data folder is read or written.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ebbline.definitions.moments import parse_moment
from ebbline.definitions.plan import Plan
from ebbline.errors import Refused
from ebbline.events.event import Event
from ebbline.hosts.embedded.clock import SystemClock
from ebbline.hosts.embedded.folder import FORMAT, DataFolder
from ebbline.hosts.embedded.log import Entry, Log
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.reading.reader import Reader
from ebbline.hosts.embedded.state.fold import Fold
from ebbline.hosts.embedded.state.store import StateStore

SOMEBODY = "somebody"
"""The user id of one whose calls name nobody."""


@contextmanager
def made_up(
    plan: Plan, calls: Sequence[dict[str, Any]], at_ms: int | None, now_ms: int
) -> Iterator[tuple[Reader, int, int]]:
    """A reader of a world in which nothing but these calls came, each at its own `timestamp`
    (without one, at `now_ms`); the person they are of, and the instant: `at_ms`, else that of
    the last call. All are of one person, the first that they name. Refused for a call that the
    parser would not take, naming it, and for an instant before the last call."""
    events = _events(plan, calls, now_ms if at_ms is None else at_ms)
    last_ms = events[-1].received_ms if events else now_ms
    until_ms = at_ms if at_ms is not None else last_ms
    if events and until_ms < last_ms:
        message = "The instant is before the last of the calls; leave that out, or ask later."
        raise Refused(message)
    with tempfile.TemporaryDirectory(prefix="ebbline-made-up-") as name:
        folder = DataFolder(Path(name))
        folder.version.write_text(f"{FORMAT}\n", "utf-8")
        Log(folder.log, SystemClock()).close()
        _fold(folder, plan, events, until_ms)
        with Reader(folder.path) as reader:
            user = (events[0].user_id if events else None) or SOMEBODY
            yield reader, reader.find(f"user_id:{user}"), until_ms


def _fold(folder: DataFolder, plan: Plan, events: list[Event], until_ms: int) -> None:
    store = StateStore(folder.state)
    try:
        fold = Fold(store, plan)
        fold.adopt(plan)
        for event in events or [_nothing(until_ms)]:
            fold.take(Entry(fold.offset + 1, event.received_ms, "events", 1, b""), [event])
        fold.take(Entry(fold.offset + 1, until_ms, "tick", 0, b""), [])
        fold.commit()
    finally:
        store.close()


def _nothing(at_ms: int) -> Event:
    """A call that says nothing but that somebody is there."""
    return Event("~0", "identify", "$identify", at_ms, at_ms, SOMEBODY, None, {}, {}, {})


def _events(plan: Plan, calls: Sequence[dict[str, Any]], now_ms: int) -> list[Event]:
    """The calls as the parser of the project reads them, in the order of their instants."""
    parser, timed = parser_for(plan), []
    user = next((call["userId"] for call in calls if call.get("userId")), SOMEBODY)
    for number, call in enumerate(calls):
        timed.append((_instant(call.get("timestamp"), number, now_ms), number, call))
    found = []
    for at_ms, number, call in sorted(timed, key=lambda each: each[:2]):
        sent = {**call, "userId": user, "messageId": f"~{number:05}"}
        read = parser.parse_line(msgspec.json.encode(sent), received_ms=at_ms)
        if not isinstance(read, Event):
            message = f"Call {number + 1} is not one that would be taken in: {read.message}."
            raise Refused(message)
        if read.user_id is None:
            message = f"Call {number + 1} names a user id that nobody can have."
            raise Refused(message)
        found.append(read)
    return found


def _instant(text: object, number: int, now_ms: int) -> int:
    if text is None:
        return now_ms
    found = parse_moment(text) if isinstance(text, str) else None
    if found is None or found < 0:
        message = f"Call {number + 1} has a timestamp that is no instant since 1970."
        raise Refused(message)
    return found
