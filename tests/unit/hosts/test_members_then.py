"""Who was in an audience at an instant: ledger, query, refold and brute force agree."""

from __future__ import annotations

import random

import pytest

from ebbline.console.output import iso
from ebbline.errors import NotFound
from ebbline.hosts.embedded.applying import Conduct
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.reading import Reader, at_instant, members_then
from tests.unit.hosts.crowd import (
    DAY,
    HOUR,
    PLAIN,
    RULES,
    T0,
    brute_force,
    calls_of,
    folder_of,
    plan_of,
)


@pytest.mark.parametrize("seed", range(2))
def test_all_ways_agree(tmp_path, seed):
    chance = random.Random(seed)
    plan = plan_of(RULES)
    calls = calls_of(chance, people=4, days=4)
    end_ms = T0 + 4 * DAY
    nobody = 0
    with Reader(folder_of(tmp_path, plan, calls, end_ms)) as reader:
        for at_ms in [chance.randrange(T0 - HOUR, end_ms + 1) for _ in range(3)]:
            with at_instant(reader, at_ms) as then:
                for audience in RULES:
                    told = members_then(reader, audience, at_ms)
                    assert told.how == "ledger"
                    wanted = brute_force(plan, calls, audience, at_ms)
                    assert {m.identifier: m.since_ms for m in told.members} == wanted
                    assert list(told.members) == list(then.members(audience))
                    asked = members_then(reader, audience, at_ms, "now")
                    assert asked.how == ("sql" if audience in PLAIN else "refold")
                    assert {m.identifier: m.effective for m in asked.members} == {
                        m.identifier: m.effective for m in told.members
                    }
                    nobody += not wanted
    assert nobody < 3 * len(RULES)  # the test looks at people


def test_by_the_rules_of_then_and_of_now(tmp_path):
    calls = calls_of(random.Random(9), people=4, days=2)
    end_ms = T0 + 2 * DAY
    old = plan_of(RULES)
    left = {name: rule for name, rule in RULES.items() if name != "pro"}
    wider = 'performed("Viewed", within="30d")'
    new = plan_of(left, viewer=wider, fresh='performed("Bought")')
    path = folder_of(tmp_path, old, calls, end_ms)
    with Conduct(open_folder(path)) as conduct:
        version = conduct.propose(new, "me", "")
        assert version is not None
        conduct.follow(version.number)
    with Reader(path) as reader:
        assert reader.versions().live.number == 2
        at_ms = end_ms - HOUR
        was = members_then(reader, "viewer", at_ms)
        now = members_then(reader, "viewer", at_ms, "now")
        assert (was.how, was.version, now.how, now.version) == ("ledger", 1, "sql", 2)
        assert {m.identifier for m in was.members} == {*brute_force(old, calls, "viewer", at_ms)}
        assert {m.identifier for m in now.members} == {*brute_force(new, calls, "viewer", at_ms)}
        assert len(now.members) > len(was.members)
        # An audience of now, asked of a time when it was not: by the rules of now.
        fresh = members_then(reader, "fresh", at_ms)
        assert (fresh.how, fresh.version) == ("sql", 2)
        assert {m.identifier for m in fresh.members} == {*brute_force(new, calls, "fresh", at_ms)}
        with pytest.raises(NotFound, match="version 2 was the first to have"):
            members_then(reader, "fresh", at_ms, "then")
        # One that is gone is still told by the ledger, and not by the rules of now.
        gone = members_then(reader, "pro", at_ms)
        assert {m.identifier for m in gone.members} == {*brute_force(old, calls, "pro", at_ms)}
        with pytest.raises(NotFound, match="pro"):
            members_then(reader, "pro", at_ms, "now")


def test_the_future_if_nothing_happens(tmp_path):
    calls = calls_of(random.Random(3), people=4, days=2)
    plan, end_ms = plan_of(RULES), T0 + 2 * DAY
    with Reader(folder_of(tmp_path, plan, calls, end_ms)) as reader:
        before = reader.folder.state.read_bytes()
        for audience in RULES:
            told = members_then(reader, audience, end_ms + 7 * HOUR)
            assert told.how == "clock"
            wanted = brute_force(plan, calls, audience, end_ms + 7 * HOUR)
            assert {m.identifier: m.since_ms for m in told.members} == wanted
        assert reader.folder.state.read_bytes() == before


def test_people_who_became_one_since(tmp_path):
    line = {"type": "track", "messageId": "m1", "anonymousId": "d1", "event": "Viewed"}
    other = {"type": "track", "messageId": "m2", "userId": "ana", "event": "Viewed"}
    link = {"type": "identify", "messageId": "m3", "userId": "ana", "anonymousId": "d1"}
    calls = [
        {**call, "timestamp": iso(T0 + n * HOUR), "receivedAt": iso(T0 + n * HOUR)}
        for n, call in enumerate([line, other, link])
    ]
    with Reader(folder_of(tmp_path, plan_of(RULES), calls, T0 + 3 * HOUR)) as reader:
        for rules in ("then", "now"):
            before = members_then(reader, "viewer", T0 + 2 * HOUR - 1, rules).members
            assert [(m.type, m.identifier) for m in before] == [
                ("anonymous_id", "d1"), ("user_id", "ana"),
            ]  # fmt: skip
            (after,) = members_then(reader, "viewer", T0 + 2 * HOUR, rules).members
            assert after.identifier == "ana"
