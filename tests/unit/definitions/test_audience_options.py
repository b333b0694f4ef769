"""Options of audiences: what the plan makes of them, and what is found wrong with them."""

from __future__ import annotations

import pytest

from ebbline.definitions import Finding, load_files, render
from ebbline.definitions.plan import Plan
from ebbline.definitions.tree import And, AudienceRef, Call, Literal, Not, Or, Trait

GOOD = {"ebbline.yml": b"name: shop\n"}
HEAD = "audiences:\n  a:\n    owner: x\n    review_by: 2030-01-01\n"
CONSENT = Call("consented", (Literal("ads"),))


def load(rest: str) -> tuple[Plan | None, list[Finding]]:
    """The plan and the findings of an audience `a` with these lines."""
    loaded = load_files(GOOD | {"audiences/x.yml": (HEAD + rest).encode()})
    return loaded.plan, list(loaded.findings)


def test_lengths_and_rules_reach_the_plan() -> None:
    plan, found = load("    enter_when: p\n    exit_when: q\n    hold: 10m\n    cooldown: 1d\n")
    assert found == []
    assert plan is not None
    (audience,) = plan.audiences
    assert (audience.when, audience.exit_when) == (Trait("p"), Trait("q"))
    assert (audience.hold_ms, audience.cooldown_ms) == (600_000, 86_400_000)


def test_purposes_and_parent_are_part_of_the_rule() -> None:
    rest = "    when: p\n    parent: b\n    limit_to_purposes: [ads]\n  b: {when: q}\n"
    plan, _ = load(rest)
    assert plan is not None
    child = plan.audiences[1]
    assert child.when == And((AudienceRef("b"), CONSENT, Trait("p")))
    assert (child.exit_when, child.purposes, child.parent) == (None, ("ads",), "b")


def test_whoever_lacks_them_leaves_where_there_is_an_exit_rule() -> None:
    rest = (
        "    enter_when: p\n    exit_when: q\n    parent: b\n    limit_to_purposes: [ads]\n"
        "  b: {when: q}\n"
    )
    plan, _ = load(rest)
    assert plan is not None
    child = plan.audiences[1]
    assert child.when == And((AudienceRef("b"), CONSENT, Trait("p")))
    assert child.exit_when == Or((Trait("q"), Not(AudienceRef("b")), Not(CONSENT)))


WRONG = [
    ("missing_key", 3, "    hold: 1h\n"),
    ("missing_key", 3, "    enter_when: p\n"),
    ("missing_key", 3, "    exit_when: p\n"),
    ("bad_option", 6, "    when: p\n    exit_when: q\n"),
    ("bad_option", 6, "    when: p\n    enter_when: q\n    exit_when: q\n"),
    ("syntax", 6, "    enter_when: p\n    exit_when: q >\n"),
    ("wrong_kind", 6, "    enter_when: p\n    exit_when: count('x')\n"),
    ("wrong_type", 6, "    when: p\n    hold: 10 minutes\n"),
    ("wrong_type", 6, "    when: p\n    cooldown: -1h\n"),
    ("window_too_long", 6, "    when: p\n    cooldown: 401d\n"),
    ("wrong_type", 6, "    when: p\n    limit_to_purposes: ads\n"),
    ("duplicate_name", 6, "    when: p\n    limit_to_purposes: [ads, ads]\n"),
    ("unknown_audience", 6, "    when: p\n    parent: b\n"),
]


@pytest.mark.parametrize(("code", "line", "rest"), WRONG)
def test_wrong_options_are_located(code: str, line: int, rest: str) -> None:
    plan, found = load(rest)
    assert plan is None
    assert (code, line) in [(finding.code, finding.line) for finding in found], found


def test_what_is_missing_is_named() -> None:
    _, found = load("    enter_when: p\n")
    (finding,) = [one for one in found if one.code == "missing_key"]
    assert finding.message == "exit_when: is missing"
    assert finding.hint == "it belongs to enter_when: and exit_when:"


CIRCLES = [
    (
        "audiences:\n  a: {when: 'audience(\"b\")'}\n  b: {when: 'audience(\"a\")'}\n",
        "audience a -> audience b -> audience a",
    ),
    (
        "audiences:\n  a: {when: x, parent: b}\n  b: {when: y, parent: a}\n",
        "audience a -> audience b -> audience a",
    ),
    (
        "audiences:\n  a: {enter_when: x, exit_when: 'audience(\"a\")'}\n",
        "audience a -> audience a",
    ),
    ("audiences:\n  a: {when: worth > 3}\n", "audience a -> trait worth -> audience a"),
]


@pytest.mark.parametrize(("text", "circle"), CIRCLES)
def test_a_circle_is_shown(text: str, circle: str) -> None:
    traits = b"traits: {worth: 'if_(audience(\"a\"), 1, 2)'}\n"
    files = {"audiences/x.yml": text.encode()}
    files |= {"traits/t.yml": traits} if "worth" in text else {}
    found = [one for one in load_files(GOOD | files).findings if one.code == "cycle"]
    names = circle.split(" -> ")[:-1]
    turned = [" -> ".join([*names[i:], *names[: i + 1]]) for i in range(len(names))]
    assert len(found) == 1
    message = found[0].message.removeprefix("definitions go round in a circle: ")
    assert message in turned


def test_a_deep_hierarchy_is_found() -> None:
    rows = ["  a0: {when: x}"] + [f"  a{n}: {{when: x, parent: a{n - 1}}}" for n in range(1, 12)]
    text = "\n".join(["audiences:", *rows])
    found = [one for one in load_files(GOOD | {"audiences/x.yml": text.encode()}).findings
             if one.severity == "error"]  # fmt: skip
    assert [one.line for one in found] == [13]
    assert render(found[0]).startswith(
        "audiences/x.yml:13:26: error: an audience has at most 10 audiences above it"
    )
    fewer = "\n".join(["audiences:", *rows[:-1]])
    assert load_files(GOOD | {"audiences/x.yml": fewer.encode()}).plan is not None
