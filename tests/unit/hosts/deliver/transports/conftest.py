"""One PostgreSQL for all tests of the way to it, with a database for each test."""

from __future__ import annotations

import itertools
import re

import psycopg
import pytest

from tests.differential import clusters

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def cluster():
    with clusters.running() as address:
        yield address


@pytest.fixture
def database(cluster):
    """The address of a new database."""
    name = f"test_{next(_numbers)}"
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield re.sub("dbname=[a-z_0-9]+", f"dbname={name}", cluster)
    with psycopg.connect(cluster, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
