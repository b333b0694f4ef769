"""Who was in an audience at an instant: ledger, query, refold and brute force agree."""

from __future__ import annotations

import json
import random

import pytest

from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.errors import NotFound
from ebbline.events.event import Event
from ebbline.hosts.embedded.applying import Conduct
from ebbline.hosts.embedded.folder import open_folder
from ebbline.hosts.embedded.importing import replay, write_history
from ebbline.hosts.embedded.parsing import parser_for
from ebbline.hosts.embedded.reading import Reader, at_instant, members_then
from tests.laws.timeline import Replay

T0 = 1_777_636_800_000  # 2026-05-01T12:00:00Z
HOUR, DAY = 3_600_000, 86_400_000
RULES = {
    "viewer": 'performed("Viewed", within="6h")',
    "eager": 'count("Viewed", within="2d") >= 3 and not audience("buyer")',
    "buyer": 'sum("Bought", revenue, within="3d") > 50',
    "quiet": 'performed("Viewed") and elapsed(last_seen()) >= "1d"',
    "pro": 'plan == "pro"',
    "warm": 'score(points("Viewed", 2), half_life="1d") >= 3',
    "sticky": None,
}
PLAIN = [name for name, rule in RULES.items() if rule is not None]
STICKY = """
  sticky:
    enter_when: count("Viewed", within="1d") >= 2
    exit_when: performed("Bought", within="1h")
    hold: 3h
    cooldown: 5h
    owner: me
    review_by: 2100-01-01
"""


def plan_of(rules: dict[str, str | None], **changed: str) -> Plan:
    text = "audiences:\n" + STICKY
    for name, rule in (rules | changed).items():
        if rule is not None:
            text += f"  {name}: {{when: {rule!r}, owner: me, review_by: 2100-01-01}}\n"
    text += "groups: {g: {priority: [buyer, viewer]}}\n"
    loaded = load_files({"ebbline.yml": b"name: tiny", "audiences/a.yml": text.encode()})
    assert loaded.plan is not None, loaded.findings
    return loaded.plan


def calls_of(chance: random.Random, people: int, days: int) -> list[dict]:
    """Calls in the order in which they become known; some are late."""
    found = []
    for number in range(people * 12):
        known = T0 + chance.randrange(days * DAY)
        late = chance.choice([0, 0, 0, chance.randrange(2 * DAY)])
        call = {"messageId": f"m{number:04}", "userId": f"u{chance.randrange(people)}",
                "timestamp": iso(known - late), "receivedAt": iso(known)}  # fmt: skip
        kind = chance.choice(["Viewed", "Viewed", "Bought", "identify"])
        if kind == "identify":
            call |= {"type": "identify", "traits": {"plan": chance.choice(["pro", "free"])}}
        else:
            call |= {"type": "track", "event": kind,
                     "properties": {"revenue": chance.choice([10, 30, 60.5])}}  # fmt: skip
        found.append(call)
    return sorted(found, key=lambda call: call["receivedAt"])


def folder_of(path, plan, calls, until_ms):
    file = path / "history.ndjson"
    file.write_text("".join(json.dumps(call) + "\n" for call in calls), "utf-8")
    replay(plan, path / "data", file, until_ms)
    write_history(path / "data")
    return path / "data"


def brute_force(plan: Plan, calls: list[dict], audience: str, at_ms: int) -> dict[str, int]:
    """Who is in at an instant and since when, by the oracle, each person apart."""
    parser, found = parser_for(plan), {}
    events: dict[str, list[Event]] = {}
    for call in calls:
        event = parser.parse_line(json.dumps(call).encode(), receipt="receivedAt", received_ms=0)
        assert isinstance(event, Event)
        if event.received_ms <= at_ms:
            events.setdefault(call["userId"], []).append(event)
    for user, theirs in events.items():
        person, last_ms = Replay(plan), theirs[0].received_ms
        for known_ms in dict.fromkeys(event.received_ms for event in theirs):
            person.pass_time(last_ms, known_ms)
            person.learn([e for e in theirs if e.received_ms == known_ms], known_ms)
            last_ms = known_ms
        person.pass_time(last_ms, at_ms)
        flips = [flip for flip in person.flips if flip.audience == audience]
        inside = False
        for flip in flips:
            if flip.raw and not inside:
                found[user] = flip.at_ms
            inside = flip.raw
        if not inside:
            found.pop(user, None)
    return found


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
