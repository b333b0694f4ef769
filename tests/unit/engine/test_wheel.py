"""The timer wheel against a plain sorted list."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ebbline.engine import NEVER, Wheel

IDS = st.one_of(st.integers(1, 9), st.integers(2**44 - 9, 2**44 - 1))
PAIRS = st.tuples(st.integers(0, 400_000), IDS)


@given(st.lists(st.one_of(PAIRS, st.integers(0, 500_000))))
def test_it_gives_what_a_sorted_list_gives(steps: list[tuple[int, int] | int]) -> None:
    """Adding pairs and taking everything due, in any order of the two."""
    wheel, waiting = Wheel(), []
    for step in steps:
        if isinstance(step, tuple):
            wheel.add(*step)
            waiting.append(step)
            continue
        taken = []
        while (pair := wheel.pop(step)) is not None:
            taken.append(pair)
        expected = sorted(pair for pair in waiting if pair[0] <= step)
        assert taken == expected
        waiting = [pair for pair in waiting if pair[0] > step]
        assert wheel.peek() == min(waiting, default=None)


def test_never_is_not_kept() -> None:
    """A person who never wakes takes no place."""
    wheel = Wheel()
    wheel.add(NEVER, 1)
    assert wheel.peek() is None


def test_earliest_is_never_late() -> None:
    """The bound that lets a host skip the wheel does not pass anything pending."""
    wheel = Wheel()
    for due_ms in (700_000, 90_000, 91_000, 10_000_000):
        wheel.add(due_ms, 1)
        assert wheel.earliest <= due_ms
    assert wheel.pop(80_000) is None
    assert wheel.earliest <= 90_000
    assert wheel.pop(90_000) == (90_000, 1)
    assert wheel.earliest <= 91_000
