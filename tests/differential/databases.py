"""The databases that run queries in these tests, behind one small face."""

from __future__ import annotations

from typing import Any, Protocol

import duckdb
import msgspec
import psycopg
from chdb.session import Session

from tests.differential.rows import COLUMNS, Row


class Database(Protocol):
    """What a test asks of a database: hold some events, answer a query."""

    dialect: str

    def hold(self, rows: list[Row]) -> None:
        """Have these events and no others."""

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""


class DuckDb:
    """DuckDB in memory."""

    dialect = "duckdb"

    def __init__(self) -> None:
        self._db = duckdb.connect(config={"threads": 1})
        columns = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS)
        self._db.execute(f"CREATE TABLE events ({columns})")

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    def hold(self, rows: list[Row]) -> None:
        """Have these events and no others."""
        places = ", ".join("?" for _ in COLUMNS)
        self._db.execute("DELETE FROM events")
        values = ", ".join(f"({places})" for _ in rows)
        self._db.execute(f"INSERT INTO events VALUES {values}", [x for row in rows for x in row])

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._db.execute(text).fetchall()


class Postgres:
    """A PostgreSQL that is already running."""

    dialect = "postgres"

    def __init__(self, address: str) -> None:
        self._db = psycopg.connect(address, autocommit=True)
        columns = ", ".join(f"{name} {type_}" for name, type_ in COLUMNS)
        self._db.execute("DROP TABLE IF EXISTS events")
        self._db.execute(f"CREATE TABLE events ({columns})")

    def close(self) -> None:
        """Let go of it."""
        self._db.close()

    def hold(self, rows: list[Row]) -> None:
        """Have these events and no others."""
        self._db.execute("TRUNCATE events")
        with self._db.cursor().copy("COPY events FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self._db.execute(text).fetchall()


class ChDb:
    """ClickHouse inside this process."""

    dialect = "clickhouse"

    def __init__(self) -> None:
        self._session = Session()
        types = {"BIGINT": "Int64", "TEXT": "String"}
        nullable = ("user_id", "group_id")
        columns = ", ".join(
            f"{name} {f'Nullable({types[type_]})' if name in nullable else types[type_]}"
            for name, type_ in COLUMNS
        )
        self._session.query("CREATE DATABASE IF NOT EXISTS tests ENGINE = Atomic")
        self._session.query("USE tests")
        self._session.query(f"CREATE TABLE events ({columns}) ENGINE = Memory")

    def close(self) -> None:
        """Let go of it."""
        self._session.close()

    def hold(self, rows: list[Row]) -> None:
        """Have these events and no others."""
        names = [name for name, _ in COLUMNS]
        lines = b"\n".join(msgspec.json.encode(dict(zip(names, row, strict=True))) for row in rows)
        self._session.query("TRUNCATE TABLE events")
        self._session.query(f"INSERT INTO events FORMAT JSONEachRow {lines.decode()}")

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        settings = "output_format_json_quote_64bit_integers = 0"
        done = self._session.query(f"{text}, {settings}", "JSONCompactEachRow")
        lines = str(done).splitlines()
        return [tuple(msgspec.json.decode(line)) for line in lines]
