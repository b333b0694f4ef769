"""The project that `init` writes: no finding, and examples that the brute force agrees with."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

import ebbline
from ebbline.definitions import (
    Example,
    Plan,
    decode_plan,
    encode_plan,
    event_aliases,
    load_project,
    parse_rule,
    print_rule,
)
from ebbline.definitions.moments import format_moment
from ebbline.definitions.project.examples import ExampleEvent, Expectation
from ebbline.events.event import Event
from ebbline.events.names import Names
from ebbline.events.parse import Parser
from tests.laws.facts import PersonFacts
from tests.laws.oracle import effective, memberships

SHOP = Path(ebbline.__file__).parent / "console" / "templates" / "shop"
START_MS = 1_790_000_000_000


LOADED = load_project(SHOP, today="2026-11-22", destination_types=["braze", "webhook"])


def the_plan() -> Plan:
    assert LOADED.plan is not None
    return LOADED.plan


def test_the_project_has_no_findings() -> None:
    assert [str(finding) for finding in LOADED.findings] == []


def test_every_audience_has_examples_of_entry_and_exit() -> None:
    for audience in the_plan().audiences:
        seen = [one.in_ for e in LOADED.examples if e.audience == audience.name for one in e.expect]
        assert True in seen, audience.name
        assert False in seen[seen.index(True) :], audience.name


def test_the_plan_survives_its_bytes() -> None:
    data = encode_plan(the_plan())
    assert decode_plan(data) == the_plan()
    assert encode_plan(decode_plan(data)) == data


def test_rules_survive_printing() -> None:
    times = frozenset(trait.name for trait in the_plan().traits if trait.type == "timestamp")
    trees = [a.when for a in the_plan().audiences] + [t.value for t in the_plan().traits]
    for tree in trees:
        assert repr(parse_rule(print_rule(tree, times), None, times).tree) == repr(tree)


def calls(example: Example) -> list[tuple[int, Event]]:
    """The example's events as the collector would read them, with when they are known."""
    parser = Parser(Names(event_aliases(the_plan().tracking)))
    made = []
    for number, event in enumerate(example.events):
        for turn in range(event.times):
            at_ms = START_MS + event.at_ms + turn * event.every_ms
            known_ms = at_ms + event.late_ms
            body = segment_call(event, f"{number}-{turn}", at_ms)
            read = parser.parse_line(json.dumps(body).encode(), received_ms=known_ms)
            assert isinstance(read, Event), read
            made.append((known_ms, read))
    return made


def segment_call(event: ExampleEvent, message_id: str, at_ms: int) -> dict[str, object]:
    return {
        "type": event.call,
        "messageId": event.message_id or message_id,
        "userId": event.user,
        "anonymousId": event.anonymous,
        "previousId": event.previous_id,
        "groupId": event.group_id,
        "event" if event.call == "track" else "name": event.name or None,
        "properties": event.properties,
        "traits": event.traits,
        "context": event.context,
        "timestamp": iso(at_ms),
    }


def iso(ms: int) -> str:
    text = format_moment(ms)
    assert text is not None
    return text


def known_of(person: Expectation, events: list[tuple[int, Event]]) -> PersonFacts:
    """What is known of the person: their events, and those of devices they logged in on."""
    now_ms = START_MS + person.at_ms
    known = [event for known_ms, event in events if known_ms <= now_ms]
    devices = {e.anonymous_id for e in known if e.user_id == person.user} - {None}
    return PersonFacts(
        tuple(e for e in known if e.user_id == person.user or e.anonymous_id in devices)
    )


@pytest.mark.parametrize("example", LOADED.examples, ids=lambda e: f"{e.audience}: {e.name}")
def test_examples_hold_by_brute_force(example: Example) -> None:
    events = calls(example)
    for one in example.expect:
        raw = memberships(the_plan(), known_of(one, events), START_MS + one.at_ms)
        assert raw[one.audience] is one.in_, f"{example.file}:{one.line}"
        if one.effective is not None:
            last = effective(the_plan(), raw)
            assert last[one.audience] is one.effective, f"{example.file}:{one.line}"


@pytest.mark.parametrize("example", LOADED.examples, ids=lambda e: f"{e.audience}: {e.name}")
def test_instants_are_fixed_to_the_millisecond(example: Example) -> None:
    """Wherever the expectation changes, the one before stands one millisecond earlier."""
    for name in {one.audience for one in example.expect}:
        line = [one for one in example.expect if one.audience == name]
        for before, after in pairwise(line):
            if before.in_ is not after.in_ and after.in_ is not example.expect[0].in_:
                assert after.at_ms - before.at_ms == 1, f"{example.file}:{after.line}"
