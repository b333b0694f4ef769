"""The databases, each started once: DuckDB and chDB in this process, PostgreSQL beside it."""

from __future__ import annotations

import contextlib

import pytest

from tests.differential import clusters
from tests.differential.databases import ChDb, DuckDb, Postgres


@pytest.fixture(scope="session")
def duckdb():
    with contextlib.closing(DuckDb()) as database:
        yield database


@pytest.fixture(scope="session")
def clickhouse():
    with contextlib.closing(ChDb()) as database:
        yield database


@pytest.fixture(scope="session")
def postgres():
    with clusters.running() as address, contextlib.closing(Postgres(address)) as database:
        yield database
