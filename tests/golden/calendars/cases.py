"""Golden cases of calendar windows: a rule, what somebody did, and when they enter and leave.

A case begins with a remark (`# `); then come the rule (`> `), the project's time zone (`@ `), what
was done and when (`! `, with the offset of local clocks), and every change until the last line's
time (`. `): `+ ` for entering and `- ` for leaving, as local clocks show it and in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from ebbline.definitions import Known, check_rule, parse_rule
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, Plan
from ebbline.events.event import Event
from tests.laws.adapter import Subject
from tests.laws.timeline import Flip, timeline

FOLDER = Path(__file__).parent
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Case(msgspec.Struct, frozen=True):
    """One case as it is written, without what comes of it."""

    remarks: tuple[str, ...]
    rule: str
    zone: str
    done: tuple[str, ...]
    until: str

    @property
    def plan(self) -> Plan:
        """The plan of the rule alone."""
        parsed = parse_rule(self.rule)
        assert parsed.tree is not None, parsed.problems
        assert check_rule(parsed.tree, Known(), condition=True).problems == ()
        audience = AudienceDef("it", parsed.tree)
        return Plan("golden", DEFAULT_IDENTIFIERS, audiences=(audience,), time_zone=self.zone)

    @property
    def events(self) -> list[tuple[int, Event]]:
        """What was done, each known at once."""
        made = []
        for number, line in enumerate(self.done):
            when, name = line.split(" ", 1)
            at = _ms(when)
            event = Event(f"m{number}", "track", name, at, at, "ana", None, {}, {}, {})
            made.append((at, event))
        return made

    @property
    def until_ms(self) -> int:
        """When to stop looking."""
        return _ms(self.until)


def _ms(text: str) -> int:
    return (datetime.fromisoformat(text) - EPOCH) // timedelta(milliseconds=1)


def cases(file: Path) -> Iterator[Case]:
    """The cases of a golden file."""
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        of: dict[str, list[str]] = {}
        for line in block.splitlines():
            of.setdefault(line[0], []).append(line[2:])
        yield Case(tuple(of["#"]), of[">"][0], of["@"][0], tuple(of["!"]), of["."][0])


def by_engine(case: Case) -> list[Flip]:
    """The changes as the engine finds them."""
    subject = Subject(case.plan)
    for at, event in case.events:
        subject.arrive(at, [event])
    subject.clock(case.until_ms)
    return subject.flips


def by_force(case: Case) -> list[Flip]:
    """The changes as brute force finds them."""
    return timeline(case.plan, case.events, case.until_ms)


def outcome(case: Case, flips: list[Flip]) -> str:
    """A case as it must stand in the file."""
    lines = [f"# {remark}" for remark in case.remarks]
    lines += [f"> {case.rule}", f"@ {case.zone}", *(f"! {line}" for line in case.done)]
    named = case.rule.split('zone="')
    zone = ZoneInfo(named[1].split('"')[0] if len(named) > 1 else case.zone)
    for flip in flips:
        at = EPOCH + timedelta(milliseconds=flip.at_ms)
        local = at.astimezone(zone).isoformat(sep=" ")
        lines.append(f"{'+' if flip.raw else '-'} {local}   {at:%Y-%m-%d %H:%M:%S} UTC")
    return "\n".join([*lines, f". {case.until}"])
