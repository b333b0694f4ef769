"""DuckDB as the history uses it: in memory, one thread, bounded, spilling where it is told to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ebbline.errors import SetupError
from ebbline.hosts.embedded.history.rows import COLUMNS
from ebbline.hosts.embedded.log import DiskFull

if TYPE_CHECKING:
    import duckdb

_SPEC = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())


def connect(spill: Path, memory_bytes: int, threads: int | None = 1) -> duckdb.DuckDBPyConnection:
    """A database in memory that leaves nothing behind; `threads` None: one for each core."""
    import duckdb  # noqa: PLC0415 - heavy: only who reads or writes history pays for it

    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": f"{memory_bytes >> 20}MiB",
        "temp_directory": str(spill),
        "preserve_insertion_order": True,  # a sorted file stays sorted
        "autoinstall_known_extensions": False,  # nothing is fetched from anywhere
        "autoload_known_extensions": False,
    }
    if threads is not None:
        config["threads"] = threads
    return duckdb.connect(":memory:", config=config)


@contextmanager
def connection(
    spill: Path, memory_bytes: int, threads: int | None = 1
) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `connect`, for a block."""
    opened = connect(spill, memory_bytes, threads)
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def typed_errors() -> Iterator[None]:
    """DuckDB's errors as what is to be done about them: DiskFull, or SetupError for files that
    are broken or gone."""
    import duckdb  # noqa: PLC0415 - heavy

    try:
        yield
    except duckdb.Error as error:
        if "space left" in str(error):
            message = f"The disk of the data folder takes no more ({error}). Make room on it."
            raise DiskFull(message) from error
        message = (
            f"The history cannot be used ({error}). Stop the system, remove history.db and the"
            " folder history, and start it again: both are written anew from log.db."
        )
        raise SetupError(message) from error


def parquet(files: Iterable[Path]) -> str:
    """SQL that reads some files."""
    return f"read_parquet([{', '.join(text(str(file)) for file in files)}])"


def staged(file: Path) -> str:
    """SQL that reads rows staged as JSON, one a line."""
    return f"read_ndjson({text(str(file))}, columns={{{_SPEC}}})"


def text(value: str) -> str:
    """A text as SQL.

    >>> text("a'b")
    "'a''b'"
    """
    return "'" + value.replace("'", "''") + "'"
