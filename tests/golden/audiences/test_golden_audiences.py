"""Audiences over time: a rule, what happens, and every entry and exit that follows.

A case is a title (`# `), the lines of an audience as in `audiences/*.yml` (indented), what happens
(`10m  Page Viewed {"path": "/"}`, `identify`, `consent`, or `set in`, `set out until 2h` and `set
back` for what is done by hand), and all that follows (`10m  -> in`). Nothing else may follow.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ebbline.definitions import load_files
from ebbline.definitions.durations import format_duration, parse_duration
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from tests.laws.adapter import Subject
from tests.laws.build import T0, event, identify
from tests.laws.timeline import Flip, Replay

FOLDER = Path(__file__).parent
END_MS = 400 * 86_400_000
LISTS = b"name: golden\nlists:\n  staff: [ana, 7, true]\n  teams: []\n"


class Golden(msgspec.Struct, frozen=True):
    """One case: lines of the audience, then steps and what follows, as (offset, text)."""

    title: str
    rule: str
    steps: tuple[tuple[int, str], ...]
    follows: tuple[str, ...]


def cases() -> Iterator[Golden]:
    """The cases of every file."""
    for file in sorted(FOLDER.glob("*.txt")):
        for block in file.read_text(encoding="utf-8").strip().split("\n\n"):
            lines = block.splitlines()
            told = [line.split(maxsplit=1) for line in lines if line[0] not in "# "]
            steps = [(parse_duration(at), text) for at, text in told if not text.startswith("->")]
            yield Golden(
                " ".join(line.removeprefix("# ") for line in lines if line.startswith("#")),
                "\n".join(line for line in lines if line.startswith("  ")),
                tuple((at or 0, text) for at, text in steps),
                tuple(f"{at}  {text}" for at, text in told if text.startswith("->")),
            )


def plan_of(case: Golden) -> Plan:
    """A project with the one audience."""
    text = f"audiences:\n  it:\n    owner: x\n    review_by: 2030-01-01\n{case.rule}\n"
    loaded = load_files({"ebbline.yml": LISTS, "audiences/it.yml": text.encode()})
    assert loaded.plan is not None, "\n".join(map(str, loaded.findings))
    return loaded.plan


def call_of(at_ms: int, text: str, number: int) -> Event:
    """The call that a step is."""
    name, _, said = text.partition(" {")
    data = json.loads("{" + said) if said else {}
    message_id = f"m{number}"
    if name == "identify":
        return identify(at_ms, message_id, **data)
    if name == "consent":
        context = {"consent": {"categoryPreferences": data}}
        return event("Consent Given", at_ms, message_id, context=context)
    return event(name, at_ms, message_id, **data)


def order_of(text: str) -> tuple[bool | None, int | None]:
    """What a step by hand says, and until when."""
    way, _, until = text.removeprefix("set ").partition(" until ")
    until_ms = parse_duration(until) if until else None
    return {"in": True, "out": False, "back": None}[way], until_ms and T0 + until_ms


def lived(case: Golden) -> list[Flip]:
    """Every entry and exit by the engine."""
    subject = Subject(plan_of(case))
    for number, (at_ms, text) in enumerate(case.steps):
        if text.startswith("set "):
            subject.force("it", *order_of(text), T0 + at_ms)
        else:
            subject.arrive(T0 + at_ms, [call_of(at_ms, text, number)])
    subject.clock(T0 + END_MS)
    return subject.flips


def replayed(case: Golden) -> list[Flip]:
    """Every entry and exit by brute force."""
    replay, last_ms = Replay(plan_of(case)), T0
    for number, (at_ms, text) in enumerate(case.steps):
        replay.pass_time(last_ms, T0 + at_ms)
        if text.startswith("set "):
            replay.force("it", *order_of(text), T0 + at_ms)
        else:
            replay.learn([call_of(at_ms, text, number)], T0 + at_ms)
        last_ms = T0 + at_ms
    replay.pass_time(last_ms, T0 + END_MS)
    return replay.flips


def spelled(flips: list[Flip]) -> list[str]:
    """As the cases spell them."""
    return [
        f"{format_duration(flip.at_ms - T0)}  -> {'in' if flip.raw else 'out'}" for flip in flips
    ]


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: case.title)
def test_golden_case(case: Golden) -> None:
    """The whole story, no more and no less; the oracle of the laws tells the same one."""
    assert spelled(lived(case)) == list(case.follows)
    assert spelled(replayed(case)) == list(case.follows)
