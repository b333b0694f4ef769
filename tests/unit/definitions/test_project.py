"""A project folder that is wrong in some way: a located finding each, and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ebbline.definitions import Finding, load_files, load_project, render
from ebbline.definitions.limits import FILE_BYTES_MAX
from ebbline.definitions.tree import And, AudienceRef, Compare, Moment, Trait

GOOD = {"ebbline.yml": b"name: shop\n"}
AUDIENCE = "audiences:\n  a:\n    owner: x\n    review_by: 2030-01-01\n    when: {}\n"


def findings(**files: str) -> list[Finding]:
    """Findings of a project with these files; `__` in a name stands for a slash."""
    data = {name.replace("__", "/") + ".yml": text.encode() for name, text in files.items()}
    return list(load_files(GOOD | data).findings)


def test_an_empty_project_is_a_plan() -> None:
    loaded = load_files(GOOD)
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.plan.name == "shop"
    assert [rule.type for rule in loaded.plan.identifiers] == [
        "user_id", "email", "phone", "anonymous_id",
    ]  # fmt: skip


BROKEN = [
    ("bad_yaml", 2, "audiences:\n  a: [1, 2\n"),
    ("bad_yaml", 1, "\tx: 1\n"),
    ("bad_yaml", 2, "a: 1\n---\nb: 2\n"),
    ("bad_yaml", 1, "audiences: *nobody\n"),
    ("bad_key", 3, "audiences:\n  a:\n    <<: {owner: x}\n"),
    ("bad_key", 2, "audiences:\n  ? [a, b]\n  : 1\n"),
    ("wrong_type", 1, "just a text\n"),
    ("wrong_type", 1, "[1, 2]\n"),
    ("wrong_type", 1, "audiences: 7\n"),
    ("wrong_type", 2, "audiences:\n  a: 7\n"),
    ("missing_key", 2, "audiences:\n  a:\n"),
    ("missing_key", 3, "audiences:\n  a:\n    owner: x\n"),
    ("unknown_key", 1, "audience: {}\n"),
    ("unknown_key", 3, "audiences:\n  a:\n    wen: x\n"),
    ("duplicate_key", 3, "audiences:\n  a: {when: x}\n  a: {when: y}\n"),
    ("wrong_type", 3, "audiences:\n  a:\n    when: [x]\n"),
    ("wrong_type", 3, "audiences:\n  a:\n    when:\n"),
    ("wrong_type", 4, "audiences:\n  a:\n    when: x\n    review_by: soon\n"),
    ("wrong_type", 4, "audiences:\n  a:\n    when: x\n    tags: sales\n"),
    ("wrong_type", 4, "audiences:\n  a:\n    when: x\n    archived: maybe\n"),
    ("bad_refresh", 4, "audiences:\n  a:\n    sql: SELECT 1\n    refresh: often\n"),
    ("bad_refresh", 4, "audiences:\n  a:\n    sql: SELECT 1\n    refresh: 10s\n"),
    ("bad_name", 2, 'audiences:\n  "": {when: x}\n'),
    ("unknown_audience", 4, "audiences:\n  a:\n    when: x\n    parent: b\n"),
    ("unknown_audience", 2, "groups:\n  g: {priority: [a]}\n"),
    ("syntax", 2, "audiences:\n  a: {when: x >}\n"),
    ("cycle", 3, 'audiences:\n  a:\n    when: audience("a")\n'),
]


@pytest.mark.parametrize(("code", "line", "text"), BROKEN, ids=lambda value: repr(value)[:40])
def test_broken_audience_files_are_located(code: str, line: int, text: str) -> None:
    found = findings(audiences__x=text)
    places = [(f.code, f.line, f.severity) for f in found]
    assert (code, line, "error") in places, places
    assert all(f.file == "audiences/x.yml" and f.column >= 1 for f in found)


def test_all_problems_come_together() -> None:
    text = AUDIENCE.format("plan > 3 and") + "groups:\n  g: {priority: [q]}\nnonsense: 1\n"
    traits = "traits:\n  t: count('x', within='zz') + sun('x')\n"
    codes = {f.code for f in findings(audiences__x=text, traits__t=traits)}
    assert codes >= {
        "syntax", "unknown_audience", "unknown_key", "bad_duration", "unknown_function",
    }  # fmt: skip


STYLES = {
    "plain": 'a: {when: x > 1 and cuont("A") > 2}',
    "quoted": "a: {when: 'x == ''it'' and cuont(\"A\") > 2'}",
    "double": 'a: {when: "x > 1 and\\tcuont(\\"A\\") > 2"}',
    "folded": 'a:\n    when: >-\n      x > 1\n      and cuont("A") > 2\n',
    "literal": 'a:\n    when: |\n      x > 1\n\n        and cuont("A") > 2\n',
    "lines": 'a:\n    when: x > 1\n      and cuont("A") > 2\n',
}


@pytest.mark.parametrize("style", STYLES)
def test_a_rule_is_located_in_every_way_yaml_can_write_it(style: str) -> None:
    text = f"audiences:\n  {STYLES[style]}\n"
    (found,) = [f for f in findings(audiences__x=text) if f.severity == "error"]
    lines = text.split("\n")
    assert lines[found.line - 1][found.column - 1 :].startswith("cuont(")
    assert found.length == len("cuont")


def test_the_rendering_is_the_documented_one() -> None:
    events = "events:\n  Product Viewed: {}\nunplanned: quarantine\n"
    text = "audiences:\n  a:\n    owner: x\n    review_by: 2030-01-01\n"
    text += '    when: count("Produkt Viewed", within="24h") >= 3\n'
    files = GOOD | {"tracking-plan/p.yml": events.encode(), "audiences/x.yml": text.encode()}
    (found,) = load_files(files).findings
    assert render(found) == (
        'audiences/x.yml:5:17: error: unknown event "Produkt Viewed"\n'
        '    when: count("Produkt Viewed", within="24h") >= 3\n'
        '                ^^^^^^^^^^^^^^^^ did you mean "Product Viewed"?'
    )


@pytest.mark.parametrize(
    ("key", "value", "fine"),
    [
        ("key", "abc123", False),
        ("api_key", "env:KEY", True),
        ("client_secret", "file:/run/secret", True),
        ("token", "12345", False),
        ("signing-secret", "whsec_x", False),
        ("endpoint", "https://example.com", True),
        ("headers", "{auth_token: s3cret}", False),
        ("headers", "{Authorization: Bearer s3cret}", False),
    ],
)
def test_a_literal_secret_is_an_error_and_is_not_repeated(key: str, value: str, fine: bool) -> None:
    text = f"destinations:\n  d:\n    type: webhook\n    {key}: {value}\n"
    found = findings(destinations__d=text)
    assert [f.code for f in found] == ([] if fine else ["literal_secret"])
    assert not any(word in str(f) for f in found for word in ("abc123", "12345", "s3cret"))


def test_destinations_and_sources_are_checked() -> None:
    sync = "[{audience: nobody}, {trait: t, audience: a}, {trait: t}, {trait: t}]"
    text = f"destinations:\n  d: {{type: webhok, sync: {sync}}}\n  e: {{}}\n"
    sources = "sources:\n  a: {write_key: k}\n  b: {write_key: k}\n  c: {}\n"
    files = {"destinations/d.yml": text.encode(), "sources/s.yml": sources.encode()}
    loaded = load_files(GOOD | files, destination_types=["webhook"])
    assert sorted(f.code for f in loaded.findings) == [
        "bad_sync", "duplicate_name", "duplicate_name", "missing_key", "missing_key",
        "unknown_audience", "unknown_connector", "unknown_trait", "unknown_trait",
    ]  # fmt: skip


def test_only_computed_traits_are_sent() -> None:
    files = {
        "tracking-plan/t.yml": b"traits: {plan: string}\n",
        "traits/t.yml": b"traits: {level: {value: plan}}\n",
        "destinations/d.yml": b"destinations:\n  d:\n    type: x\n    sync:\n"
        b"      - {trait: plan}\n      - {trait: level}\n      - {trait: levl}\n",
    }
    found = load_files(GOOD | files).findings
    assert [(f.code, f.severity, f.line, f.hint) for f in found] == [
        ("unknown_trait", "error", 5, "for a sent trait, compute one: value: plan"),
        ("unknown_trait", "error", 7, "did you mean level?"),
    ]


def test_groups_that_contradict_each_other_are_an_error() -> None:
    rule = "owner: x, review_by: 2030-01-01, when: x"
    audiences = "audiences:\n" + "".join(f"  {name}: {{{rule}}}\n" for name in "abc")
    agree = audiences + "groups:\n  g: {priority: [a, b]}\n  h: {priority: [b, c]}\n"
    assert findings(audiences__x=agree) == []
    found = findings(audiences__x=agree + "  i: {priority: [c, a]}\n")
    assert [(f.code, f.line) for f in found] == [("group_circle", 8)]
    assert "a before b before c before a" in found[0].message


def test_names_are_unique_across_files_and_kinds() -> None:
    audience = AUDIENCE.format("x")
    found = findings(audiences__x=audience, audiences__y=audience, traits__t="traits: {a: 1 + 1}\n")
    assert [(f.file, f.code) for f in found] == [
        ("audiences/x.yml", "duplicate_name"),
        ("audiences/y.yml", "duplicate_name"),
    ]


def test_a_circle_is_printed() -> None:
    text = "audiences:\n  a: {when: t > 1}\n  b: {when: 'x', parent: a}\n"
    found = findings(audiences__x=text, traits__t='traits:\n  t: default(audience("b"), False)\n')
    (circle,) = [f for f in found if f.code == "cycle"]
    assert circle.message.endswith("trait t -> audience b -> audience a -> trait t")


def test_definitions_stand_in_dependency_order_and_parents_are_anded_in() -> None:
    text = "audiences:\n  c: {when: z, parent: b}\n  b: {when: 'audience(\"a\")'}\n  a: {when: y}\n"
    plan = load_files(GOOD | {"audiences/x.yml": text.encode()}).plan
    assert plan is not None
    assert [audience.name for audience in plan.audiences] == ["a", "b", "c"]
    assert plan.audiences[2].when == And((AudienceRef("b"), Trait("z")))
    assert plan.audiences[2].parent == "b"


def test_a_text_beside_a_computed_timestamp_is_a_moment() -> None:
    files = {
        "traits/t.yml": b"traits: {joined: first_seen(), early: 'joined < \"2026-01-01\"'}\n",
        "audiences/x.yml": b"audiences: {a: {when: 'joined > \"1970-01-02\"'}}\n",
    }
    plan = load_files(GOOD | files).plan
    assert plan is not None
    assert plan.audiences[0].when == Compare(">", Trait("joined"), Moment(86_400_000))
    assert [(trait.name, trait.type) for trait in plan.traits] == [
        ("joined", "timestamp"), ("early", "boolean"),
    ]  # fmt: skip


def test_archived_audiences_are_left_out() -> None:
    text = "audiences:\n  a: {when: x, archived: true}\n  b: {when: 'audience(\"a\")'}\n"
    assert "archived_audience" in {f.code for f in findings(audiences__x=text)}
    loaded = load_files(GOOD | {"audiences/x.yml": text.partition("  b:")[0].encode()})
    assert loaded.plan is not None
    assert loaded.plan.audiences == ()


def test_governance_only_warns() -> None:
    text = b"audiences:\n  a: {when: x}\n  b: {when: x, owner: me, review_by: 2026-01-01}\n"
    loaded = load_files(GOOD | {"audiences/x.yml": text}, today="2026-02-01")
    lacking, overdue = loaded.findings
    assert (lacking.code, overdue.code) == ("no_owner", "review_overdue")
    assert render(lacking) == (
        "audiences/x.yml:2:3: warning: audience a has no owner and no review date\n"
        "    a: {when: x}\n    ^ write owner: and review_by:"
    )
    assert loaded.plan is not None


@pytest.mark.parametrize(
    ("lacking", "code", "hint"),
    [("owner: x", "no_review_date", "write review_by:"),
     ("review_by: 2030-01-01", "no_owner", "write owner:")],
)  # fmt: skip
def test_what_an_audience_lacks_is_named_alone(lacking: str, code: str, hint: str) -> None:
    (found,) = findings(audiences__x=f"audiences:\n  a: {{when: x, {lacking}}}\n")
    assert (found.code, found.hint) == (code, hint)


def test_what_is_read_and_not_enforced_warns_with_its_place() -> None:
    files = {
        "ebbline.yml": b"name: x\n",
        "tracking-plan/p.yml": b"events:\n  A:\n    properties:\n"
        b"      a: {type: string, pattern: x+, minLength: 2, enum: [x, xx]}\n"
        b"      b: {type: number, multipleOf: 5, minimum: 0}\n"
        b"traits:\n  c: {type: string, format: email}\n",
    }
    loaded = load_files(files)
    assert loaded.plan is not None
    assert {f.severity for f in loaded.findings} == {"warning"}
    assert {f.code for f in loaded.findings} == {"not_enforced"}
    assert [(f.file, f.line, f.message.split()[0]) for f in loaded.findings] == [
        ("tracking-plan/p.yml", 4, "pattern"), ("tracking-plan/p.yml", 5, "multipleOf"),
        ("tracking-plan/p.yml", 7, "format"),
    ]  # fmt: skip


def test_memory_is_read_as_bytes() -> None:
    loaded = load_files({"ebbline.yml": b"name: x\nlimits: {memory: 1.5GB}\n"})
    assert loaded.findings == ()
    assert loaded.plan is not None
    assert loaded.plan.memory_bytes == 1_500_000_000


@pytest.mark.parametrize(
    ("limits", "code"),
    [("{memory: 1MB}", "bad_limit"), ("{memory: 512}", "wrong_type"),
     ("{memory: lots}", "wrong_type"), ("{profiles: 5}", "unknown_key")],
)  # fmt: skip
def test_limits_that_say_nothing(limits: str, code: str) -> None:
    loaded = load_files({"ebbline.yml": f"name: x\nlimits: {limits}\n".encode()})
    assert [(f.code, f.line) for f in loaded.findings] == [(code, 2)]


def test_retention_is_read_as_days() -> None:
    loaded = load_files({"ebbline.yml": b"name: x\nretention: {events: 4w}\n"})
    assert loaded.system["retention"] == {"events": 28}
    assert load_files({"ebbline.yml": b"name: x\n"}).system["retention"] == {}


@pytest.mark.parametrize("length", ["12h", "1d1h", "0d"])
def test_retention_is_whole_days(length: str) -> None:
    text = f"name: x\nretention: {{events: {length}}}\n"
    (found,) = load_files({"ebbline.yml": text.encode()}).findings
    assert (found.code, found.hint) == ("bad_retention", "write 400d")


@pytest.mark.parametrize("bound", ["minimum: low", "minLength: -1", "maxItems: 1.5", "enum: a"])
def test_bounds_of_the_tracking_plan_are_checked(bound: str) -> None:
    text = f"traits:\n  t: {{type: any, {bound}}}\n"
    (found,) = load_files(GOOD | {"tracking-plan/p.yml": text.encode()}).findings
    assert (found.code, found.line) == ("wrong_type", 2)


def test_settings_are_checked() -> None:
    text = b"name: x\ntime_zone: Mars/Olympus\nidentity: {identifiers: [{limit: 0}]}\nnme: 1\n"
    codes = [f.code for f in load_files({"ebbline.yml": text}).findings]
    assert sorted(codes) == ["missing_key", "unknown_key", "unknown_time_zone", "wrong_type"]
    assert [f.code for f in load_files({}).findings] == ["missing_file"]
    assert [f.code for f in load_files({"ebbline.yml": b""}).findings] == ["missing_key"]
    assert [f.code for f in load_files({"ebbline.yml": b"name: \xff"}).findings] == ["not_utf8"]


def test_tracking_plans_of_all_files_are_one() -> None:
    one = "events:\n  A: {aliases: [b_c], properties: {x: number, y: {type: strin}}}\n"
    two = "events:\n  A: {}\n  B C: {}\nunplanned: drop_field\ntraits: {t: {minimum: 3}}\n"
    files = {"tracking-plan/1.yml": one.encode(), "tracking-plan/2.yml": two.encode()}
    found = load_files(GOOD | files).findings
    assert [(f.file[-5], f.code) for f in found] == [
        ("1", "wrong_value"), ("2", "duplicate_name"), ("2", "duplicate_name"),
    ]  # fmt: skip


TWO_PEOPLE = "{at: 0s, user: a, track: A}, {at: 0s, user: b, track: A}"
BAD_EXAMPLES = [
    "[{name: n, expect: []}]",
    "[{name: n, expect: [{at: 1, in: true}]}]",
    "[{name: n, events: [{at: 0s}], expect: [{at: 1s, in: true}]}]",
    "[{name: n, events: [{at: 0s, track: A, page: B}], expect: [{at: 1s, in: true}]}]",
    "[{name: n, events: [{at: 0s, track: A, times: 99999}], expect: [{at: 1s, in: true}]}]",
    "[{name: n, expect: [{at: 1s, in: true, audience: zz}]}]",
    "[{name: n, expect: [{at: 1s, in: 1}]}]",
    "[{name: n, events: [{at: 0s, track: A}], expect: [{at: 1s}]}]",
    f"[{{name: n, events: [{TWO_PEOPLE}], expect: [{{at: 1s, in: true}}]}}]",
]


@pytest.mark.parametrize("examples", BAD_EXAMPLES)
def test_bad_examples_are_located(examples: str) -> None:
    text = AUDIENCE.format("x") + f"    examples: {examples}\n"
    found = findings(audiences__x=text)
    assert found
    assert all(f.line == 6 and f.severity == "error" for f in found)


def test_folders(tmp_path: Path) -> None:
    assert [f.code for f in load_project(tmp_path / "none").findings] == ["missing_folder"]
    (tmp_path / "ebbline.yml").write_text("name: x\n")
    (tmp_path / "audience").mkdir()
    (tmp_path / "audiences" / "deep").mkdir(parents=True)
    (tmp_path / "audiences" / "deep" / "x.yaml").write_text("audiences: {a: {whn: x}}\n")
    (tmp_path / "audiences" / "big.yml").write_bytes(b"#" * (FILE_BYTES_MAX + 1))
    (tmp_path / "audiences" / "gone.yml").symlink_to(tmp_path / "nowhere")
    loaded = load_project(tmp_path)
    assert loaded.plan is None
    codes = {f.code for f in loaded.findings}
    assert codes >= {"misnamed_file", "file_too_large", "unreadable_file", "unknown_key"}


def test_hostile_yaml_is_cut_short() -> None:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, two in zip("abcdef", "bcdefg", strict=True):
        laughs += f"{two}: &{two} [{', '.join([f'*{one}'] * 10)}]\n"
    assert "bad_yaml" in {f.code for f in findings(audiences__x=laughs)}
    assert {f.code for f in findings(audiences__x="[" * 2_000)} == {"bad_yaml"}
    assert "bad_yaml" in {f.code for f in findings(audiences__x="a: &a [*a]\n")}


@settings(deadline=None)
@given(st.binary(max_size=80), st.sampled_from(["ebbline.yml", "audiences/x.yml", "lists/x.csv"]))
def test_no_bytes_raise(data: bytes, path: str) -> None:
    loaded = load_files(GOOD | {path: data})
    assert all(render(finding) for finding in loaded.findings)


YAML_WORDS = st.sampled_from(
    ["audiences:", "groups:", " ", "\n", "\n  ", "a:", "when: ", "x > 1", "[", "]", "{", "}", "- ",
     "examples:", "at: 1s", "in: true", "name: n", "expect:", "'", '"', "|", ">", "&a ", "*a", ", "]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(YAML_WORDS, max_size=30))
@example(["&a ", "when: ", "&a "])  # an anchor given twice: ruamel warns of it
def test_no_jumble_of_yaml_raises(words: list[str]) -> None:
    loaded = load_files(GOOD | {"audiences/x.yml": "".join(words).encode()})
    assert all(render(finding) for finding in loaded.findings)
