"""The databases, each started once: DuckDB and chDB in this process, PostgreSQL beside it."""

from __future__ import annotations

import pytest

from tests.differential import clusters
from tests.differential.databases import ChDb, DuckDb, Postgres


@pytest.fixture(scope="session")
def duckdb():
    return DuckDb()


@pytest.fixture(scope="session")
def clickhouse():
    return ChDb()


@pytest.fixture(scope="session")
def postgres():
    with clusters.running() as address:
        yield Postgres(address)
