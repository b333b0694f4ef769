"""Changes to requests and answers to outcomes, as text that anyone can read.

A case is a title, `to` with the destination's settings (then perhaps `token NAME` and `ids` with
what its preparation learned), a line for each person's values, and perhaps an answer (or a
`failure`); after `=` stand the request and the outcomes. A person's line is the address, after
a `/` perhaps the destination's own id, and the values, `name=json`, `name:kind=json` or
`name~mode=json`. Run with EBBLINE_WRITE_GOLDEN=1 to write those anew, and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from ebbline.connectors import Failure, Response, Setup, connector_of
from ebbline.connectors.instants import iso
from ebbline.delivery import Feed, Item, Outcome, Reply, Send, Value
from ebbline.delivery.address import parse_address

FILES = sorted(Path(__file__).parent.glob("[!_]*.txt"))
NOW_MS = 1_767_225_600_000
ANSWERED_MS = NOW_MS + 1_000


def cases(path):
    return [case.strip("\n") for case in path.read_text().split("\n\n") if case.strip()]


def value_of(word, version, usual):
    """`name=json`, with `:kind` and `~mode` behind the name; without a kind a boolean is an
    audience's. `name#7` is a single change of `name`."""
    name, _, text = word.partition("=")
    value = msgspec.json.decode(text)
    name, _, mode = name.partition("~")
    name, _, kind = name.partition(":")
    kind = kind or ("audience" if isinstance(value, bool) else "any")
    whole = name.partition("#")[0] if "#" in name else ""
    return Value(
        name, kind, value, version, NOW_MS - 60_000, NOW_MS - 500, mode=mode or usual, name=whole
    )


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
    setup, items, result = Setup(settings), [], None
    for line in lines:
        if line.startswith(("answer ", "failure ")):
            result = result_of(line)
        elif line.startswith("token "):
            setup = msgspec.structs.replace(setup, token=line.removeprefix("token "))
        elif line.startswith("ids "):
            ids = msgspec.json.decode(line.removeprefix("ids "))
            setup = msgspec.structs.replace(setup, ids=ids)
        else:
            items.append(item_of(line, 10 * len(items), connector.modes[0]))
    send = Send(1, "shop", tuple(items), NOW_MS, route=route_of(connector, items, settings))
    shown = shown_request(connector.encode(send, setup))
    if result is not None:
        shown = shown_reply(connector.classify(send, result, setup, ANSWERED_MS))
    return given + "\n=\n" + "\n".join(shown)


def item_of(line, version, usual):
    who, *words = line.split(" ")
    who, _, handle = who.partition("/")
    values = tuple(value_of(word, version + n, usual) for n, word in enumerate(words, 1))
    return Item(parse_address(who), values, handle)


def route_of(connector, items, settings):
    """The one route that delivery would send these values on."""
    routes = {
        connector.route(
            item.address, item.handle, Feed(value.key, value.kind, "", mode=value.mode),
            value.value, settings,
        )
        for item in items
        for value in item.values
    }  # fmt: skip
    (route,) = routes
    return route


def shown_request(request):
    yield f"{request.method} {request.url}"
    for name, value in request.headers:
        yield f"{name}: {value}"
    if request.body:
        yield request.body.decode()


def shown_reply(reply: Reply):
    for number, one in enumerate(reply.outcomes):
        assert isinstance(one, Outcome)
        learned = reply.handles[number] if reply.handles else None
        told = "" if learned is None else f" (handle {learned or 'forgotten'})"
        yield f"{number} {one.verdict} {one.reason}".strip() + told
    if reply.retry_at_ms is not None:
        why = ", the day is over" if reply.day_over else ""
        yield f"nothing before {iso(reply.retry_at_ms)}{why}"
    if reply.quota is not None:
        yield f"{reply.quota.remaining} left until {iso(reply.quota.reset_ms)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_golden(path):
    now = "\n\n".join(outcome(case) for case in cases(path)) + "\n"
    if os.environ.get("EBBLINE_WRITE_GOLDEN"):
        path.write_text(now)
    assert now == path.read_text()
