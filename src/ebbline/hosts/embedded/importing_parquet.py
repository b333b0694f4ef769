"""Parquet files of events: columns named by field paths, or one column of calls in JSON.

DuckDB reads them, row group after row group, and turns the values into JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ebbline.errors import SetupError
from ebbline.hosts.embedded.event_file import Bookmark, Lines, Unreadable, identity
from ebbline.hosts.embedded.history import duck
from ebbline.hosts.embedded.importing_columns import OBJECTS, Columns, NotAnObject
from ebbline.hosts.embedded.limits import (
    IMPORT_BLOCK_BYTES,
    IMPORT_PARQUET_MEMORY_BYTES,
    IMPORT_PARQUET_ROWS,
)

if TYPE_CHECKING:
    import duckdb

MAGIC = b"PAR1"
_WHOLE = "json"  # a column of this name holds whole calls
_TEXTS = ("VARCHAR", "JSON")


class ParquetFile:
    """A Parquet file, read by rows."""

    unit = "row"

    def __init__(self, path: Path) -> None:
        """Look at the file and its columns; SetupError when either cannot be used."""
        self.path = path
        self.identity = identity(path)
        with self._open() as db:
            rows = self._rows()
            described: Any = db.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()  # noqa: S608
            counted: Any = db.execute(f"SELECT count(*) FROM {rows}").fetchone()  # noqa: S608
        self.size = int(counted[0])
        types = {row[0]: str(row[1]) for row in described}
        self._columns: Columns | None = None
        text = [name for name, kind in types.items() if kind in _TEXTS]
        if (len(types) == 1 and text) or _WHOLE in text:
            self._select = _name(_WHOLE if _WHOLE in types else text[0])
        else:
            self._columns = Columns(path.name, list(types))
            self._select = ", ".join(_json(name, kind) for name, kind in types.items())

    def batches(self, since: Bookmark) -> Iterator[Lines]:
        """All rows from a bookmark on, the first being row 1."""
        with self._open() as db:
            found = db.execute(
                f"SELECT {self._select} FROM {self._rows('file_row_number = true')}"  # noqa: S608
                f" WHERE file_row_number >= {since.end}"
            )
            end, made, size = since.end, [], 0
            while rows := found.fetchmany(IMPORT_PARQUET_ROWS):
                for row in rows:
                    call = self._call(row)
                    size += len(call) if isinstance(call, bytes) else len(call.body)
                    made.append(call)
                if size >= IMPORT_BLOCK_BYTES:
                    yield Lines(end + 1, made, end + len(made))
                    end, made, size = end + len(made), [], 0
            if made:
                yield Lines(end + 1, made, end + len(made))

    def _call(self, row: tuple[str | None, ...]) -> bytes | Unreadable:
        if self._columns is None:
            return (row[0] or "").encode()
        cells = [None if cell is None else cell.encode() for cell in row]
        try:
            return self._columns.call(cells)
        except NotAnObject as error:
            message = f"the cell of {error.column} is no object in JSON"
            body = b",".join(cell or b"" for cell in cells)
            return Unreadable("not_json", message, error.column, body)

    def _rows(self, *options: str) -> str:
        return f"read_parquet({', '.join([duck.text(str(self.path)), *options])})"

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for a block; what is wrong with the file becomes a SetupError."""
        import duckdb  # noqa: PLC0415 - heavy

        try:
            with duck.connection(self.path.parent, IMPORT_PARQUET_MEMORY_BYTES) as db:
                db.execute("SET TimeZone = 'UTC'")
                yield db
        except duckdb.Error as error:
            message = f"{self.path} cannot be read: {error}"
            raise SetupError(message) from error


def _json(name: str, kind: str) -> str:
    """SQL for a column's values as JSON; objects may be stored as text that holds it."""
    column = _name(name)
    if name in OBJECTS and kind in _TEXTS:
        return column
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isfinite({column}) THEN to_json({column})::VARCHAR END"
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"to_json(strftime({column}::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%fZ'))::VARCHAR"
    return f"to_json({column})::VARCHAR"


def _name(column: str) -> str:
    """A column's name as SQL."""
    return '"' + column.replace('"', '""') + '"'
