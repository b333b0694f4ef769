"""A rule for every function of the language, as a person writes it, and people to ask them of."""

from __future__ import annotations

import random

from ebbline.definitions import parse_rule
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, GroupDef, Plan, TraitDef
from ebbline.definitions.tree import AnyNode
from ebbline.events.names import Names
from tests.laws import words
from tests.laws.build import event
from tests.laws.facts import Timed
from tests.laws.histories import arrival
from tests.laws.tape import Tape

SPANS_MS = (3_600_000, 86_400_000)
EVENTS = 24
EVENT_BYTES = 40

RULES = (
    'count("Alpha", within="1d") >= 2',
    'performed("Beta", where=x in ["red", 1, True])',
    'performed(["Alpha", "Gamma"], before="1h", within="2d")',
    'sum("Alpha", n * 1.1, within="2d") > 3',
    'sum("*", n * -12345678901.5) < -98765431212',
    'sum("*", n * -98765432109876) == -98765432109876',
    'sum("*", n * 10000000000000000) == 0',
    'avg("*", n) >= 1.5',
    'min("Alpha", x) == 0',
    'max("Beta", x) >= "blue"',
    'first("Alpha", x) != last("Alpha", x)',
    'last("Beta", s) in reds',
    'elapsed(first_time("Beta")) > "1d"',
    'last_time("Alpha") > nth_time("Beta", 2)',
    'elapsed(first_seen()) < "2d" and days_since(last_seen()) >= 1',
    'until(joined) > "0s" or days_since(joined) == 0',
    'last_n("Beta", 2, n > 0 or s == "")',
    'matched("Alpha", step("Beta", where=n != 2), on=x, last=3) >= 1',
    'missed("Beta", after="Alpha", within="1h")',
    'missed(step("Beta", where=n > 0), after="Alpha", within="1d", on=s)',
    'missed("Beta", after="Alpha", within="1h", on=s)',
    'missed("Beta", after="Alpha", within="1d", on=s)',
    'sequence("Alpha", "Beta", within="1h") or sequence("Alpha", "Beta", gap="1h")',
    'sequence("Alpha", "Beta", "Alpha", within="2d", gap="1d")',
    'sequence(step("*", where=n == 1), "Beta", since=joined)',
    'score(points("Alpha", 10), points("Beta", n, where=x != "red"), half_life="1d") > 10',
    'score(points("*", n), fade="2d", floor=0, ceiling=10) >= 2.5',
    'score(points(["Alpha", "Beta"], 5), within="1d") == 10',
    'unique("*", x) >= 3',
    'len(values("Alpha", x)) == 2 or "red" in values("Beta", x)',
    'values("Beta", s) == ["red"]',
    'most_frequent("*", x) == True',
    'most_repeated("*", by=s) >= 3',
    'days_active("*", zone="America/New_York") >= 2',
    'count("*", within="today", zone="Europe/Berlin") >= 1',
    'count("*", within="this_week") > count("*", within="this_month") / 2',
    'hour_of_day(zone="Asia/Beirut") >= 12',
    'day_of_week() <= 5',
    'contains(plan, "e") or contains(trait("home.city"), "ed")',
    'contains(reds, level) or level not in numbers',
    'startswith(lower(plan), "re") and not endswith(upper(plan), "ER")',
    'endswith(plan, "d")',
    'matches(plan, "^r.*r$|^$")',
    'len(plan) > 3',
    'abs(level) >= 2 and round(level) == level',
    'round(avg("*", n), 2) > 0.66',
    'level % 3 == 1 or -level % 2.5 == 0.5',
    'default(level, sum("Alpha", n)) >= 2',
    'if_(flag, level, count("Beta")) > 1',
    'version_at_least(version, "2.10")',
    'bucket("spring", 3) == 1',
    'consented("ads") or trait("consent.news") is None',
    'user_id in ["red", "p1", 2]',
    'performed("Beta", where=property("s") == "red" and context.app != "blue")',
    'performed("Alpha", since="2025-06-15T16:00:00Z")',
    'count("Alpha", since=last_time("Beta", within="2d")) >= 1',
    'group_id == "acme" and group.tier is not None',
    'plan is None or not flag',
    '(level > 1) is None and not default(plan == level, True)',
    '(level == True) == (flag == False)',
    '1 < level + 1 <= 3',
    'audience("a0") and not audience("a1")',
    'elapsed(last_time("Gamma")) < duration("1d")',
    'last_time("Beta") < timestamp("2025-06-16") or joined is None',
    'joined < timestamp("2025-06-16") or last_time("Alpha") == joined',
    'c0 == "red" or c1 > 2',
)  # fmt: skip
TRAITS = {"c0": 'last("*", x)', "c1": 'default(max("Alpha", n), level)'}


def read(rule: str) -> AnyNode:
    """A rule's tree."""
    parsed = parse_rule(rule, Names({}), lists=words.LISTS)
    assert parsed.tree is not None, (rule, parsed.problems)
    assert not parsed.problems, (rule, parsed.problems)
    return parsed.tree


def plan() -> Plan:
    """An audience for every rule."""
    audiences = tuple(AudienceDef(f"a{n}", read(rule)) for n, rule in enumerate(RULES))
    return Plan(
        "every", DEFAULT_IDENTIFIERS,
        tuple(TraitDef(name, read(rule), "any") for name, rule in TRAITS.items()),
        audiences, (GroupDef("g", ("a2", "a1", "a0")), GroupDef("h", ("a3", "a1"))),
        lists=words.LISTS, time_zone="Europe/Berlin",
    )  # fmt: skip


def people(number: int) -> list[list[Timed]]:
    """People with a history each, the same in every run."""
    chance = random.Random(11)
    return [
        [
            arrival(Tape(chance.randbytes(EVENT_BYTES)), SPANS_MS, place, f"p{person}")
            for place in range(chance.randrange(1, EVENTS))
        ]
        for person in range(number)
    ]


def edges() -> list[list[Timed]]:
    """People whose events lie exactly as far apart as a rule says, and a millisecond less."""
    return [
        [
            (words.BASE_MS + at_ms, event(name, at_ms, f"{name}{apart_ms}", s="red", n=1))
            for name, at_ms in (("Alpha", 0), ("Beta", apart_ms))
        ]
        for span_ms in SPANS_MS
        for apart_ms in (span_ms - 1, span_ms, span_ms + 1)
    ]


def instants(number: int) -> list[int]:
    """Instants on the lattice of the histories, and beside it."""
    chance = random.Random(13)
    return [
        words.BASE_MS + sum(chance.choice((0, *SPANS_MS)) for _ in range(6))
        + chance.choice((0, 0, 1, -1, 40_000_000))
        for _ in range(number)
    ] + [words.BASE_MS + 2 * SPANS_MS[1]]  # fmt: skip
