"""The questions asked of the catalogue and of the tables."""

from __future__ import annotations

from collections.abc import Iterable

from ebbline.connectors.postgres.limits import PAGE_PEOPLE
from ebbline.connectors.postgres.settings import WIDE, PostgresSettings
from ebbline.connectors.postgres.tables import (
    PERSON,
    memberships,
    people,
    place,
    quoted,
    traits,
)

RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
"""What the role needs on each table."""

_TABLE = (
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = %s AND c.relname = %s AND c.relkind IN ('r', 'p')"
)
_HAS = ", ".join(f"pg_catalog.has_table_privilege(c.oid, '{right}')" for right in RIGHTS)

LOOK_AT_SCHEMA = (
    "SELECT pg_catalog.has_schema_privilege(oid, 'USAGE'),"
    " pg_catalog.has_schema_privilege(oid, 'CREATE')"
    " FROM pg_catalog.pg_namespace WHERE nspname = %s"
)
"""Parameter: schema. Whether it may be used, and whether tables may be made in it."""

LOOK_AT_COLUMNS = (
    "SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL)"  # noqa: S608 - our own words
    f" FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid {_TABLE}"
    " AND a.attnum > 0 AND NOT a.attisdropped"
)
"""Parameters: schema, table. Its columns with their types; none where it is not there."""

LOOK_AT_RIGHTS = f"SELECT {_HAS} FROM pg_catalog.pg_class c {_TABLE}"  # noqa: S608 - our own words
"""Parameters: schema, table. Whether each of `RIGHTS` is there."""


def reads(settings: PostgresSettings, fields: Iterable[str]) -> tuple[str, ...]:
    """Statements that read what is there of somebody. Parameter: person."""
    if settings.layout == WIDE:
        return (_read(settings, people(settings), fields),)
    return (
        _read(settings, memberships(settings), ("audience", "member")),
        _read(settings, traits(settings), ("trait", "value")),
    )


def page_of_members(
    settings: PostgresSettings, field: str, after: str
) -> tuple[str, tuple[str, ...]]:
    """The statement, and its parameters, that reads who is in an audience, in the order of the
    names, beginning behind one."""
    if settings.layout == WIDE:
        table, condition = people(settings), f"{quoted(field)} IS TRUE"
        parameters: tuple[str, ...] = (after,)
    else:
        table, condition = memberships(settings), f"{quoted('audience')} = %s AND member IS TRUE"
        parameters = (field, after)
    return (
        f"SELECT {PERSON} FROM {place(settings, table)} WHERE {condition}"  # noqa: S608 - quoted
        f" AND {PERSON} > %s ORDER BY {PERSON} LIMIT {PAGE_PEOPLE}"
    ), parameters


def _read(settings: PostgresSettings, table: str, columns: Iterable[str]) -> str:
    names = ", ".join(map(quoted, columns))
    return f"SELECT {names} FROM {place(settings, table)} WHERE {PERSON} = %s"  # noqa: S608
