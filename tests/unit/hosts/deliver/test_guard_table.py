"""Every URL of ssrf.txt through the real transport: what it opens a connection to, if to anything.

Only two ends are ours: the answers of the look-up, and the loop's `connect`, which notes the
address and connects to nothing.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from ebbline.connectors import Failure, Request
from ebbline.hosts.embedded.deliver import HttpTransport
from tests.unit.delivery.lanes import LIMITS

TABLE = Path(__file__).with_name("ssrf.txt")


class Row(NamedTuple):
    """A request, what look-ups give one after the other, and what comes of it."""

    line: int
    url: str
    answers: list[list[str]]
    outcome: str


def read_table(text):
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            url, answers, outcome = line.rsplit(";", 2)
            url = json.loads(url) if url.startswith('"') else url.strip()
            found = [one.strip().split(", ") for one in answers.split(" then ") if one.strip()]
            rows.append(Row(number, url, found, outcome.strip()))
    return rows


ROWS = read_table(TABLE.read_text(encoding="utf-8"))
REFUSED = [row for row in ROWS if not row.outcome.startswith("->")]


@pytest.fixture
async def connected(monkeypatch):
    """The addresses that were connected to."""
    noted = []

    async def sock_connect(sock, address):
        noted.append(address[0])
        raise ConnectionRefusedError(111, "nobody is there")

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", sock_connect)
    return noted


async def results(row):
    """What comes of asking as often as there are answers to a look-up, at least once."""
    answers = iter(row.answers)

    async def lookup(host, port):
        return next(answers)

    transport = HttpTransport(lookup=lookup)
    made = []
    for _ in row.answers or [None]:
        made.append(await transport.send(Request("POST", row.url, (), b"{}"), LIMITS))
        for session in transport._sessions.values():
            session.connector.clear_dns_cache()
    await transport.close()
    return made


def test_the_table_is_long():
    assert len(REFUSED) >= 150
    assert len({(row.url, str(row.answers)) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"line{row.line}")
async def test_what_a_url_leads_to(row, connected):
    made = await results(row)
    last = made[-1]
    assert isinstance(last, Failure)
    assert last.kind == "unsent"
    if row.outcome.startswith("-> "):
        assert connected == [row.outcome.removeprefix("-> ")]
        assert not last.reason.startswith("refused address:")
    else:
        assert last.reason.startswith("refused address: ")
        assert row.outcome in last.reason
        assert connected == [one for answer in row.answers[:-1] for one in answer]


async def test_a_refusal_tells_nothing_that_may_be_secret(connected):
    for row in REFUSED:
        (*_, last) = await results(row._replace(url=row.url + "/T0KEN?key=T0KEN"))
        assert "T0KEN" not in last.reason
        assert "word@" not in last.reason
