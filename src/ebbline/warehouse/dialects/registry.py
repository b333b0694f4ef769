"""All dialects by the name sqlglot and the command line know them under."""

from __future__ import annotations

from ebbline.errors import NotFound
from ebbline.warehouse.dialects.bigquery import BigQuery
from ebbline.warehouse.dialects.clickhouse import ClickHouse
from ebbline.warehouse.dialects.dialect import Dialect
from ebbline.warehouse.dialects.duckdb import DuckDb
from ebbline.warehouse.dialects.postgres import Postgres
from ebbline.warehouse.dialects.redshift import Redshift
from ebbline.warehouse.dialects.snowflake import Snowflake
from ebbline.warehouse.dialects.spark import Databricks, Spark

_ALL = (
    DuckDb(), Snowflake(), BigQuery(), Spark(), Databricks(), ClickHouse(), Postgres(), Redshift(),
)  # fmt: skip

DIALECTS: dict[str, Dialect] = {each.name: each for each in _ALL}


def dialect_of(name: str) -> Dialect:
    """The dialect of that name; NotFound with all names."""
    if name not in DIALECTS:
        raise NotFound(f'There is no dialect "{name}"; there are: {", ".join(DIALECTS)}.')
    return DIALECTS[name]
