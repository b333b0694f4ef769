"""Changes to requests and answers to outcomes, as text that anyone can read.

A case is a title, `to` with the destination's settings, a line for each person's values, and
perhaps an answer (or a `failure`); after `=` stand the request and the outcomes. Run with
EBBLINE_WRITE_GOLDEN=1 to write those anew, and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from ebbline.connectors import Failure, Response, connector_of
from ebbline.connectors.instants import iso
from ebbline.delivery import Item, Outcome, Reply, Send, Value
from ebbline.delivery.address import parse_address

FILES = sorted(Path(__file__).parent.glob("*.txt"))
NOW_MS = 1_767_225_600_000
ANSWERED_MS = NOW_MS + 1_000


def cases(path):
    return [case.strip("\n") for case in path.read_text().split("\n\n") if case.strip()]


def value_of(word, version):
    """`name=json` or `name:kind=json`; without a kind a boolean is an audience's."""
    name, _, text = word.partition("=")
    value = msgspec.json.decode(text)
    name, _, kind = name.partition(":")
    kind = kind or ("audience" if isinstance(value, bool) else "any")
    return Value(name, kind, value, version, NOW_MS - 60_000, NOW_MS - 500)


def result_of(line):
    word, _, rest = line.partition(" ")
    if word == "failure":
        kind, _, reason = rest.partition(" ")
        return Failure(kind, reason)
    status, _, rest = rest.partition(" ")
    headers = {}
    while rest.startswith("["):
        header, _, rest = rest[1:].partition("]")
        name, _, value = header.partition(": ")
        headers[name.lower()] = value
        rest = rest.lstrip()
    return Response(int(status), headers, rest.encode())


def outcome(case):
    given = case.partition("\n=")[0]
    _title, to, *lines = given.split("\n")
    _, kind, settings = to.split(" ", 2)
    connector = connector_of(kind)
    settings = connector.read_settings(msgspec.json.decode(settings))
    assert not isinstance(settings, tuple), settings
    items, result = [], None
    for line in lines:
        if line.startswith(("answer ", "failure ")):
            result = result_of(line)
        else:
            address, *words = line.split(" ")
            version = 10 * len(items)
            values = tuple(value_of(word, version + n) for n, word in enumerate(words, 1))
            items.append(Item(parse_address(address), values))
    send = Send(1, "shop", tuple(items), NOW_MS)
    shown = shown_request(connector.encode(send, settings))
    if result is not None:
        shown = shown_reply(connector.classify(send, result, settings, ANSWERED_MS))
    return given + "\n=\n" + "\n".join(shown)


def shown_request(request):
    yield f"{request.method} {request.url}"
    for name, value in request.headers:
        yield f"{name}: {value}"
    yield request.body.decode()


def shown_reply(reply: Reply):
    for number, one in enumerate(reply.outcomes):
        assert isinstance(one, Outcome)
        yield f"{number} {one.verdict} {one.reason}".strip()
    if reply.retry_at_ms is not None:
        yield f"nothing before {iso(reply.retry_at_ms)}"
    if reply.quota is not None:
        yield f"{reply.quota.remaining} left until {iso(reply.quota.reset_ms)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden(path):
    now = "\n\n".join(outcome(case) for case in cases(path)) + "\n"
    if os.environ.get("EBBLINE_WRITE_GOLDEN"):
        path.write_text(now)
    assert now == path.read_text()
