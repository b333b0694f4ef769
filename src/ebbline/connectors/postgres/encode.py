"""People's values as one transaction: a row for each membership and trait, or for each person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ebbline.connectors.connector import Setup
from ebbline.connectors.instants import iso
from ebbline.connectors.postgres.settings import ANY, WIDE, PostgresSettings
from ebbline.connectors.postgres.statements import Statement, request_of
from ebbline.connectors.postgres.tables import (
    column_type,
    forget,
    set_column,
    set_membership,
    set_trait,
    tables,
)
from ebbline.connectors.request import Request
from ebbline.delivery import Address, Send, Value
from ebbline.delivery.address import parse_address
from ebbline.delivery.feeds import AUDIENCE, ERASE
from ebbline.profiles.graph import Identifier

Row = tuple[Any, ...]


def address(identifiers: Sequence[Identifier], settings: PostgresSettings) -> Address | None:
    """The person's first identifier of the wanted type, or of any."""
    for identifier in identifiers:
        if settings.identify in (ANY, identifier.type):
            return Address(identifier.type, identifier.value)
    return None


def person_of(address: Address, settings: PostgresSettings) -> str:
    """What stands in the column person."""
    return str(address) if settings.identify == ANY else address.value


def address_of(person: str, settings: PostgresSettings) -> Address:
    """The inverse of `person_of`."""
    return parse_address(person) if settings.identify == ANY else Address(settings.identify, person)


def encode(send: Send, setup: Setup) -> Request:
    """The transaction, statement by statement in the order of their names."""
    settings: PostgresSettings = setup.settings
    found: dict[str, list[Row]] = {}
    for item in send.items:
        person = person_of(item.address, settings)
        for value in item.values:
            for sql, row in _writes(person, value, settings):
                found.setdefault(sql, []).append(row)
    # Locks are taken in one order by everybody, so two transactions rarely wait for each other.
    statements = (Statement(sql, tuple(sorted(rows, key=_key))) for sql, rows in found.items())
    return request_of(settings, *sorted(statements, key=lambda statement: statement.sql))


def _key(row: Row) -> tuple[str, str]:
    return str(row[0]), str(row[1]) if len(row) > 1 else ""


def _writes(person: str, value: Value, settings: PostgresSettings) -> Iterator[tuple[str, Row]]:
    if value.key == ERASE:
        for table in tables((), settings):
            yield forget(settings, table), (person,)
    elif settings.layout == WIDE:
        held = _plain(value, column_type(value.kind))
        yield set_column(settings, value.key), (person, held, value.version)
    elif value.kind == AUDIENCE:
        row = (person, value.key, bool(value.value), iso(value.at_ms), value.version)
        yield set_membership(settings), row
    else:
        held = _plain(value, "jsonb")
        yield set_trait(settings), (person, value.key, held, iso(value.at_ms), value.version)


def _plain(value: Value, kind: str) -> Any:
    """A value as a parameter of a column's type; an instant as text, also within jsonb."""
    held = value.value
    if held is None:
        return None
    if value.kind == AUDIENCE:
        held = bool(held)
    if value.kind == "timestamp" and type(held) is int:
        held = iso(held)
    return msgspec.json.encode(held).decode() if kind == "jsonb" else held
