"""Statements as a request's body, and what they gave, for whoever talks to the database.

A request is one transaction: `{"statements": [{"sql": "... %s ...", "rows": [[...], ...]}]}`, each
statement carried out once for each of its rows of parameters. The answer to it is
`{"results": [[[...], ...], ...]}`: for each statement and each of its rows what was selected.
An error is a status of 400 with the header `sqlstate`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from ebbline.connectors.postgres.settings import PostgresSettings
from ebbline.connectors.request import Request

METHOD = "SQL"
SCHEME = "postgresql:"


class Statement(msgspec.Struct, frozen=True):
    """A statement and the parameters of each time it is carried out."""

    sql: str
    rows: tuple[tuple[Any, ...], ...] = ((),)


class Transaction(msgspec.Struct, frozen=True):
    """The body of a request."""

    statements: tuple[Statement, ...]


class Results(msgspec.Struct, frozen=True):
    """The body of an answer: rows by statement and its row of parameters."""

    results: tuple[tuple[tuple[tuple[Any, ...], ...], ...], ...]


def request_of(settings: PostgresSettings, *statements: Statement) -> Request:
    """One transaction. The connection string travels as a secret header; the address has none."""
    headers = (
        ("authorization", settings.dsn),
        ("sslmode", settings.sslmode),
        ("sslrootcert", settings.ca if settings.sslmode.startswith("verify-") else ""),
    )
    body = msgspec.json.encode(Transaction(statements))
    return Request(METHOD, SCHEME + settings.schema, headers, body)


def read_results(body: bytes) -> Results | None:
    """What a transaction gave; None when that is not it."""
    try:
        return msgspec.json.decode(body, type=Results)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
