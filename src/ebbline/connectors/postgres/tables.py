"""The tables and the statements on them. Every name is quoted, every value a parameter.

A row takes a value only with a version that is at least the one it has, so a transaction that
is repeated, or comes late, never turns anything back.
"""

from __future__ import annotations

from collections.abc import Sequence

from ebbline.connectors.postgres.settings import WIDE, PostgresSettings
from ebbline.delivery import Feed
from ebbline.delivery.feeds import AUDIENCE

PERSON = "person"

_MEMBERSHIPS = (
    (PERSON, "text"),
    ("audience", "text"),
    ("member", "boolean"),
    ("since", "timestamp with time zone"),
    ("version", "bigint"),
)
_TRAITS = (
    (PERSON, "text"),
    ("trait", "text"),
    ("value", "jsonb"),
    ("changed_at", "timestamp with time zone"),
    ("version", "bigint"),
)
_COLUMN_TYPES = {
    AUDIENCE: "boolean",
    "boolean": "boolean",
    "number": "double precision",
    "text": "text",
    "timestamp": "timestamp with time zone",
}
_NULLABLE = frozenset(["value"])

Columns = tuple[tuple[str, str], ...]


def quoted(name: str) -> str:
    """A name as SQL has it, in a statement with `%s` for parameters.

    >>> quoted('a "b" 50%')
    '"a ""b"" 50%%"'
    """
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def memberships(settings: PostgresSettings) -> str:
    """The name of the table of memberships."""
    return f"{settings.prefix}memberships"


def traits(settings: PostgresSettings) -> str:
    """The name of the table of traits."""
    return f"{settings.prefix}traits"


def people(settings: PostgresSettings) -> str:
    """The name of the table with a row for each person."""
    return f"{settings.prefix}people"


def version_of(field: str) -> str:
    """The column that holds the version of a field."""
    return f"{field}__version"


def column_type(kind: str) -> str:
    """The type of a field's own column."""
    return _COLUMN_TYPES.get(kind, "jsonb")


def tables(feeds: Sequence[Feed], settings: PostgresSettings) -> dict[str, Columns]:
    """What there is to be: the columns of each table, with their types."""
    if settings.layout != WIDE:
        return {memberships(settings): _MEMBERSHIPS, traits(settings): _TRAITS}
    columns: list[tuple[str, str]] = [(PERSON, "text")]
    for feed in feeds:
        columns.append((feed.field, column_type(feed.kind)))
        columns.append((version_of(feed.field), "bigint"))
    return {people(settings): tuple(columns)}


def place(settings: PostgresSettings, table: str) -> str:
    """A table with its schema."""
    return f"{quoted(settings.schema)}.{quoted(table)}"


def create(settings: PostgresSettings, table: str, columns: Columns) -> str:
    """The statement that makes a table."""
    wide = settings.layout == WIDE
    lines = [
        f"{quoted(name)} {kind}"
        + ("" if name in _NULLABLE or (wide and name != PERSON) else " NOT NULL")
        for name, kind in columns
    ]
    key = [PERSON] if wide else [PERSON, columns[1][0]]
    lines.append(f"PRIMARY KEY ({', '.join(map(quoted, key))})")
    return f"CREATE TABLE IF NOT EXISTS {place(settings, table)} ({', '.join(lines)})"


def add_column(settings: PostgresSettings, table: str, column: tuple[str, str]) -> str:
    """The statement that adds a column."""
    name, kind = column
    return f"ALTER TABLE {place(settings, table)} ADD COLUMN {quoted(name)} {kind}"


def set_membership(settings: PostgresSettings) -> str:
    """Parameters: person, audience, member, since, version."""
    return _upsert(settings, memberships(settings), [name for name, _ in _MEMBERSHIPS], 2)


def set_trait(settings: PostgresSettings) -> str:
    """Parameters: person, trait, value, changed_at, version."""
    return _upsert(settings, traits(settings), [name for name, _ in _TRAITS], 2)


def set_column(settings: PostgresSettings, field: str) -> str:
    """Parameters: person, value, version."""
    return _upsert(settings, people(settings), [PERSON, field, version_of(field)], 1)


def forget(settings: PostgresSettings, table: str) -> str:
    """Parameter: person."""
    return f"DELETE FROM {place(settings, table)} WHERE {quoted(PERSON)} = %s"  # noqa: S608


def _upsert(settings: PostgresSettings, table: str, names: list[str], keys: int) -> str:
    columns = [quoted(name) for name in names]
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns[keys:])
    version = columns[-1]
    return (
        f"INSERT INTO {place(settings, table)} AS t ({', '.join(columns)})"  # noqa: S608 - quoted
        f" VALUES ({', '.join(['%s'] * len(columns))})"
        f" ON CONFLICT ({', '.join(columns[:keys])}) DO UPDATE SET {changed}"
        f" WHERE t.{version} IS NULL OR excluded.{version} >= t.{version}"
    )
