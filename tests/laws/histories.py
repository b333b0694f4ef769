"""Random histories: events on a lattice of the plan's own lengths of time, so that edges meet.

Times are sums of those lengths, give or take a millisecond; events come late, tie in time, and
share instants of arrival. Every event is known once; repeats are a matter of `cases`.
"""

from __future__ import annotations

from typing import Any

from ebbline.events.event import Event, EventType
from tests.laws import words
from tests.laws.facts import Timed
from tests.laws.tape import Tape

KINDS: tuple[EventType, ...] = (
    "track", "track", "track", "track", "track", "track", "track", "track",
    "identify", "identify", "identify", "group", "alias", "page",
)  # fmt: skip
NAMES = {
    "identify": "$identify",
    "group": "$group",
    "alias": "$alias",
    "page": "Page Viewed",
}
OBJECT = {"city": "red"}


def arrival(
    tape: Tape, spans: tuple[int, ...], place: int, person: str,
    kinds: tuple[EventType, ...] = KINDS,
) -> Timed:  # fmt: skip
    """One event and when it became known; `place` makes its messageId unique."""
    type_ = tape.one_of(kinds)
    name = tape.one_of(words.USUAL_NAMES)
    step = tape.below(4) * tape.one_of(spans) + tape.below(3) * tape.one_of(spans)
    time_ms = words.BASE_MS + step + tape.one_of((0, 0, 0, 1, -1))
    now_ms = time_ms + _delay(tape, spans)
    event = Event(
        message_id=f"{tape.one_of('mzab')}{place}{person}",
        type=type_,
        name=NAMES.get(type_, name),
        time_ms=time_ms,
        received_ms=now_ms,
        user_id=None if tape.rarely(4) else person,
        anonymous_id=None,
        properties={} if type_ in ("identify", "group", "alias") else _properties(tape),
        traits=_traits(tape, type_),
        context=({"app": tape.one_of(("red", "blue"))} if tape.rarely(4) else {}) | _consent(tape),
        group_id=tape.one_of(("red", "acme")) if type_ == "group" else None,
    )
    return now_ms, event


def _consent(tape: Tape) -> dict[str, Any]:
    """Sometimes preferences; some of them say nothing."""
    choice = tape.below(9)
    if choice < 6:
        return {}
    if choice == 6:
        return {"consent": tape.one_of(({}, "ads", {"categoryPreferences": True}))}
    said = {name: tape.one_of((True, False, "yes")) for name in words.PURPOSES if tape.below(2)}
    return {"consent": {"categoryPreferences": said}}


def _delay(tape: Tape, spans: tuple[int, ...]) -> int:
    """Mostly none; otherwise late by a millisecond or by one of the plan's lengths."""
    choice = tape.below(10)
    if choice < 6:
        return 0
    return 1 if choice == 6 else tape.one_of(spans)


def _properties(tape: Tape) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if not tape.rarely(5):
        found["n"] = tape.one_of(words.NUMBERS)
    if not tape.rarely(5):
        found["s"] = tape.one_of(words.TEXTS)
    choice = tape.below(8)
    if choice < 6:
        found["x"] = tape.one_of(words.SCALARS)
    elif choice == 6:
        found["x"] = [tape.one_of(("red", "blue", 1)) for _ in range(tape.below(4))]
    if tape.rarely(12):
        found["n"] = tape.one_of(("10", None, 1e16, 3.000000001))
    return found


def _traits(tape: Tape, type_: EventType) -> dict[str, Any]:
    if type_ == "group":
        return {"tier": tape.one_of(words.TEXTS)}
    if type_ != "identify":
        return {}
    values: dict[str, Any] = {
        "level": tape.one_of((*words.NUMBERS, None)),
        "plan": tape.one_of((*words.TEXTS, None)),
        "flag": tape.one_of((True, False, None)),
        "joined": tape.one_of((*words.MOMENTS, None, 5)),
        "home": dict(OBJECT),
        "version": tape.one_of(words.VERSIONS),
    }
    if tape.rarely(4):
        values |= {"user_id": tape.one_of(words.USERS), "consent.ads": tape.one_of((True, 1))}
    return {key: item for key, item in values.items() if tape.below(2)}
