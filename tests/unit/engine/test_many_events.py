"""Somebody who does more than people do: what is kept, what it costs, and what is said of it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ebbline.definitions import tree
from ebbline.engine import tallies, tracks
from ebbline.engine.explain import explain
from ebbline.engine.limits import DAY_MS, DISTINCT_MAX, ENTRIES_MAX, NEVER, PANES_MAX
from ebbline.engine.panes import pane_ms
from ebbline.engine.profile import decode_profile, encode_profile
from ebbline.engine.standing import Standing
from ebbline.engine.tracks import IDS, PANES, TIMES, VALUES, Track
from tests.laws.adapter import Subject
from tests.laws.build import (
    T0,
    D,
    H,
    M,
    S,
    agg,
    arith,
    cmp,
    event,
    identify,
    names,
    plan,
    prop,
    score,
    trait,
)

MANY = 200_000
WITHIN = 30 * D


def track(mode: str, *, ids: bool = False) -> Track:
    """A track that keeps a month."""
    made = Track(0, mode)
    made.needs.keep_ms, made.needs.values, made.needs.ids = WITHIN, mode != "events", ids
    made.needs.panes = mode == "number"
    made.bound()
    return made


@pytest.mark.parametrize(("mode", "ids"), [("events", False), ("number", False), ("any", True)])
def test_a_record_does_not_grow_with_what_a_machine_does(mode: str, *, ids: bool) -> None:
    """Ten a second, a little out of order: entries, panes and bytes stay under their bounds, and
    an event takes as many steps late as early."""
    made, record, steps = track(mode, ids=ids), None, []
    for number in range(MANY):
        at_ms = T0 + number * 100 - (number % 7) * 250
        counting = number % (MANY // 4) == MANY // 8 or (steps and len(steps[-1]) < 50)
        called: list[str] = []
        if counting:
            sys.setprofile(lambda frame, what, arg, into=called: into.append(what))
        record = made.add(record, at_ms, f"m{number}", number % 90, at_ms)
        sys.setprofile(None)
        if counting:
            if not steps or len(steps[-1]) == 50:
                steps.append([])
            steps[-1].append(len(called))
    assert record is not None
    kept = [len(record[place]) for place in (TIMES, VALUES, IDS) if record[place] is not None]
    assert set(kept) == {ENTRIES_MAX}
    assert len(record[PANES]) <= (PANES_MAX if made.needs.panes else 0)
    assert [max(late) for late in steps[1:]] == [max(steps[1])] * 3
    subject = Subject(plan({}))
    subject.profile.tracks[0] = record
    assert len(subject.packed()) < 400_000


@pytest.mark.parametrize("keep_ms", [WITHIN, NEVER])
def test_panes_are_bounded_however_long_somebody_goes_on(keep_ms: int) -> None:
    made, record = track("number"), None
    made.needs.keep_ms = keep_ms
    made.bound(10)
    for number in range(5_000):
        at_ms = T0 + number * made.pane_ms
        record = made.add(record, at_ms, "", 1, at_ms)
    assert record is not None
    assert PANES_MAX // 2 < len(record[PANES]) <= PANES_MAX


@pytest.mark.parametrize(
    ("keep_ms", "expected"),
    [(1, M), (H, M), (7 * D, 11 * M), (30 * D, 44 * M), (400 * D, 576 * M), (NEVER, DAY_MS)],
)
def test_panes_are_a_thousandth_of_what_is_kept(keep_ms: int, expected: int) -> None:
    assert pane_ms(keep_ms) == expected


def test_a_threshold_raises_the_bound_of_its_record() -> None:
    """In the fast form and, with `since`, in the reference form."""
    since = agg("first_time", "B")
    rules = {
        "fast": cmp(agg("count", "A", within=H), ">=", 40_000),
        "slow": cmp(agg("count", "C", since=since), ">", 50_000),
    }
    caps = {made.cap for made in Subject(plan(rules)).tables.tracks if isinstance(made, Track)}
    assert caps == {40_000, 50_001, ENTRIES_MAX}


def test_a_threshold_holds_at_its_number() -> None:
    """One below, at it, and above the usual bound."""
    least = ENTRIES_MAX + 500
    rules = {"a": cmp(agg("count", "A", since=agg("first_time", "B")), ">=", least)}
    subject = Subject(plan(rules))
    subject.arrive(T0, [event("B", 0)])
    subject.arrive(T0 + least, [event("A", n, f"a{n}") for n in range(1, least)])
    assert not subject.state["a"][0]
    subject.arrive(T0 + least + S, [event("A", least, "last")])
    assert subject.state["a"][0]


def few(rules: dict[str, Any], computed: dict[str, Any] | None = None, kept: int = 5) -> Subject:
    """Somebody of whom few entries are kept, after 20 events a minute apart."""
    subject = Subject(plan(rules, computed))
    for made in subject.tables.tracks:
        if isinstance(made, Track):
            made.bound(kept)
    for n in range(20):
        subject.arrive(T0 + n * M, [event("A", n * M, f"a{n}", n=n)])
    return subject


SINCE = "2025-06-15 15:21:40"
ALL_SAID = "20x in all, last 2025-06-15 15:25:40"
PANES_SAID = f"more than 5 events, before {SINCE} in steps of 1 minute"
LATEST_SAID = f"only the latest 5 events count, those since {SINCE}"


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (cmp(agg("sum", "A", prop("n"), within=H), ">", 5), PANES_SAID),
        (cmp(agg("sum", "A", prop("n"), within=3 * M), ">", 5), ""),
        (cmp(agg("sum", "A", prop("n")), ">", 5), ""),
        (cmp(agg("count", "A", within=H), ">", trait("x")), f"{ALL_SAID}; {PANES_SAID}"),
        (cmp(agg("count", "A", within=H), ">", 3), ALL_SAID),
        (cmp(trait("spent"), ">", 3), f"spent is 190; {PANES_SAID}"),
        (cmp(score("fade", H, ("A", 1)), ">", 3), PANES_SAID),
        (cmp(agg("unique", "A", prop("n"), within=H), ">", 3), f"5 different; {LATEST_SAID}"),
        (cmp(agg("first", "A", prop("n"), within=H), ">", 3), LATEST_SAID),
        (cmp(arith(agg("min", "A", prop("n"), within=H), "+", 1), ">", 3), LATEST_SAID),
        (tree.Sequence((names("A"), names("A"))), ""),
        (tree.Sequence((names("A"), names("A")), within_ms=H),
         f"A 2025-06-15 15:21:40, then A 2025-06-15 15:22:40; {LATEST_SAID}"),
    ],
)  # fmt: skip
def test_what_an_explanation_says(rule: Any, said: str) -> None:
    """Only where the part looks at what is not there one by one."""
    subject = few({"a": rule}, {"spent": agg("sum", "A", prop("n"), within=H)})
    (line,) = explain(subject.tables, subject.profile, "a", T0 + 20 * M).lines
    assert line.note == said or (not said and "events" not in line.note)


def test_what_may_have_been_answered_is_not_missed() -> None:
    """The answer came and is no longer known one by one."""
    rules = {"a": tree.Missed(names("A"), names("B"), 2 * M)}
    subject = few(rules)
    subject.arrive(T0 + 21 * M, [event("B", S)])
    subject.clock(T0 + D)
    assert not subject.state["a"][0]
    subject.arrive(T0 + D, [event("B", D)])
    subject.clock(T0 + 2 * D)
    assert subject.state["a"][0]


def test_different_values_are_counted_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "DISTINCT_MAX", 7)
    subject = few({}, {"unique": agg("unique", "A", prop("n"))})
    assert subject.trait("unique", T0 + D) == 7
    other = few({}, {"unique": agg("unique", "A", prop("n"))})
    subject.merge(other, T0 + D)
    assert subject.trait("unique", T0 + D) == 7


def test_the_most_frequent_value_survives_any_number_of_others() -> None:
    tally: tallies.Tally = {}
    for n in range(3 * DISTINCT_MAX):
        tallies.count_value(tally, n, f"m{n}", n if n % 3 else "often")
        assert len(tally) <= DISTINCT_MAX
    assert tallies.most(tally)[3] == "often"
    assert tallies.most(tally)[0] == DISTINCT_MAX


def test_sums_of_anything_that_can_be_sent_are_packed() -> None:
    """Billionths of large numbers have more than 64 bits, and so may what somebody sends."""
    subject = few({"a": cmp(agg("sum", "A", prop("n"), within=D), ">", 1)})
    huge = [event("A", 21 * M + n, n=number) for n, number in enumerate((1e14, -2e14, 10**15))]
    subject.arrive(T0 + 21 * M, huge)
    subject.arrive(T0 + 22 * M, [identify(22 * M, big=-(10**30), deep={"of": [2**64]})])
    subject.profile.published[0] = 2**70
    packed = subject.packed()
    again = decode_profile(packed, subject.tables.default_truth)
    assert again.tracks == subject.profile.tracks
    assert again.traits == subject.profile.traits
    assert Standing(packed).published() == [(0, 2**70)]
    assert encode_profile(again, subject.tables.default_truth) == packed
