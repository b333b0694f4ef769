"""Lists of the project: where they are written, what they hold, how rules name them."""

from __future__ import annotations

import pytest

from ebbline.definitions import load_files, render
from ebbline.definitions.limits import LIST_ITEMS_MAX
from ebbline.definitions.tree import Aggregate, Call, Compare, Events, ListRef, Property, Trait

GOOD = {"ebbline.yml": b"name: shop\n"}
WRITTEN = b"name: shop\nlists:\n  mixed: [a, 1, 2.5, true, 'true', a, 1.0]\n  none: []\n"

CSVS: list[tuple[bytes, tuple[object, ...]]] = [
    (b"id\na1\na2,second column\n\na1\n", ("a1", "a2")),
    (b"size\n1\n2.5\n-1e3\n1\n", (1, 2.5, -1000.0)),
    (b"size\n1\n07\n", ("1", "07")),
    (b"size\n1\ntrue\n", ("1", "true")),
    (b"text\n1\n2\n", ("1", "2")),
    (b"n\n9223372036854775807\n", (9223372036854775807,)),
    (b"n\n9223372036854775808\n", ("9223372036854775808",)),
    (b"n\n1e999\n", ("1e999",)),
    (b"n\n", ()),
    (b"", ()),
]


@pytest.mark.parametrize(("data", "values"), CSVS)
def test_a_file_holds_texts_or_numbers(data: bytes, values: tuple[object, ...]) -> None:
    plan = load_files(GOOD | {"lists/it.csv": data}).plan
    assert plan is not None
    assert repr(plan.lists) == repr({"it": values})


def test_values_in_place_keep_their_kind() -> None:
    plan = load_files({"ebbline.yml": WRITTEN}).plan
    assert plan is not None
    assert repr(plan.lists["mixed"]) == "('a', 1, 2.5, True, 'true', 1.0)"
    assert plan.lists["none"] == ()


def test_a_list_value_is_one_value() -> None:
    found = load_files({"ebbline.yml": b"name: s\nlists:\n  a:\n    - [x]\n    -\n"}).findings
    assert [(finding.code, finding.line) for finding in found] == [
        ("wrong_type", 4), ("wrong_type", 5),
    ]  # fmt: skip


def test_rules_name_lists_bare_or_in_quotes() -> None:
    files = {
        "lists/gold.csv": b"id\na1\n",
        "lists/gold ids.csv": b"id\na1\n",
        "audiences/x.yml": (
            b"audiences:\n  a: {when: user_id in gold}\n"
            b"  b: {when: 'plan not in list(\"gold ids\")'}\n"
            b"  c: {when: 'contains(gold, plan)'}\n"
            b"  d: {when: 'performed(\"A\", where=sku in gold)'}\n"
        ),
    }
    plan = load_files(GOOD | files).plan
    assert plan is not None
    gold = ListRef("gold")
    where = Compare("in", Property("sku"), gold)
    assert [audience.when for audience in plan.audiences] == [
        Compare("in", Trait("user_id"), gold),
        Compare("not in", Trait("plan"), ListRef("gold ids")),
        Call("contains", (gold, Trait("plan"))),
        Aggregate("performed", Events(("A",), where)),
    ]


def test_a_list_hides_a_trait_and_says_so() -> None:
    files = {
        "traits/t.yml": b"traits: {gold: 'last(\"A\", x)'}\n",
        "lists/gold.csv": b"id\na1\n",
        "audiences/x.yml": b"audiences: {a: {when: plan in gold, owner: x, review_by: 2030-01-01}}",
    }
    loaded = load_files(GOOD | files)
    assert loaded.plan is not None
    assert loaded.plan.audiences[0].when == Compare("in", Trait("plan"), ListRef("gold"))
    (finding,) = loaded.findings
    assert render(finding) == (
        "lists/gold.csv: warning: the list gold hides the trait of that name after in"
    )
    written = {"ebbline.yml": b"name: s\nlists:\n  gold: [a]\n"}
    (finding,) = load_files({"traits/t.yml": files["traits/t.yml"]} | written).findings
    assert (finding.code, finding.severity, finding.line) == ("shadowed_trait", "warning", 3)


def test_what_a_list_cannot_hold_is_never_found_in_it() -> None:
    rule = b"audiences: {a: {when: user_id in gold, owner: x, review_by: 2030-01-01}}\n"
    (finding,) = load_files(
        GOOD | {"lists/gold.csv": b"id\n1\n2\n", "audiences/x.yml": rule}
    ).findings
    assert (finding.code, finding.severity) == ("wrong_kind", "error")
    assert finding.hint == "under the heading text, a file's values are texts"
    texts = load_files(GOOD | {"lists/gold.csv": b"text\n1\n2\n", "audiences/x.yml": rule})
    assert texts.findings == ()


def test_a_list_has_a_limit() -> None:
    most = b"id\n" + b"\n".join(b"%d" % number for number in range(LIST_ITEMS_MAX))
    plan = load_files(GOOD | {"lists/it.csv": most}).plan
    assert plan is not None
    assert len(plan.lists["it"]) == LIST_ITEMS_MAX
    (finding,) = load_files(GOOD | {"lists/it.csv": most + b"\nx"}).findings
    assert finding.code == "list_too_long"
