"""Some people who do things at random, and who is in what by brute force."""

from __future__ import annotations

import json
import random

from ebbline.console.output import iso
from ebbline.definitions import load_files
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from ebbline.hosts.embedded.importing import replay, write_history
from ebbline.hosts.embedded.parsing import parser_for
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
