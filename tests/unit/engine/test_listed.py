"""A project's list answers as a list that is written in the rule."""

from __future__ import annotations

from typing import Any

import pytest

from ebbline.engine.listed import Listed, Lists
from ebbline.engine.scalars import COMPARE, FUNCTIONS

VALUES: tuple[Any, ...] = (
    "a", "", "1", "true", 1, 1.0, 0, -0.0, 2.5, 10**17, 1e17, -3, True, False,
)  # fmt: skip
ASKED: tuple[Any, ...] = (
    *VALUES, "b", 7, 2.6, 10**17 + 1, 2**53 + 1, float(2**53), None, [], ["a"], {}, {"a": 1},
)  # fmt: skip


@pytest.mark.parametrize("value", ASKED, ids=repr)
def test_asking_is_what_the_operators_ask(value: Any) -> None:
    for held in (VALUES, (2**53 + 1,), ("b", 7), ()):
        listed = Listed(held)
        assert listed.test("in")(value) is COMPARE["in"](value, list(held))
        assert listed.test("not in")(value) is COMPARE["not in"](value, list(held))
        assert listed.holds(value) is FUNCTIONS["contains"](list(held), value)


def test_a_list_is_made_once() -> None:
    lists = Lists({"a": (1, 2)})
    assert lists("a") is lists("a")
    assert lists("b").values == []
