"""Thresholds tried out: sizes and flips are those of a system that had them from the start."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pytest

from ebbline.definitions import print_rule
from ebbline.definitions.thresholds import comparisons, threshold
from ebbline.errors import Refused
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.reading import Reader, members_then
from ebbline.hosts.embedded.sweeping import sweep
from tests.unit.hosts.crowd import DAY, RULES, T0, calls_of, folder_of, plan_of

END = T0 + 4 * DAY


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A folder of some days, its plan and its calls."""
    plan, calls = plan_of(RULES), calls_of(random.Random(5), people=8, days=4)
    path = folder_of(tmp_path_factory.mktemp("sweep"), plan, calls, END)
    return open_folder(path), plan, calls


def named(plan, name):
    (found,) = [each for each in plan.audiences if each.name == name]
    return found


def swept(crowd, name, thresholds, days=3, of=None, **how):
    folder, plan, _ = crowd
    audience = named(plan, name)
    known = {print_rule(node): node for node in comparisons(audience)}
    node = known[of] if of else next(iter(known.values()))
    return sweep(folder, plan, audience, node, thresholds, days, **how)


def lived(path, plan, calls, name):
    """People in at the end, and entries and exits by day, of a folder with that plan."""
    with Reader(folder_of(path, plan, calls, END)) as reader:
        told = reader.ledger(definition=name)
        flips = Counter((t.kind, (END - t.at_ms) // DAY) for t in told)
        return len(list(reader.members(name))), flips


@pytest.mark.parametrize(
    ("name", "rule", "values"),
    [
        ("buyer", 'sum("Bought", revenue, within="3d") > {}', [20, 50, 90.5, 1000]),
        ("warm", 'score(points("Viewed", 2), half_life="1d") >= {}', [1, 3, 4]),
        ("eager", 'count("Viewed", within="2d") >= {} and not audience("buyer")', [1, 2]),
    ],
)
def test_as_if_it_had_been_so_from_the_start(crowd, tmp_path, name, rule, values):
    found = swept(crowd, name, values)
    assert (found.sizes, found.flips, found.at_ms) == ("sql", "replay", END)
    assert [row.threshold for row in found.rows] == values
    seen = 0
    for row in found.rows:
        (tmp_path / str(row.threshold)).mkdir()
        plan = plan_of(RULES | {name: rule.format(row.threshold)})
        people, flips = lived(tmp_path / str(row.threshold), plan, crowd[2], name)
        assert row.people == people
        days = [(flips["entered", back], flips["exited", back]) for back in (2, 1, 0)]
        assert [(day.entered, day.exited) for day in row.days] == days
        assert [day.until_ms for day in row.days] == [END - 2 * DAY, END - DAY, END]
        seen += sum(map(sum, days))
        assert row.flips_a_day == sum(map(sum, days)) / 3
    assert seen > 5


def test_what_depends_on_the_past_is_replayed(crowd, tmp_path):
    found = swept(crowd, "sticky", [1, 2])
    assert (found.sizes, found.flips) == ("replay", "replay")
    people, flips = lived(tmp_path, crowd[1], crowd[2], "sticky")
    assert found.rows[1].people == people
    assert found.rows[1].days[-1].entered == flips["entered", 0]
    assert found.rows[0].people != people or found.rows[0].days != found.rows[1].days
    with pytest.raises(Refused, match="--replay"):
        swept(crowd, "sticky", [1], replay=False)


def test_by_queries_at_the_ends_of_days(crowd):
    exact, asked = swept(crowd, "buyer", [20, 50]), swept(crowd, "buyer", [20, 50], replay=False)
    assert (asked.sizes, asked.flips) == ("sql", "sql")
    with Reader(crowd[0].path) as reader:
        ends = [END - back * DAY for back in (3, 2, 1, 0)]
        sets = [{m.profile for m in members_then(reader, "buyer", at).members} for at in ends]
    assert [(day.entered, day.exited) for day in asked.rows[1].days] == [
        (len(now - was), len(was - now)) for was, now in pairwise(sets)
    ]
    for one, other in zip(exact.rows, asked.rows, strict=True):
        assert one.people == other.people
        for day, net in zip(one.days, other.days, strict=True):
            assert day.entered - day.exited == net.entered - net.exited
            assert day.entered >= net.entered


def test_too_long_a_log_is_asked_by_queries(crowd, monkeypatch):
    monkeypatch.setattr("ebbline.hosts.embedded.sweeping.trials.REPLAY_EVENTS_MAX", 10)
    assert swept(crowd, "buyer", [20]).flips == "sql"
    assert swept(crowd, "buyer", [20], replay=True).flips == "replay"
    assert swept(crowd, "sticky", [1]).flips == "replay"  # nothing else can tell


def test_the_numbers_of_a_rule():
    plan = plan_of(RULES, many='count("A") > 3 and 10 <= age and plan == "pro" and seen == True')
    found = comparisons(named(plan, "many"))
    assert [threshold(node) for node in found] == [3, 10]
    assert [print_rule(node) for node in found] == ['count("A") > 3', "10 <= age"]
    # Both rules of an audience with two are looked through; the same comparison counts once.
    assert len(comparisons(named(plan, "sticky"))) == 1
    assert comparisons(named(plan, "pro")) == ()
