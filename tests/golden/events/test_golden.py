"""Calls as they arrive and what becomes of them, as text that anyone can read.

A case is a title, the time of receipt, the call with its body, and after `=` the outcome. Run
with EBBLINE_WRITE_GOLDEN=1 to write outcomes anew, and read the difference.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ebbline.events.event import Event, Rejection
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from ebbline.events.request import Parsed
from ebbline.events.times import read_time, to_ms

FILES = sorted(Path(__file__).parent.glob("*.txt"))
PARSER = Parser(Names({"big sale": "Sale Seen"}))


def cases(path):
    return [case.strip("\n") for case in path.read_text().split("\n\n") if case.strip()]


def outcome(case):
    given = case.partition("\n=")[0]
    _title, received, call, *rest = given.split("\n")
    name, _, start = call.partition(" ")
    body = "\n".join([start, *rest]).encode()
    moment = read_time(received.removeprefix("received "))
    assert moment is not None
    parsed = PARSER.parse_request(body, to_ms(moment), "shop", None if name == "batch" else name)
    return given + "\n=\n" + "\n".join(shown(parsed))


def shown(parsed: Parsed):
    for event in parsed.events:
        yield from shown_event(event)
    for rejection in parsed.rejections:
        yield shown_rejection(rejection)


def shown_event(event: Event):
    time = datetime.fromtimestamp(event.time_ms / 1000, UTC).isoformat(timespec="milliseconds")
    yield f"{event.type} {event.name!r} {event.message_id} at {time}"
    people = ("user_id", "anonymous_id", "previous_id", "group_id")
    known = [f"{name} {value!r}" for name in people if (value := getattr(event, name))]
    yield f"  {', '.join(known)}"
    for part in ("properties", "traits", "context"):
        if value := getattr(event, part):
            yield f"  {part} {msgspec.json.encode(value, order='sorted').decode()}"
    if event.flags:
        yield f"  flags {', '.join(event.flags)}"


def shown_rejection(rejection: Rejection):
    return f"refused {rejection.where or 'all'}: {rejection.code}: {rejection.message}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_outcomes(path):
    expected = cases(path)
    got = [outcome(case) for case in expected]
    if os.environ.get("EBBLINE_WRITE_GOLDEN"):
        path.write_text("\n\n".join(got) + "\n")
    else:
        assert got == expected
