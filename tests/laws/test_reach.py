"""The random rules get to every part of the language: what is not reached is not proven."""

from __future__ import annotations

import random

import msgspec
import pytest

from ebbline.definitions import tree
from ebbline.definitions.functions import FUNCTIONS
from tests.laws import words
from tests.laws.tape import Tape
from tests.laws.timeline import nodes, structs
from tests.laws.trees import Rules

RULES = 6_000
WRITTEN = {
    "first_seen": "first_time", "last_seen": "last_time", "step": "matched", "points": "score",
    "trait": "trait", "property": "property", "audience": "audience", "list": "list",
    "timestamp": "moment", "duration": "duration",
}  # fmt: skip
"""Functions that are only a way to write a node, and the node or function that they write."""


@pytest.fixture(scope="module")
def made() -> list[tree.AnyNode]:
    """Many rules, the same in every run."""
    chance = random.Random(3)
    known = {"a0": "audience", "c0": "number", "c1": "score", "c2": "boolean", "c3": "timestamp"}
    return [
        Rules(Tape(chance.randbytes(64)), words.SCALES_MS[:2], known).boolean(2)
        for _ in range(RULES)
    ]


def test_every_function_is_reached(made: list[tree.AnyNode]) -> None:
    named = {getattr(node, "name", "") for node in nodes(made)}
    tags = {type(node).__struct_config__.tag for node in nodes(made)}
    missing = {name for name in FUNCTIONS if WRITTEN.get(name, name) not in named | tags}
    assert missing == set()


def test_every_node_and_option_is_reached(made: list[tree.AnyNode]) -> None:
    found = [struct for rule in made for struct in structs(rule)]
    kinds = {type(struct) for struct in found}
    assert set(tree.AnyNode.__args__) <= kinds
    windows = [struct for struct in found if isinstance(struct, tree.Window)]
    for field in msgspec.structs.fields(tree.Window):
        assert any(getattr(window, field.name) != field.default for window in windows), field.name
    sequences = [struct for struct in found if isinstance(struct, tree.Sequence)]
    for name in ("within_ms", "gap_ms", "since"):
        assert any(getattr(one, name) is not None for one in sequences), name
    assert any(isinstance(one, tree.Missed) and one.on for one in found)
