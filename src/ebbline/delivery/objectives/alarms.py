"""Alarms: when somebody is told that a rule fires, and that it is over. Each is told once."""

from __future__ import annotations

from typing import Literal

import msgspec

from ebbline.delivery.objectives.limits import QUIET_MS

State = Literal["firing", "silenced", "covered", "resolved"]


class Alarm(msgspec.Struct, frozen=True):
    """One rule at one destination. `since_ms` is when it began to fire, `false_ms` since when
    its condition has not held (0: it holds). A silenced one fires and nobody has been told; a
    covered one began while a more urgent one was firing, which has told people already."""

    destination: str
    indicator: str
    rule: str
    state: State
    since_ms: int
    false_ms: int = 0

    @property
    def key(self) -> str:
        """Its name: `crm/latency/fast`."""
        return f"{self.destination}/{self.indicator}/{self.rule}"


class Notice(msgspec.Struct, frozen=True):
    """Something people are to be told: an alarm that is new, or over since `at_ms`."""

    alarm: Alarm
    what: Literal["firing", "resolved"]
    at_ms: int


def step(
    before: Alarm | None, now: Alarm, holds: bool, now_ms: int, *, silenced: bool = False,
    covered: bool = False,
) -> tuple[Alarm | None, Notice | None]:  # fmt: skip
    """What becomes of an alarm at a look, and what is to be told of it.

    `before` is how it stood (None: it never fired), `now` names it. One that is resolved is
    still given back, so that its end can be seen; a new fire begins a new alarm.
    """
    standing = None if before is None or before.state == "resolved" else before
    if holds:
        if standing is None and covered:
            return msgspec.structs.replace(now, state="covered", since_ms=now_ms), None
        return _fire(standing, now, now_ms, silenced=silenced)
    if standing is None:
        return before, None
    if not standing.false_ms:
        return msgspec.structs.replace(standing, false_ms=now_ms), None
    if now_ms - standing.false_ms < QUIET_MS:
        return standing, None
    over = msgspec.structs.replace(standing, state="resolved")
    told = standing.state == "firing"
    return over, Notice(over, "resolved", now_ms) if told else None


def _fire(
    standing: Alarm | None, now: Alarm, now_ms: int, *, silenced: bool
) -> tuple[Alarm, Notice | None]:
    if standing is not None and (standing.state != "silenced" or silenced):
        return msgspec.structs.replace(standing, false_ms=0), None
    since_ms = now_ms if standing is None else standing.since_ms
    state: State = "silenced" if silenced else "firing"
    fires = msgspec.structs.replace(now, state=state, since_ms=since_ms, false_ms=0)
    return fires, None if silenced else Notice(fires, "firing", now_ms)
