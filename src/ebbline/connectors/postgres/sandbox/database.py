"""Transactions on an SQLite database in memory, answered as PostgreSQL would.

SQLite has the same `INSERT ... ON CONFLICT ... DO UPDATE ... WHERE`, so the statements are really
carried out. What the two have not in common is told apart here: parameters, types, the catalogue.
"""

from __future__ import annotations

import re
from typing import Any

import apsw
import msgspec

from ebbline.connectors.postgres.queries import (
    LOOK_AT_COLUMNS,
    LOOK_AT_RIGHTS,
    LOOK_AT_SCHEMA,
    RIGHTS,
)
from ebbline.connectors.postgres.statements import METHOD, Transaction
from ebbline.connectors.request import Request, Response

# A fault told as an HTTP status, in the words of SQL.
_STATES = {
    400: "22023",
    401: "28P01",
    403: "42501",
    404: "3D000",
    429: "53300",
    500: "XX000",
    503: "57P03",
    504: "57014",
}
_PLACEHOLDER = re.compile(r"%[s%]")
# SQLite would make numbers of what looks like them, were this not called a text.
_JSON = "jsonb_text"


class Database:
    """A `Vendor`: see `connectors.sandbox`. `rights` are what the role has on tables, `creates`
    whether it may make any."""

    def __init__(self, dsn: str | None = None, schema: str = "public") -> None:
        self.rights = set(RIGHTS)
        self.creates = True
        self._dsn = dsn
        self._schema = schema
        self._open()

    def answer(self, request: Request, now_ms: int) -> Response:
        """Carry out the transaction, as a whole or not at all."""
        del now_ms
        if request.method != METHOD:
            return _error("08P01", "expected a transaction")
        if self._dsn is not None and dict(request.headers).get("authorization") != self._dsn:
            return _error("28P01", "password authentication failed")
        transaction = msgspec.json.decode(request.body, type=Transaction)
        try:
            with self._db:
                results = [
                    [self._run(one.sql, row) for row in one.rows] for one in transaction.statements
                ]
        except apsw.ConstraintError as error:
            return _error("23000", str(error))
        except apsw.SQLError as error:
            return _error("42703" if "column" in str(error) else "42P01", str(error))
        except PermissionError as error:
            return _error("42501", str(error))
        return Response(200, {}, msgspec.json.encode({"results": results}))

    def refused(self, status: int, message: str, now_ms: int) -> Response:
        """An error in the words of SQL, and nothing done."""
        del now_ms
        return _error(_STATES.get(status, "XX000"), message)

    def views(self, name: str, query: dict[str, str]) -> Any:
        """`tables`: every table with its rows; `table?name=...`: the rows of one."""
        catalogue = f"{_quoted(self._schema)}.sqlite_master"
        sql = f"SELECT name FROM {catalogue} WHERE type = 'table'"  # noqa: S608 - quoted
        names = [str(row[0]) for row in self._db.execute(sql)]
        if name == "tables":
            return {one: self._rows(one) for one in names}
        if name == "table" and query.get("name") in names:
            return self._rows(query["name"])
        return None

    def reset(self) -> None:
        """Forget everything."""
        self._open()

    def _open(self) -> None:
        self._db = apsw.Connection(":memory:")
        self._db.execute("ATTACH ':memory:' AS " + _quoted(self._schema))

    def _run(self, sql: str, row: tuple[Any, ...]) -> list[Any]:
        if sql == LOOK_AT_SCHEMA:
            return [[True, self.creates]] if row[0] == self._schema else []
        if sql == LOOK_AT_COLUMNS:
            return self._columns(str(row[1]))
        if sql == LOOK_AT_RIGHTS:
            has = [right in self.rights for right in RIGHTS]
            return [has] if self._columns(str(row[1])) else []
        word = sql.split(" ", 1)[0]
        if (word in ("CREATE", "ALTER") and not self.creates) or (
            word in RIGHTS and word not in self.rights
        ):
            raise PermissionError("permission denied")
        return self._select(_translated(sql), row)

    def _columns(self, table: str) -> list[Any]:
        rows = self._db.execute(
            "SELECT name, type FROM pragma_table_info(?, ?)", (table, self._schema)
        )
        return [[name, "jsonb" if kind == _JSON else kind.lower()] for name, kind in rows]

    def _rows(self, table: str) -> list[dict[str, Any]]:
        sql = f"SELECT * FROM {_quoted(self._schema)}.{_quoted(table)} ORDER BY 1, 2"  # noqa: S608
        names = [name for name, _ in self._columns(table)]
        return [dict(zip(names, row, strict=True)) for row in self._select(sql, ())]

    def _select(self, sql: str, row: tuple[Any, ...]) -> list[Any]:
        cursor = self._db.cursor()
        found = []
        for values in cursor.execute(sql, row):
            kinds = [kind for _, kind in cursor.get_description()]
            found.append([_plain(*pair) for pair in zip(values, kinds, strict=True)])
        return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _translated(sql: str) -> str:
    """A statement with SQLite's parameters and types."""
    changed = _PLACEHOLDER.sub(lambda found: "?" if found[0] == "%s" else "%", sql)
    if changed.startswith(("CREATE", "ALTER")):
        changed = re.sub(r'(?<=") jsonb\b', f" {_JSON}", changed)
    return changed


def _plain(value: Any, kind: str | None) -> Any:
    if value is None:
        return None
    if kind == "boolean":
        return bool(value)
    return msgspec.json.decode(value) if kind == _JSON else value


def _error(state: str, message: str) -> Response:
    body = msgspec.json.encode({"sqlstate": state, "message": message})
    return Response(400, {"sqlstate": state, "content-type": "application/json"}, body)
