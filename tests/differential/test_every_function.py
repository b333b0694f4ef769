"""Every function of the language, in every database that runs here, on fixed people."""

from __future__ import annotations

import pytest

from ebbline.definitions.functions import FUNCTIONS
from tests.differential import every
from tests.differential.law import functions_of, hold
from tests.laws.cases import Case

PEOPLE, INSTANTS = 40, 6


def test_the_rules_reach_the_whole_language():
    assert functions_of(every.plan()) == set(FUNCTIONS)


@pytest.mark.parametrize("database", ["duckdb", "postgres", "clickhouse"])
def test_every_function_is_brute_force(database, request):
    case = Case(every.plan(), (*every.people(PEOPLE), *every.edges()), 0, b"")
    asked = request.getfixturevalue(database)
    assert hold(case, every.instants(INSTANTS), asked) > PEOPLE * INSTANTS // 2
