"""The plan as SQL gives the oracle's answers: memberships exactly, scores within 1e-9."""

from __future__ import annotations

from collections import Counter

import pytest

from ebbline.definitions.functions import FUNCTIONS
from tests.differential.databases import Database
from tests.differential.law import FULL_CASES, SQL_CASES, try_law

ENOUGH_CASES = 500
"""From here on random rules alone must reach the whole language."""
MORE_ROUNDS = 10
"""Random rules may leave out a rare function: this often as many again as a fifth are tried."""


def try_whole_language(database: Database, number: int) -> Counter[str]:
    """Random cases, at least that many, until every function of the language page is reached."""
    reached = try_law(database, number)
    for _ in range(MORE_ROUNDS):
        if set(FUNCTIONS) <= set(reached):
            break
        reached += try_law(database, number // 5)
    assert set(FUNCTIONS) <= set(reached), (set(FUNCTIONS) - set(reached), reached)
    return reached


def test_duckdb_is_brute_force(duckdb, record_property):
    law = try_whole_language if SQL_CASES >= ENOUGH_CASES else try_law
    record_property("functions_reached", dict(law(duckdb, SQL_CASES)))


def test_postgres_is_brute_force(postgres):
    assert try_law(postgres, SQL_CASES // 5)


def test_clickhouse_is_brute_force(clickhouse):
    assert try_law(clickhouse, SQL_CASES // 5)


@pytest.mark.full
@pytest.mark.timeout(0)
def test_duckdb_is_brute_force_10000_times(duckdb):
    assert try_whole_language(duckdb, FULL_CASES)


@pytest.mark.full
@pytest.mark.timeout(0)
def test_postgres_is_brute_force_1000_times(postgres):
    assert try_whole_language(postgres, FULL_CASES // 10)


@pytest.mark.full
@pytest.mark.timeout(0)
def test_clickhouse_is_brute_force_1000_times(clickhouse):
    assert try_whole_language(clickhouse, FULL_CASES // 10)
