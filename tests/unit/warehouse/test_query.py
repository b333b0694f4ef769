"""Queries as trees: parsed back in every dialect, narrowed to an audience, refused."""

from __future__ import annotations

import pytest
import sqlglot
from sqlglot import exp

from ebbline.definitions import tree
from ebbline.definitions.plan import AudienceDef, GroupDef
from ebbline.errors import NotFound, NotInSql
from ebbline.warehouse import DIALECTS, members, memberships
from tests.laws.build import T0, D, H, agg, plan, prop, trait

WIDE = {
    "sum": tree.Compare(">", agg("sum", "Order", prop("revenue"), within=30 * D),
                        tree.Literal(100.5)),
    "since": agg("performed", "Order", since=trait("joined")),
    "named": tree.Call("matches", (trait("email"), tree.Literal(r"^\w+@x\.com$"))),
    "often": tree.Compare("==", agg("most_frequent", "Page Viewed", prop("path")),
                          tree.Literal("it's \\ here")),
    "score": tree.Compare(">=", tree.Score(
        (tree.Points(tree.Events(("Demo",)), tree.Literal(30)),), "half_life", 7 * D),
        tree.Literal(10)),
    "days": tree.Compare(">=", tree.Aggregate("days_active", tree.Events(("*",)),
                                              zone="Europe/Berlin"), tree.Literal(3)),
    "new": tree.Call("version_at_least", (trait("version"), tree.Literal("2.10"))),
    "half": tree.Compare("==", tree.Call("bucket", (tree.Literal("a"), tree.Literal(2))),
                         tree.Literal(1)),
    "agreed": tree.Call("consented", (tree.Literal("ads"),)),
    "matched": tree.Compare(">=", tree.Matched(tree.Events(("Sent",)), tree.Events(("Opened",)),
                                               "campaign", 3), tree.Literal(2)),
    "remainder": tree.Compare("==", tree.Arith("%", trait("level"), tree.Literal(3)),
                              tree.Literal(1)),
    "asked": tree.AudienceRef("sum"),
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_parses_back(dialect):
    query = memberships(plan(WIDE), T0, dialect)
    for pretty in (False, True):
        back = sqlglot.parse_one(query.sql(pretty=pretty), dialect=dialect)
        assert isinstance(back, exp.Select)
        assert back.named_selects == query.tree.named_selects
    known = query.tree.find(exp.CTE)
    assert known is not None
    assert known.alias == "known"


def test_each_property_is_taken_out_once():
    twice = {name: tree.Compare(">", agg("sum", "Order", prop("revenue")), tree.Literal(least))
             for name, least in (("a", 1), ("b", 2))}  # fmt: skip
    text = memberships(plan(twice), T0).sql()
    assert text.count("JSON_EXTRACT(properties") == 1
    assert text.count("SUM(") == 1


def test_one_audience_needs_only_what_it_depends_on():
    rules = {
        "vip": agg("performed", "Order"),
        "other": agg("performed", "Demo"),
        "risk": tree.And((tree.AudienceRef("base"), agg("performed", "Complaint"))),
        "base": agg("performed", "Login"),
    }
    rules = {name: rules[name] for name in ("base", "vip", "other", "risk")}
    made = plan(rules, groups=(("vip", "risk", "other"),))
    text = members(made, "risk", T0).sql()
    assert "'Demo'" not in text
    assert all(f"'{name}'" in text for name in ("Order", "Complaint", "Login"))
    assert text.endswith("FROM rules_1 WHERE a2")
    assert members(made, "risk", T0, effective=True).sql().endswith("WHERE a2 AND NOT a1")
    with pytest.raises(NotFound, match='no audience "nobody"'):
        members(made, "nobody", T0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exit_when": agg("performed", "Order")}, "has exit_when:"),
        ({"hold_ms": H, "cooldown_ms": H}, "has hold and cooldown:"),
    ],
)
def test_what_depends_on_the_past_is_refused(options, said):
    late = AudienceDef("late", agg("performed", "Order"), **options)
    plain = AudienceDef("plain", agg("performed", "Order"))
    asking = AudienceDef("asking", tree.AudienceRef("late"))
    made = plan({})
    made = type(made)("p", made.identifiers, audiences=(late, plain, asking),
                      groups=(GroupDef("g", ("plain",)),))  # fmt: skip
    with pytest.raises(NotInSql, match=f'"late" {said}'):
        memberships(made, T0)
    with pytest.raises(NotInSql, match=said):
        members(made, "asking", T0)
    assert members(made, "plain", T0).sql()


def test_what_a_dialect_lacks_is_refused():
    steps = tree.Sequence((tree.Events(("A",)), tree.Events(("B",))))
    with pytest.raises(NotInSql, match="sequence\\(\\) cannot be said in the SQL of redshift"):
        memberships(plan({"a": steps}), T0, "redshift")
    tags = tree.Call("contains", (trait("tags"), tree.Literal("vip")))
    with pytest.raises(NotInSql, match="a list that events bring"):
        memberships(plan({"a": tags}), T0, "redshift")
    greek = tree.Call("matches", (trait("name"), tree.Literal(r"\p{Greek}")))
    with pytest.raises(NotInSql, match="Greek"):
        memberships(plan({"a": greek}), T0, "postgres")
    with pytest.raises(NotFound, match="there are: duckdb, snowflake"):
        memberships(plan({"a": tags}), T0, "oracle")
