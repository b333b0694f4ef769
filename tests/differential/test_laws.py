"""The plan as SQL gives the oracle's answers: memberships exactly, scores within 1e-9."""

from __future__ import annotations

from collections import Counter

import pytest

from ebbline.definitions.functions import FUNCTIONS
from tests.differential.law import FULL_CASES, SQL_CASES, try_law

ENOUGH_CASES = 500
"""From here on random rules alone must have reached the whole language."""


def hold_language(reached: Counter[str]) -> None:
    """Every function of the language page was reached."""
    missing = set(FUNCTIONS) - set(reached)
    assert not missing, reached


def test_duckdb_is_brute_force(duckdb, record_property):
    reached = try_law(duckdb, SQL_CASES)
    record_property("functions_reached", dict(reached))
    if SQL_CASES >= ENOUGH_CASES:
        hold_language(reached)


def test_postgres_is_brute_force(postgres):
    assert try_law(postgres, SQL_CASES // 5)


def test_clickhouse_is_brute_force(clickhouse):
    assert try_law(clickhouse, SQL_CASES // 5)


@pytest.mark.full
@pytest.mark.timeout(0)
def test_duckdb_is_brute_force_10000_times(duckdb):
    hold_language(try_law(duckdb, FULL_CASES))


@pytest.mark.full
@pytest.mark.timeout(0)
def test_postgres_is_brute_force_1000_times(postgres):
    hold_language(try_law(postgres, FULL_CASES // 10))


@pytest.mark.full
@pytest.mark.timeout(0)
def test_clickhouse_is_brute_force_1000_times(clickhouse):
    hold_language(try_law(clickhouse, FULL_CASES // 10))
