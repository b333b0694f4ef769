"""All dialects by the name sqlglot and the command line know them under."""

from __future__ import annotations

from ebbline.warehouse.dialects.clickhouse import ClickHouse
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.duckdb import DuckDb
from ebbline.warehouse.dialects.postgres import Postgres

DIALECTS: dict[str, Dialect] = {each.name: each for each in (DuckDb(), Postgres(), ClickHouse())}


def dialect_of(name: str) -> Dialect:
    """The dialect of a name of the register."""
    return DIALECTS[name]
