"""A fading score of gains and losses is bounded by its corners, so nobody wakes without cause."""

from __future__ import annotations

import pytest

from ebbline import engine
from ebbline.definitions.plan import DEFAULT_IDENTIFIERS, AudienceDef, Plan
from ebbline.definitions.tree import Compare, CompareOp, Events, Literal, Points, Score
from ebbline.engine.limits import DAY_MS, NEVER
from ebbline.events.event import Event

BEGIN_MS = 1_750_000_000_000
SCORE = Score(
    (Points(Events(("Gain",)), Literal(20)), Points(Events(("Loss",)), Literal(-20))),
    "fade",
    7 * DAY_MS,
)


def happened(name: str, after_ms: int) -> Event:
    at_ms = BEGIN_MS + after_ms
    return Event(f"m{after_ms}{name}", "track", name, at_ms, at_ms, "u", None, {}, {}, {})


def wakes(op: CompareOp, bar: float, events: list[Event]) -> list[int]:
    """Instants after the last event at which the person woke until nothing was left to do."""
    rule = AudienceDef("a", Compare(op, SCORE, Literal(bar)))
    tables = engine.compile_plan(Plan("p", DEFAULT_IDENTIFIERS, audiences=(rule,)))
    person, found = engine.new_profile(tables, 1), []
    for event in events:
        while person.wake_ms <= event.time_ms:
            engine.wake(tables, person, person.wake_ms)
        engine.apply(tables, person, [event], event.time_ms)
    while person.wake_ms < NEVER and len(found) < 100:
        found.append(person.wake_ms - BEGIN_MS)
        engine.wake(tables, person, person.wake_ms)
    return found


@pytest.mark.parametrize("op", [">", ">=", "<", "==", "!="])
@pytest.mark.parametrize("bar", [0, 5, -5])
def test_what_cancels_out_never_wakes(op, bar):
    assert wakes(op, bar, [happened("Gain", 0), happened("Loss", 0)]) == []


def test_the_flip_itself_wakes_once():
    # The line is 20 points less what one millisecond takes; half of it is left after half the span.
    events = [happened("Gain", 0), happened("Gain", 1), happened("Loss", 2)]
    assert wakes(">", 10, events) == [DAY_MS * 7 // 2 - 1]


def test_a_corner_is_no_cause():
    # The gain ends after seven days, where the line bends; the loss, and the wait, a day later.
    assert wakes("<", 0, [happened("Gain", 0), happened("Loss", DAY_MS)]) == [8 * DAY_MS]
