"""Text and JSON hold a tree whole: what is printed reads back as the same tree."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from ebbline.definitions.limits import RULE_DEPTH_MAX, RULE_NODES_MAX
from ebbline.definitions.parse import parse_rule
from ebbline.definitions.printer import print_rule
from ebbline.definitions.tree import AnyNode
from tests.unit.definitions.strategies import LIST_NAMES, TREES

OVER_LIMIT = {"too_many_nodes", "too_deep", "rule_too_long"}


@settings(max_examples=500, deadline=None)
@given(TREES)
def test_printed_text_reads_back_as_the_same_tree(tree: AnyNode) -> None:
    text = print_rule(tree)
    parsed = parse_rule(text, lists=LIST_NAMES)
    if {problem.code for problem in parsed.problems} & OVER_LIMIT:
        return
    assert parsed.problems == (), text
    assert repr(parsed.tree) == repr(tree), text


@settings(max_examples=500, deadline=None)
@given(TREES)
def test_json_reads_back_as_the_same_tree(tree: AnyNode) -> None:
    data = msgspec.json.encode(tree)
    assert repr(msgspec.json.decode(data, type=AnyNode)) == repr(tree)


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    parsed = parse_rule(text)
    assert (parsed.tree is None) == bool(parsed.problems)
    assert all(str(finding) for finding in parsed.findings)


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            'count ( ) "A" , within= "24h" where= x == and or not in [ ] 1 - + . is None '
            "score points audience trait lambda : {".split(" ")
        ),
        max_size=25,
    )
)
def test_no_jumble_of_words_raises(words: list[str]) -> None:
    parsed = parse_rule(" ".join(words))
    for problem in parsed.problems:
        assert 0 <= problem.start <= len(parsed.text)
        assert problem.length >= 1


def test_limits_are_what_the_language_says() -> None:
    assert (RULE_NODES_MAX, RULE_DEPTH_MAX) == (500, 50)
