"""Conversations (a token, a preparation, reading back) as text that anyone can read.

A case in `talks/*.txt` is a title, `to` with the settings, perhaps `token` and `ids`, then
`authorize`, `prepare` with a line for each sync (`name~mode:kind`), or `read_back` with a line
for each person (`address/handle name~mode:kind ...`), and the answers in order. After `=` stand
the requests and what the conversation came to. Run with EBBLINE_WRITE_GOLDEN=1 to write those
anew, and read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from ebbline.connectors import Setup, connector_of
from ebbline.connectors.conversation import Asked, Found, Refusal, Session
from ebbline.connectors.instants import iso
from ebbline.delivery import Feed
from ebbline.delivery.address import parse_address
from tests.golden.connectors.test_golden import cases, result_of, shown_request

FILES = sorted((Path(__file__).parent / "talks").glob("*.txt"))


def feed_of(word, usual):
    name, _, kind = word.partition(":")
    name, _, mode = name.partition("~")
    return Feed(name, kind or "audience", f"audience:{name}", mode=mode or usual)


def came_to(case):
    given = case.partition("\n=")[0]
    _title, to, *lines = given.split("\n")
    _, type_, settings = to.split(" ", 2)
    connector = connector_of(type_)
    settings = connector.read_settings(msgspec.json.decode(settings))
    assert not isinstance(settings, tuple), settings
    setup, what, about, answers = Setup(settings), "", [], []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word in ("answer", "failure"):
            answers.append(result_of(line))
        elif word == "token":
            setup = msgspec.structs.replace(setup, token=rest)
        elif word == "ids":
            setup = msgspec.structs.replace(setup, ids=msgspec.json.decode(rest))
        elif word in ("authorize", "prepare", "read_back", "members"):
            what = word
        else:
            about.append(line)
    talk = begin(connector, what, about, setup)
    return given + "\n=\n" + "\n".join(shown_talk(talk, answers))


def begin(connector, what, about, setup):
    usual = connector.modes[0]
    if what == "authorize":
        return connector.authorize(setup.settings)
    if what == "prepare":
        return connector.prepare([feed_of(line, usual) for line in about], setup)
    if what == "members":
        return connector.members(feed_of(about[0], usual), setup)
    asked = []
    for line in about:
        who, *words = line.split(" ")
        who, _, handle = who.partition("/")
        asked.append(Asked(parse_address(who), handle, tuple(feed_of(w, usual) for w in words)))
    return connector.read_back(asked, setup)


def shown_talk(talk, answers):
    result = None
    try:
        while True:
            request = talk.send(result) if result is not None else next(talk)
            yield from shown_request(request)
            assert answers, "it asks once more than there are answers"
            result = answers.pop(0)
    except StopIteration as end:
        yield from shown_end(end.value)
    assert not answers, "it did not ask for all the answers"


def shown_end(value):
    match value:
        case Refusal(verdict, reason, retry_at_ms):
            yield f"refused: {verdict} {reason}"
            if retry_at_ms is not None:
                yield f"nothing before {iso(retry_at_ms)}"
        case Session(token, lives_ms):
            yield f"session {token} for {lives_ms} ms"
        case dict():
            yield f"ids {msgspec.json.encode(value, order='sorted').decode()}"
        case _:
            for one in value:
                if isinstance(one, Found):
                    held = msgspec.json.encode(one.values).decode()
                    yield f"holds {held}" + (f" (handle {one.handle})" if one.handle else "")
                else:
                    yield "unknown there" if one is None else f"member {one}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_talk(path):
    now = "\n\n".join(came_to(case) for case in cases(path)) + "\n"
    if os.environ.get("EBBLINE_WRITE_GOLDEN"):
        path.write_text(now)
    assert now == path.read_text()
