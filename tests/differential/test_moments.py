"""Texts as timestamps: SQL reads what the engine reads, and refuses what it refuses."""

from __future__ import annotations

import random
import re

import pytest
from sqlglot import exp

from ebbline.engine.scalars import moment_of
from ebbline.warehouse import DIALECTS, moments
from ebbline.warehouse.expressions import alias, column
from ebbline.warehouse.place import Place
from ebbline.warehouse.stages import Stages

WRITTEN = (
    "2025-06-15", "20250615", "2025-06-15T15:06:40Z", "2025-06-15 15:06:40", "2025-06-15T15",
    "2025-06-15T15:06", "2025-06-15T150640", "20250615T1506", "2025-06-15T15:06:40.5",
    "2025-06-15T15:06:40,123456789+02:00", "2025-06-15T15:06:40.001-0330", "2025-06-15T15:06+05",
    "2025-06-15T15:06:40+01:02:03", "2025-06-15T", "2025-06-15_15:06", "2024-02-29",
    "2025-02-29", "1900-02-29", "2000-02-29T23:59:59.999Z", "2025-04-31", "2025-13-01",
    "2025-00-10", "2025-06-00", "0000-01-01", "0001-01-01", "9999-12-31T23:59:59.999",
    "1969-12-31T23:59:59.999", "2025-06-15T24:00", "2025-06-15T23:60", "2025-06-15T23:59:60",
    "2025-06-15T15:06+24:00", "2025-06-15T15:06-23:59", "2025-6-15", "25-06-15", "soon", "",
    " 2025-06-15", "2025-06-15 ", "2025-06-15T15:06Z+02:00", "2025-06-15T15:06:40.Z",
    "2025-06-15T15:06z", "2025-06-15T15:06:40.123456789012345678901Z",
    "2025-06-15T15:06:40.1234567890123456789012345Z", "2025-0615", "202506-15", "2025-06-15é15:06",
    "２025-06-15", "2025-06-15T15:0640", "2025-06-15T1506:40", "2025", "2025-06", "1e5", "12345678",
)  # fmt: skip


STRAY = re.compile(r"\d\d(:?\d\d){0,2}([^.,][Z+-]|[.,]([Z+-]|\d+[^\dZ+-]))|\d\d:\d\d:\d\d:")


def mangled(number: int) -> list[str]:
    """Texts that are nearly timestamps."""
    chance = random.Random(7)
    found = []
    for _ in range(number):
        text = list(chance.choice(WRITTEN[:30]))
        for _ in range(chance.randrange(1, 3)):
            place = chance.randrange(len(text) + 1)
            text[place : place + chance.randrange(2)] = chance.choice("0123456789-:.,TZ+ ")
        found.append("".join(text))
    return found


def quirk(text: str) -> bool:
    """Whether only some versions of Python read it: 24:00, and stray characters after a time."""
    return "24:00" in text or STRAY.match(text[9 + 2 * (text[4:5] == "-") :]) is not None


@pytest.mark.parametrize("database", ["duckdb", "postgres", "clickhouse"])
def test_texts_are_the_engine_s_instants(database, request):
    asked = request.getfixturevalue(database)
    texts = sorted({text for text in (*WRITTEN, *mangled(2_000)) if not quirk(text)})
    dialect, stages = DIALECTS[asked.dialect], Stages("y")
    instant = moments.milliseconds(Place(dialect, stages.column), column("name"))
    events = exp.select("name").from_("events")
    query = exp.select("name", alias(instant, "instant")).from_("read")
    for name, select in [("texts", events), *stages.ctes("texts", "read")]:
        query = query.with_(name, as_=select)
    asked.hold([(1, 0, 0, str(n), "track", text, None, None, "{}", "{}", "{}")
                for n, text in enumerate(texts)])  # fmt: skip
    found = dict(asked.ask(dialect.finished(query).sql(asked.dialect)))
    wrong = {t: (found[t], moment_of(t)) for t in texts if found[t] != moment_of(t)}
    assert wrong == {}
    assert sum(moment_of(text) is not None for text in texts) > 150
