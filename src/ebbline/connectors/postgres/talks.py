"""Getting the tables ready, and reading back what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from ebbline.connectors.connector import Setup
from ebbline.connectors.conversation import (
    Asked,
    Conversation,
    Found,
    Members,
    Readback,
    Refusal,
)
from ebbline.connectors.postgres.classify import refusal_of
from ebbline.connectors.postgres.encode import address_of, person_of
from ebbline.connectors.postgres.limits import (
    COLUMNS_MAX,
    EXACT_UNITS_MAX,
    NAME_BYTES_MAX,
    PAGE_PEOPLE,
)
from ebbline.connectors.postgres.queries import (
    LOOK_AT_COLUMNS,
    LOOK_AT_RIGHTS,
    LOOK_AT_SCHEMA,
    RIGHTS,
    page_of_members,
    reads,
)
from ebbline.connectors.postgres.settings import WIDE, PostgresSettings
from ebbline.connectors.postgres.statements import Results, Statement, read_results, request_of
from ebbline.connectors.postgres.tables import (
    PERSON,
    Columns,
    add_column,
    create,
    people,
    tables,
    version_of,
)
from ebbline.connectors.request import Result
from ebbline.delivery import Address, Feed
from ebbline.delivery.feeds import AUDIENCE


def prepare(feeds: Sequence[Feed], setup: Setup) -> Conversation[dict[str, str]]:
    """Make what is missing of the tables, with the columns the fields need."""
    settings: PostgresSettings = setup.settings
    wrong = _names_problem(feeds, settings) if settings.layout == WIDE else ""
    if wrong:
        return Refusal("misconfigured", wrong)
    wanted = tables(feeds, settings)
    names = tuple((settings.schema, table) for table in wanted)
    result = yield request_of(
        settings,
        Statement(LOOK_AT_SCHEMA, ((settings.schema,),)),
        Statement(LOOK_AT_COLUMNS, names),
        Statement(LOOK_AT_RIGHTS, names),
    )
    found = _results(result)
    if found is None:
        return refusal_of(result, settings)
    schema, columns, rights = found.results
    making: list[Statement] = []
    for number, (table, needed) in enumerate(wanted.items()):
        there = {str(row[0]): str(row[1]) for row in columns[number]}
        wrong = _table_problem(table, needed, there, rights[number])
        if wrong:
            return Refusal("misconfigured", wrong)
        making += _missing(settings, table, needed, there)
    wrong = _schema_problem(settings, schema[0], creates=bool(making))
    if wrong:
        return Refusal("misconfigured", wrong)
    if making:
        result = yield request_of(settings, *making)
        if _results(result) is None:
            return refusal_of(result, settings)
    return {}


def read_back(asked: Sequence[Asked], setup: Setup) -> Readback:
    """What the tables hold of some people; null where there is no row."""
    settings: PostgresSettings = setup.settings
    persons = tuple((person_of(one.address, settings),) for one in asked)
    fields = sorted({feed.field for one in asked for feed in one.feeds})
    reading = (Statement(sql, persons) for sql in reads(settings, fields))
    result = yield request_of(settings, *reading)
    found = _results(result)
    if found is None:
        return refusal_of(result, settings)
    held = [_held(number, found, fields, settings) for number in range(len(asked))]
    return tuple(
        None if values is None else Found({feed.field: _ours(values, feed) for feed in one.feeds})
        for one, values in zip(asked, held, strict=True)
    )


def members(feed: Feed, setup: Setup) -> Members:
    """Everybody in an audience, page by page in the order of their names."""
    settings: PostgresSettings = setup.settings
    addresses: list[Address] = []
    last = ""
    while True:
        sql, parameters = page_of_members(settings, feed.field, last)
        result = yield request_of(settings, Statement(sql, (parameters,)))
        found = _results(result)
        if found is None:
            return refusal_of(result, settings)
        page = [str(row[0]) for row in found.results[0][0]]
        addresses += [address_of(person, settings) for person in page]
        if len(page) < PAGE_PEOPLE:
            return addresses
        last = page[-1]


def _results(result: Result) -> Results | None:
    if getattr(result, "status", 0) != 200:
        return None
    return read_results(result.body)  # type: ignore[union-attr]


def _names_problem(feeds: Sequence[Feed], settings: PostgresSettings) -> str:
    """What cannot be a column of the table of people."""
    if 2 * len(feeds) > COLUMNS_MAX:
        return f"A table can have at most {COLUMNS_MAX // 2} fields; use the layout rows."
    names = [PERSON]
    for feed in feeds:
        longest = version_of(feed.field)
        if len(longest.encode()) > NAME_BYTES_MAX:
            most = NAME_BYTES_MAX - len(version_of(""))
            return f'"{feed.field}" has more than {most} bytes; name the column anew (as: ...).'
        names += [feed.field, longest]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        return f'Two columns of {people(settings)} would be called "{twice}"; name it anew.'
    return ""


def _table_problem(
    table: str, needed: Columns, there: dict[str, str], rights: Sequence[Sequence[Any]]
) -> str:
    for name, kind in needed:
        if name in there and there[name] != kind:
            return f'The column "{name}" of {table} is {there[name]}; it has to be {kind}.'
    lacking = [right for row in rights for right, has in zip(RIGHTS, row, strict=True) if not has]
    if lacking:
        return f"The role lacks {', '.join(lacking)} on the table {table}; grant it."
    return ""


def _schema_problem(
    settings: PostgresSettings, rows: Sequence[Sequence[Any]], *, creates: bool
) -> str:
    if not rows:
        return f'There is no schema "{settings.schema}"; create it.'
    uses, makes = rows[0]
    if not uses:
        return f'The role lacks USAGE on the schema "{settings.schema}"; grant it.'
    if creates and not makes:
        lacks = f'The role lacks CREATE on the schema "{settings.schema}"'
        return f"{lacks}; grant it, or make the tables and columns yourself."
    return ""


def _missing(
    settings: PostgresSettings, table: str, needed: Columns, there: dict[str, str]
) -> Iterator[Statement]:
    if not there:
        yield Statement(create(settings, table, needed))
        return
    for name, kind in needed:
        if name not in there:
            yield Statement(add_column(settings, table, (name, kind)))


def _held(
    number: int, found: Results, fields: list[str], settings: PostgresSettings
) -> dict[tuple[bool, str], Any] | None:
    """What is there of the person of that number: by whether it is a membership, and field."""
    if settings.layout == WIDE:
        rows = found.results[0][number]
        both = ((is_one, field) for is_one in (True, False) for field in fields)
        return dict(zip(both, rows[0] * 2, strict=True)) if rows else None
    of_audiences, of_traits = (table[number] for table in found.results)
    held = {(True, str(field)): member for field, member in of_audiences}
    held |= {(False, str(field)): value for field, value in of_traits}
    return held or None


def _ours(values: dict[tuple[bool, str], Any], feed: Feed) -> Any:
    """A field's value as the engine has it; null where there is none."""
    held = values.get((feed.kind == AUDIENCE, feed.field))
    if held is None or feed.kind == AUDIENCE:
        return held
    if feed.kind == "timestamp" and isinstance(held, str):
        try:
            return round(datetime.fromisoformat(held).timestamp() * 1000)
        except ValueError:
            return held
    return _number(held)


def _number(held: Any) -> Any:
    """JSON as we read it anywhere else: jsonb writes 1e23 with all its digits."""
    if isinstance(held, list):
        return [_number(one) for one in held]
    if isinstance(held, dict):
        return {name: _number(one) for name, one in held.items()}
    return float(held) if type(held) is int and abs(held) > EXACT_UNITS_MAX else held
