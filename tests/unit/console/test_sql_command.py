"""`sql`: an audience as a query, in every dialect, at an instant."""

from __future__ import annotations

import json

import pytest
import sqlglot

from ebbline.warehouse import DIALECTS


@pytest.fixture
def shop(shell):
    shell("init", "shop")
    return shell


@pytest.mark.parametrize("dialect", DIALECTS)
def test_prints_a_query_that_parses(shop, dialect):
    told = shop("sql", "high_intent", "--dialect", dialect, "--at", "2026-05-01T12:00:00Z")
    first, second, *text = told.stdout.splitlines()
    wanted = f"-- Who is in high_intent at 2026-05-01T12:00:00.000Z, in the SQL of {dialect}."
    assert first == wanted
    assert second.startswith("-- a")
    tree = sqlglot.parse_one("\n".join(text), dialect=dialect)
    assert tree.named_selects[0] == "profile"
    assert "1777636800000" in told.stdout


def test_json_and_now(shop):
    told = json.loads(shop("sql", "high_intent", "--json", "--effective").stdout)
    assert sorted(told) == ["at", "audience", "dialect", "sql"]
    assert (told["audience"], told["dialect"]) == ("high_intent", "duckdb")


def test_refusals_are_sentences(shop):
    assert "no audience" in shop("sql", "nobody", code=1).stderr
    told = shop("sql", "high_intent", "--dialect", "oracle", code=1).stderr
    assert "there are: duckdb, snowflake" in told
    file = shop.folder / "shop" / "audiences" / "intent.yml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("  high_intent:\n", "  high_intent:\n    hold: 1h\n"), "utf-8")
    assert "has hold" in shop("sql", "high_intent", code=1).stderr
