"""Scores against scores: the engine's flips are those of looking at every millisecond."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline import engine
from ebbline.definitions.tree import AnyNode
from tests.laws.adapter import Subject
from tests.laws.build import T0, arith, cmp, event, plan, score
from tests.laws.profile import CASES, law

SPANS_MS = (5, 12)
LOOKED_MS = 450
"""Long enough for every score to become nothing."""

SCORES = st.builds(
    lambda decay, span, name, worth: score(decay, span, (name, worth)),
    st.sampled_from(["half_life", "fade"]), st.sampled_from(SPANS_MS),
    st.sampled_from(["A", "B", "A|B"]), st.sampled_from([1, 2, 10, -1]),
)  # fmt: skip
SIDES = st.one_of(
    SCORES,
    st.builds(lambda x, y, op: arith(x, op, y), SCORES, SCORES, st.sampled_from("+-")),
    st.builds(lambda x, n: arith(x, "*", n), SCORES, st.sampled_from([2, 0.5, -1])),
    st.builds(lambda x, n: arith(x, "+", n), SCORES, st.sampled_from([1, -2])),
)
RULES = st.builds(cmp, SIDES, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), SIDES)
EVENTS = st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 9)), min_size=1, max_size=5).map(
    lambda found: sorted(found, key=lambda pair: pair[1])
)


@settings(law, max_examples=max(1, CASES // 4))
@given(RULES, EVENTS)
def test_flips_are_those_of_every_millisecond(
    rule: AnyNode, history: list[tuple[str, int]]
) -> None:
    """No flip is missed and none is late, also where two scores sink side by side."""
    subject = Subject(plan({"a": rule}))
    for number, (name, at_ms) in enumerate(history):
        subject.arrive(T0 + at_ms, [event(name, at_ms, f"m{number}")])
    start = T0 + history[-1][1]
    subject.clock(start)
    copy = engine.decode_profile(subject.packed(), subject.tables.default_truth)
    was, expected = bool(copy.raw & 1), []
    for at_ms in range(start, start + LOOKED_MS):
        engine.refresh(subject.tables, copy, at_ms)
        if bool(copy.truth[0]) != was:
            was = not was
            expected.append((at_ms, was))
    subject.clock(start + LOOKED_MS - 1)
    assert [(flip.at_ms, flip.raw) for flip in subject.flips if flip.at_ms > start] == expected
