"""Hand-worked timelines: the oracle finds every instant, neither a millisecond off nor twice."""

from __future__ import annotations

from ebbline.definitions import tree
from ebbline.definitions.plan import Plan
from ebbline.events.event import Event
from tests.laws.build import T0, D, H, agg, call, cmp, event, names, plan, prop, score, trait
from tests.laws.facts import PersonFacts
from tests.laws.timeline import next_flip, timeline

Told = list[tuple[int, str, bool]]


def told(of: Plan, events: list[Event], until_ms: int, late: dict[str, int] | None = None) -> Told:
    """(offset, audience, effective) of each flip; `late` gives instants of arrival."""
    late = late or {}
    arrivals = sorted(
        ((T0 + late[e.message_id] if e.message_id in late else e.time_ms), e) for e in events
    )
    return [
        (flip.at_ms - T0, flip.audience, flip.effective)
        for flip in timeline(of, arrivals, T0 + until_ms)
    ]


def test_a_window_opens_and_closes() -> None:
    """Two in an hour: in with the second, out when the first leaves."""
    twice = plan({"a": cmp(agg("count", "A", within=H), ">=", 2)})
    events = [event("A", 0), event("A", 10)]
    assert told(twice, events, 2 * H) == [(10, "a", True), (H, "a", False)]


def test_a_late_event_counts_from_its_arrival() -> None:
    """It is known late, but leaves the window by its own time."""
    once = plan({"a": agg("performed", "A", within=H)})
    events = [event("A", 0, "m")]
    assert told(once, events, 2 * H, {"m": 5}) == [(5, "a", True), (H, "a", False)]
    assert told(once, events, 2 * H, {"m": H}) == []


def test_the_clock_goes_first_at_an_instant() -> None:
    """An exit by the clock and an entry by an event may share a millisecond."""
    once = plan({"a": agg("performed", "A", within=H)})
    events = [event("A", 0), event("A", H)]
    assert told(once, events, H) == [(0, "a", True), (H, "a", False), (H, "a", True)]


def test_an_empty_rule_enters_with_the_first_event() -> None:
    """A profile exists from its first event on."""
    never = plan({"a": tree.Not(agg("performed", "B"))})
    assert told(never, [event("A", 7)], H) == [(7, "a", True)]


def test_a_score_falls_through_its_threshold() -> None:
    """80 falls to 40 after one half-life, and is above until then."""
    above = plan({"a": cmp(score("half_life", D, ("A", 80)), ">", 40)})
    at_least = plan({"a": cmp(score("half_life", D, ("A", 80)), ">=", 40)})
    exactly = plan({"a": cmp(score("half_life", D, ("A", 80)), "==", 40)})
    events = [event("A", 0)]
    assert told(above, events, 9 * D) == [(0, "a", True), (D, "a", False)]
    assert told(at_least, events, 9 * D) == [(0, "a", True), (D + 1, "a", False)]
    assert told(exactly, events, 9 * D) == [(D, "a", True), (D + 1, "a", False)]


def test_a_score_through_a_trait_and_a_function() -> None:
    """Rounded to whole numbers, 80 fades over 80 hours through 40.5 at 39.5 hours."""
    of = plan(
        {"a": cmp(call("round", trait("lead")), "<=", 40)},
        {"lead": score("fade", 80 * H, ("A", 80))},
    )
    assert told(of, [event("A", 0)], 90 * H) == [(39 * H + H // 2, "a", True)]


def test_equality_of_elapsed_holds_for_one_millisecond() -> None:
    """Every instant counts."""
    of = plan({"a": cmp(call("elapsed", agg("last_time", "A")), "==", tree.Duration(H))})
    assert told(of, [event("A", 0)], 2 * H) == [(H, "a", True), (H + 1, "a", False)]


def test_days_since_steps_at_whole_days() -> None:
    """Day 2 lasts from 48 to 72 hours."""
    of = plan({"a": cmp(call("days_since", agg("last_time", "A")), "==", 2)})
    assert told(of, [event("A", 3)], 9 * D) == [(2 * D + 3, "a", True), (3 * D + 3, "a", False)]


def test_missed_and_a_parent() -> None:
    """An audience may refer to another one."""
    of = plan(
        {
            "left": tree.Missed(names("B"), names("A"), H),
            "both": tree.And((tree.AudienceRef("left"), cmp(trait("n"), ">", 1))),
        },
        {"n": agg("sum", "A", prop("n"))},
    )
    events = [event("A", 0, n=2), event("A", 3 * H, n=1)]
    assert told(of, events, 5 * H) == [
        (H, "left", True),
        (H, "both", True),
        (3 * H, "left", False),
        (3 * H, "both", False),
        (4 * H, "left", True),
        (4 * H, "both", True),
    ]


def test_priority_groups_suppress_and_give_back() -> None:
    """VIP over churn risk: the loser's own rule still holds."""
    of = plan(
        {"risk": agg("performed", "A"), "vip": agg("performed", "B", within=H)},
        groups=(("vip", "risk"),),
    )
    events = [event("A", 0), event("B", 1)]
    assert told(of, events, 2 * H) == [
        (0, "risk", True),
        (1, "risk", False),
        (1, "vip", True),
        (H + 1, "risk", True),
        (H + 1, "vip", False),
    ]


def test_the_next_flip_without_further_events() -> None:
    """The instant by which a wake must have been announced."""
    of = plan({"a": agg("performed", "A", within=H)})
    known = PersonFacts((event("A", 0),))
    assert next_flip(of, known, T0, T0 + D) == T0 + H
    assert next_flip(of, known, T0 + H, T0 + D) is None
